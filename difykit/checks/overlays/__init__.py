"""Overlays: all that `sync`, `build` and `render` would refuse of them, and what none of those finds."""

from difykit.checks.overlays.check import check
from difykit.checks.overlays.report import OverlayReport

__all__ = ["OverlayReport", "check"]
