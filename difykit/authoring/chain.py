"""The layers that the present source is made of, as ranks, and what each of them makes of a path."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from packaging.version import Version

from difykit.authoring.line_history import Weave, weave
from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.git import Blob, GitEntry, Store, Tree, layer_changes
from difykit.source import overlay
from difykit.source.sync import SourceInputs
from difykit.workspace.state import Source
from difykit.workspace.workspace import Overlay, Workspace

STEP = 1000
_EDITS = STEP // 2
TOP = 1 << 40
"""The rank of the version after all layers."""


@dataclass(frozen=True)
class Stratum:
    """What gives lines an owner: upstream, a patch, an overlay's whole files, its edits, the wiring."""

    rank: int
    kind: Literal["upstream", "patch", "files", "edits", "wiring"]
    name: str

    @property
    def label(self) -> str:
        """How messages call it."""
        words = {"patch": "patches/", "files": "overlay ", "edits": "an edit of the overlay ", "wiring": "the "}
        return f"{words.get(self.kind, '')}{self.name}"


class LayerRanks:
    """The source as it was made: each layer with its rank and its commit."""

    def __init__(
        self, workspace: Workspace, store: Store, source: Source, inputs: SourceInputs, release: Version
    ) -> None:
        self.workspace = workspace
        self.store = store
        self.source = source
        self.inputs = inputs
        self.release = release
        self.strata = {0: Stratum(0, "upstream", "upstream")}
        self.commit: dict[int, str] = {0: source.base}
        commits = {(layer.kind, layer.name): layer.commit for layer in source.layers}
        rank = 0
        for patch in inputs.patches:
            rank += STEP
            self._add(rank, "patch", patch.name, commits["patch", patch.name])
        self.last_patch = rank
        for enabled in inputs.overlays:
            rank += STEP
            self._add(rank, "files", enabled.name, "")
            self._add(rank + _EDITS, "edits", enabled.name, commits.get(("overlay", enabled.name), ""))
        if wired := commits.get(("wiring", "wiring")):
            self._add(rank + STEP, "wiring", "wiring", wired)

    def _add(self, rank: int, kind: Literal["patch", "files", "edits", "wiring"], name: str, commit: str) -> None:
        self.strata[rank] = Stratum(rank, kind, name)
        if commit:
            self.commit[rank] = commit

    @property
    def patches(self) -> list[Stratum]:
        """The patches, in their order."""
        return [stratum for stratum in self.strata.values() if stratum.kind == "patch"]

    def overlay(self, name: str) -> Overlay:
        """The enabled overlay of this name."""
        return next(enabled for enabled in self.inputs.overlays if enabled.name == name)

    def files_rank(self, name: str) -> int | None:
        """The rank of an overlay's whole files, None where no such overlay is enabled."""
        return next(
            (stratum.rank for stratum in self.strata.values() if stratum.kind == "files" and stratum.name == name), None
        )

    def rank_of(self, commit: str) -> int | None:
        """The rank after which the source is at `commit`."""
        return next((rank for rank, layer_commit in reversed(self.commit.items()) if layer_commit == commit), None)

    @cached_property
    def base(self) -> Tree:
        """Upstream's files."""
        return self.store.tree(self.source.base)

    @cached_property
    def touched(self) -> dict[int, dict[str, tuple[GitEntry | None, GitEntry | None]]]:
        """For each layer by its rank: the files that its commit changes, as they were and as they are."""
        ranks = [rank for rank in self.commit if rank]
        changes = layer_changes(self.store, [self.commit[rank] for rank in ranks])
        return dict(zip(ranks, changes, strict=True))

    @cached_property
    def wholes(self) -> dict[int, dict[str, list[Path]]]:
        """For each overlay by the rank of its files: where each of its whole files is; the last place is the one."""
        whole_files: dict[int, dict[str, list[Path]]] = {}
        for enabled in self.inputs.overlays:
            rank = self.files_rank(enabled.name)
            assert rank is not None
            for _, folder in overlay.trees_for(enabled, self._below(rank), self.release):
                for path, file_path in overlay.files_of(folder):
                    whole_files.setdefault(rank, {}).setdefault(path, []).append(file_path)
        return whole_files

    def _below(self, rank: int) -> Tree:
        """The tree before a layer: conditions of overlays look at it."""
        return self.store.tree(
            next(commit for layer_rank, commit in reversed(self.commit.items()) if layer_rank < rank)
        )

    def weave(self, path: str, compared: Iterable[Blob | None] = ()) -> Weave:
        """What the layers make of `path`; `compared` are versions that it will be compared with."""
        versions: list[tuple[int, Blob | None, bool]] = [(0, self.base.read(path), False)]
        for rank, stratum in self.strata.items():
            if stratum.kind == "files" and (places := self.wholes.get(rank, {}).get(path)):
                versions.append((rank, read_file(places[-1]), True))
            elif change := self.touched.get(rank, {}).get(path):
                entry = change[1]
                versions.append((rank, (entry.mode, self.store.blob(entry.oid)) if entry else None, False))
        return weave(versions, *compared)

    def place_for(self, rank: int, path: str) -> Path:
        """Where the overlay of the rank has `path`, or is to have it: in the last of its folders that always hold.

        Raises DifyKitError for an overlay that difykit ships, or one without a folder for this release.
        """
        enabled = self.overlay(self.strata[rank].name)
        if not enabled.folder.is_relative_to(self.workspace.root):
            hint = f"copy it into the workspace first: difykit overlay.eject {enabled.name}"
            raise DifyKitError(f"the overlay {enabled.name} is one that difykit ships", hint=hint)
        if places := self.wholes.get(rank, {}).get(path):
            return places[-1]
        trees = enabled.manifest.trees
        applicable = [entry for entry, _ in overlay.trees_for(enabled, self._below(rank), self.release)]
        chosen = [entry for entry in applicable if entry.when is None] or [
            entry for entry in trees if entry.when is None
        ]
        if not (chosen := chosen or applicable):
            hint = f"add one to `trees` in overlays/{enabled.name}/overlay.yaml"
            raise DifyKitError(f"the overlay {enabled.name} has no tree for Dify {self.source.release}", hint=hint)
        return enabled.folder / chosen[-1].source / path


def read_file(path: Path) -> Blob:
    """A file of an overlay's tree as git has it."""
    if path.is_symlink():
        return "120000", os.fsencode(path.readlink())
    return ("100755" if path.stat().st_mode & stat.S_IXUSR else "100644"), files.read_bytes(path, limit=files.TREE)
