"""Authoring: edits made in a work tree, folded back into the patches and overlays that they belong to."""

from difykit.finish.do import Finished, finish, own_overlays, plan_finish
from difykit.finish.export import export, stale
from difykit.finish.modify import Modified, modify
from difykit.finish.plan import Choice, Placement, Plan
from difykit.finish.rebuild import Rebuilt
from difykit.finish.series import drop, plan_drop, reorder

__all__ = [
    "Choice",
    "Finished",
    "Modified",
    "Placement",
    "Plan",
    "Rebuilt",
    "drop",
    "export",
    "finish",
    "modify",
    "own_overlays",
    "plan_drop",
    "plan_finish",
    "reorder",
    "stale",
]
