"""Overlays: which apply, and what their trees and edits change in the release."""

from difykit.core.files import tree_files as files_of
from difykit.source.overlay.changes import (
    EditOutcome,
    content_key,
    edit_outcomes,
    overlay_changes,
    trees_for,
    whole_files,
)
from difykit.source.overlay.check import check_overlays, problem_at
from difykit.source.overlay.content import ContentFindings, content_findings
from difykit.source.overlay.diff import diff
from difykit.source.overlay.eject import eject
from difykit.source.overlay.enable import disable, enable
from difykit.source.overlay.i18n import text_file
from difykit.source.overlay.kinds import KINDS
from difykit.source.overlay.listing import NAME, Listed, find, has_tables, listed, own_names, preset_names, to_change
from difykit.source.overlay.new import NewOverlay, check_new_name, new
from difykit.source.overlay.release import release_version
from difykit.source.overlay.resolve import Resolved, resolve
from difykit.source.overlay.show import OverlayFacts, show
from difykit.source.overlay.text_edit import AlreadyThere
from difykit.source.overlay.yaml_list import inserted, removed

__all__ = [
    "KINDS",
    "NAME",
    "AlreadyThere",
    "ContentFindings",
    "EditOutcome",
    "Listed",
    "NewOverlay",
    "OverlayFacts",
    "Resolved",
    "check_new_name",
    "check_overlays",
    "content_findings",
    "content_key",
    "diff",
    "disable",
    "edit_outcomes",
    "eject",
    "enable",
    "files_of",
    "find",
    "has_tables",
    "inserted",
    "listed",
    "new",
    "overlay_changes",
    "own_names",
    "preset_names",
    "problem_at",
    "release_version",
    "removed",
    "resolve",
    "show",
    "text_file",
    "to_change",
    "trees_for",
    "whole_files",
]
