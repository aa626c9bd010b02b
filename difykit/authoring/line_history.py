"""One file through all layers at once: each line with the layer that brought it and the layer that took it away.

With that an edit of the last version can be given to the layer whose line it changes, and every version between
follows: no merge, so nothing that could conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from difykit.authoring.lines import LineEdit, hunks, is_opaque, split
from difykit.git import Blob

NEVER = 1 << 62
"""The rank at which a line that is there to stay goes."""


class OwnedLine(NamedTuple):
    """A line; `born` and `died` are ranks of layers."""

    text: bytes
    born: int
    died: int = NEVER


class Mode(NamedTuple):
    """From layer `rank` on the file has this mode; None where there is no file."""

    rank: int
    mode: str | None


@dataclass(frozen=True)
class Weave:
    """A path's file after each layer; ranks tell the layers' order, 0 is upstream.

    `wholes` are the overlays that have the file whole; an opaque file, binary or a symlink, is one line.
    """

    modes: tuple[Mode, ...] = ()
    lines: tuple[OwnedLine, ...] = ()
    wholes: tuple[int, ...] = ()
    opaque: bool = False

    def at(self, rank: int) -> Blob | None:
        """The file after the layer `rank`, None where there is none."""
        mode = self.mode(rank)
        return (mode, b"".join(self.lines[at].text for at in self.visible(rank))) if mode is not None else None

    def mode(self, rank: int) -> str | None:
        """The file's mode after the layer `rank`."""
        return next((change.mode for change in reversed(self.modes) if change.rank <= rank), None)

    def visible(self, rank: int) -> list[int]:
        """The indexes of the lines that are there after the layer `rank`."""
        return [at for at, line in enumerate(self.lines) if line.born <= rank < line.died]

    def mode_rank(self, rank: int) -> int:
        """The layer that gave the file the mode that it has after `rank`."""
        return next((change.rank for change in reversed(self.modes) if change.rank <= rank), 0)

    def made_rank(self, rank: int) -> int:
        """The layer that made the file that is there after `rank`."""
        creator = 0
        for change, before in zip(self.modes, (None, *(mode.mode for mode in self.modes)), strict=False):
            if change.rank <= rank and (before is None) != (change.mode is None):
                creator = change.rank
        return creator

    def grown(self, rank: int, blob: Blob | None, *, whole_file: bool = False) -> Weave:
        """With one more version on top; a `whole_file` one owns all of its lines, whatever was there before."""
        last = self.at(rank)
        if last == blob and not whole_file:
            return self
        mode = blob[0] if blob else None
        modes = self.modes if self.mode(rank) == mode and not whole_file else (*self.modes, Mode(rank, mode))
        new = split(blob[1], opaque=self.opaque) if blob else []
        if whole_file:
            gone = tuple(line._replace(died=rank) if line.died == NEVER else line for line in self.lines)
            lines = (*gone, *(OwnedLine(text, rank) for text in new))
            return replace(self, modes=modes, lines=lines, wholes=(*self.wholes, rank))
        grown = replace(self, modes=modes)
        shown = self.visible(rank)
        edits = hunks([self.lines[at].text for at in shown], new)
        return grown.changed([(hunk, rank) for hunk in edits], at=rank)

    def changed(self, targets: Sequence[tuple[LineEdit, int]], *, at: int) -> Weave:
        """With hunks of the version `at`, from top to bottom, each as the work of the layer beside it.

        A line that this very layer brought is as if it had never been.
        """
        shown = self.visible(at)
        lines = list(self.lines)
        for hunk, rank in reversed(targets):
            # After the lines that are gone here: new lines stand before those that they took the place of.
            start = shown[hunk.start] if hunk.start < len(shown) else len(lines)
            for number in reversed(shown[hunk.start : hunk.end]):
                if lines[number].born == rank:
                    del lines[number]
                else:
                    lines[number] = lines[number]._replace(died=rank)
            lines[start:start] = [OwnedLine(text, rank) for text in hunk.new]
        return replace(self, lines=tuple(lines))

    def with_mode(self, rank: int, mode: str | None) -> Weave:
        """With this mode from `rank` on; later layers' modes are taken back."""
        modes = tuple(change for change in self.modes if change.rank < rank)
        same = (modes[-1].mode if modes else None) == mode
        return replace(self, modes=modes if same else (*modes, Mode(rank, mode)))

    def without(self, rank: int) -> Weave:
        """Without the layer `rank` and all after it: a file that its maker takes back."""
        lines = (
            line._replace(died=NEVER) if line.died >= rank and line.died != NEVER else line
            for line in self.lines
            if line.born < rank
        )
        modes = tuple(change for change in self.modes if change.rank < rank)
        wholes = tuple(layer for layer in self.wholes if layer < rank)
        return replace(self, modes=modes, lines=tuple(lines), wholes=wholes)

    def deleted(self, rank: int) -> Weave:
        """With the layer `rank` deleting the file for good."""
        lines = tuple(line._replace(died=min(line.died, rank)) for line in self.lines if line.born < rank)
        return replace(self.with_mode(rank, None), lines=lines)

    def added(self, rank: int, blob: Blob, *, whole_file: bool) -> Weave:
        """With the layer `rank` making the file, which was not there."""
        new = tuple(OwnedLine(text, rank) for text in split(blob[1], opaque=self.opaque))
        wholes = (*self.wholes, rank) if whole_file else self.wholes
        return replace(self.with_mode(rank, blob[0]), lines=(*self.lines, *new), wholes=wholes)


def weave(versions: Sequence[tuple[int, Blob | None, bool]], *compared: Blob | None) -> Weave:
    """The weave of (rank, file, whether it is a whole file of an overlay), lowest rank first.

    `compared` are versions that will be compared with it: where one of them has no lines, none has.
    """
    blobs = [*(blob for _, blob, _ in versions), *compared]
    history = Weave(opaque=any(blob and is_opaque(*blob) for blob in blobs))
    for rank, blob, whole_file in versions:
        history = history.grown(rank, blob, whole_file=whole_file)
    return history
