"""Overlays: which apply, and what their trees and edits change in the release."""

from difykit.files import tree_files as files_of
from difykit.overlay.changes import content_key, overlay_changes, trees_for
from difykit.overlay.check import check_overlays
from difykit.overlay.eject import eject
from difykit.overlay.enable import disable, enable
from difykit.overlay.kinds import KINDS
from difykit.overlay.listing import Listed, listed
from difykit.overlay.new import Made, new
from difykit.overlay.show import Facts, show

__all__ = [
    "KINDS",
    "Facts",
    "Listed",
    "Made",
    "check_overlays",
    "content_key",
    "disable",
    "eject",
    "enable",
    "files_of",
    "listed",
    "new",
    "overlay_changes",
    "show",
    "trees_for",
]
