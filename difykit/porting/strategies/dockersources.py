"""What a Dockerfile copies, where one side builds it in another folder than before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from difykit.porting.strategies.dead_changes import both_sides
from difykit.porting.strategies.model import FindingWeight, MergeFinding, MergeTexts

_COPY = re.compile(r"(?i)\s*(?:COPY|ADD)\s+(?P<words>.*)")


@dataclass(frozen=True)
class CopySources:
    """An instruction that copies files of the build's own folder."""

    line: int
    sources: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Move:
    """A file or folder that a side copies to the same target by a longer name than before."""

    was: str
    source: str

    @property
    def folder(self) -> str:
        """Where the build begins now, above which it began before."""
        return self.source.removesuffix(f"/{self.was}").split("/", maxsplit=1)[0]


def misplaced(sides: MergeTexts, merged: str) -> Iterator[MergeFinding]:
    """Files that one side copies by names of a folder in which the other side does not build any more."""
    around = both_sides(sides, merged)
    base = copies(sides.base)
    for side, other in (around, around[::-1]):
        now = copies(other.text)
        move = next(_moves(base, now), None)
        sources = {source for copy in (*base, *now) for source in copy.sources}
        for copy in copies(side.text) if move else ():
            if move and copy.line in side.new and copy.line in side.to_merged:
                yield from _strays(side.to_merged[copy.line], set(copy.sources) - sources, move)


def copies(text: str) -> list[CopySources]:
    """The instructions of a Dockerfile that copy files of the build's own folder."""
    copied: list[CopySources] = []
    rows = text.split("\n")
    for at, row in enumerate(rows):
        match = _COPY.match(row)
        if match is None:
            continue
        continued = [match["words"]]
        while continued[-1].rstrip().endswith("\\") and at + len(continued) < len(rows):
            continued.append(rows[at + len(continued)])
        words = " ".join(line.rstrip().removesuffix("\\") for line in continued).split()
        flags = [word for word in words if word.startswith("--")]
        paths = [word for word in words if not word.startswith("--")]
        if len(paths) > 1 and not any(flag.startswith("--from=") for flag in flags) and paths[0][0] not in "[<":
            copied.append(CopySources(at + 1, tuple(map(_plain, paths[:-1])), paths[-1].rstrip("/")))
    return copied


def _plain(path: str) -> str:
    return path.removeprefix("./").strip("/") or "."


def _moves(base: Sequence[CopySources], now: Sequence[CopySources]) -> Iterator[Move]:
    for copy in base:
        for other in now:
            pairs = zip(copy.sources, other.sources, strict=False) if copy.target == other.target else ()
            yield from (
                Move(was, source) for was, source in pairs if was == "." != source or source.endswith(f"/{was}")
            )


def _strays(line: int, sources: set[str], move: Move) -> Iterator[MergeFinding]:
    for path in sorted(sources):
        if path.split("/", maxsplit=1)[0] != move.folder and "://" not in path:
            text = f"{path} is looked for in another folder than before: what was {move.was} is {move.source} now"
            yield MergeFinding(f"line {line}: {text}", FindingWeight.DOUBT)
