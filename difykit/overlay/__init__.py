"""Overlays: which apply, and what their trees and edits change in the release."""

from difykit.files import tree_files as files_of
from difykit.overlay.changes import Edited, content_key, edit_outcomes, overlay_changes, trees_for, whole_files
from difykit.overlay.check import check_overlays, problem_at
from difykit.overlay.eject import eject
from difykit.overlay.enable import disable, enable
from difykit.overlay.kinds import KINDS
from difykit.overlay.listing import Listed, find, has_tables, listed, to_change
from difykit.overlay.new import Made, new
from difykit.overlay.release import release_version
from difykit.overlay.resolve import Resolved, resolve
from difykit.overlay.show import Facts, show

__all__ = [
    "KINDS",
    "Edited",
    "Facts",
    "Listed",
    "Made",
    "Resolved",
    "check_overlays",
    "content_key",
    "disable",
    "edit_outcomes",
    "eject",
    "enable",
    "files_of",
    "find",
    "has_tables",
    "listed",
    "new",
    "overlay_changes",
    "problem_at",
    "release_version",
    "resolve",
    "show",
    "to_change",
    "trees_for",
    "whole_files",
]
