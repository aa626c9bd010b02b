"""What the steps of a build share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from difykit.core.progress import Progress
from difykit.git import Store
from difykit.workspace import state
from difykit.workspace.workspace import Workspace

Layers = list[tuple[state.SourceLayer, frozenset[str]]]
"""Layers of the source that touch an image's inputs, each with the inputs it touches."""
Labels = Mapping[str, Mapping[str, str]]
"""What each image will say of itself, by its name."""


@dataclass(frozen=True)
class Job:
    """What every step of a build needs."""

    workspace: Workspace
    source: state.Source
    store: Store
    progress: Progress
