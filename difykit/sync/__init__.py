"""`sync`: the pinned release plus patches, overlays and wiring, as git commits and in the work tree."""

from difykit.lock import ENGINE
from difykit.sync.check import Fit, Pinned, check_patches, fit, pinned
from difykit.sync.do import sync
from difykit.sync.licence import Reserved, reserved_by
from difykit.sync.plan import LayerPlan, SyncPlan, check_edits, plan_sync

__all__ = [
    "ENGINE",
    "Fit",
    "LayerPlan",
    "Pinned",
    "Reserved",
    "SyncPlan",
    "check_edits",
    "check_patches",
    "fit",
    "pinned",
    "plan_sync",
    "reserved_by",
    "sync",
]
