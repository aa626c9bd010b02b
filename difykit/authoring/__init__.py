"""Authoring: edits made in a work tree, folded back into the patches and overlays that they belong to."""

from difykit.authoring.export import export, stale
from difykit.authoring.finish import Finished, finish, own_overlays, plan_finish, recover
from difykit.authoring.importing import import_patches
from difykit.authoring.modify import Modified, modify
from difykit.authoring.overlay_split import split_overlay
from difykit.authoring.plan import FinishChoice, FinishPlan, Placement
from difykit.authoring.rebuild import Rebuilt
from difykit.authoring.series import drop, plan_drop, reorder
from difykit.authoring.split import join, split

__all__ = [
    "FinishChoice",
    "FinishPlan",
    "Finished",
    "Modified",
    "Placement",
    "Rebuilt",
    "drop",
    "export",
    "finish",
    "import_patches",
    "join",
    "modify",
    "own_overlays",
    "plan_drop",
    "plan_finish",
    "recover",
    "reorder",
    "split",
    "split_overlay",
    "stale",
]
