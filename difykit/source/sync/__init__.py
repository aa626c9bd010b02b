"""`sync`: the pinned release plus patches, overlays and wiring, as git commits and in the work tree."""

from difykit.source.sync.carry_out import sync
from difykit.source.sync.chain import attempt_chain, make_chain
from difykit.source.sync.check import Fit, PinnedDify, check_patches, fit, pinned
from difykit.source.sync.dependencies import Unlocked, unlocked
from difykit.source.sync.layers import author_of, patch_message
from difykit.source.sync.licence import reserved_by
from difykit.source.sync.plan import (
    LayerPlan,
    SourceInputs,
    SyncPlan,
    check_edits,
    check_frame,
    known_base,
    known_commits,
    layer_plans,
    own_commits,
    plan_sync,
    read_inputs,
    read_made,
)
from difykit.source.sync.safety import safety
from difykit.workspace.lock import ENGINE

__all__ = [
    "ENGINE",
    "Fit",
    "LayerPlan",
    "PinnedDify",
    "SourceInputs",
    "SyncPlan",
    "Unlocked",
    "attempt_chain",
    "author_of",
    "check_edits",
    "check_frame",
    "check_patches",
    "fit",
    "known_base",
    "known_commits",
    "layer_plans",
    "make_chain",
    "own_commits",
    "patch_message",
    "pinned",
    "plan_sync",
    "read_inputs",
    "read_made",
    "reserved_by",
    "safety",
    "sync",
    "unlocked",
]
