"""Overlays: which apply, and what their trees and edits change in the release."""

from difykit.files import tree_files as files_of
from difykit.overlay.changes import content_key, overlay_changes, trees_for
from difykit.overlay.check import check_overlays

__all__ = ["check_overlays", "content_key", "files_of", "overlay_changes", "trees_for"]
