"""What a forecast says, as frozen values: releases by customisations, and what each release brings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from difykit.porting.apply.journal import FileMerge
from difykit.porting.plan.facts import ReleaseFacts
from difykit.porting.strategies import ConflictHunk


class State(StrEnum):
    """What becomes of a customisation on a release."""

    UNTOUCHED = "untouched"  # upstream did not change what it is about
    MERGES = "merges"
    CONFLICTS = "conflicts"
    UPSTREAM = "already upstream"
    GONE = "target gone"
    LEFT_OUT = "left out"


_WORST_FIRST = (State.CONFLICTS, State.GONE, State.LEFT_OUT, State.MERGES, State.UNTOUCHED, State.UPSTREAM)


@dataclass(frozen=True)
class ForecastPart:
    """What becomes of one piece of a customisation: a file of a patch, an edit, a whole file, the wiring of a file."""

    what: str
    state: State
    count: int = 0
    """The hunks in conflict; 0 where there are none to count."""
    note: str = ""
    strategy: str = ""
    """The named strategy that merged what git would have left in conflict."""
    work: bool = False
    """Whether a person has to do something about it."""
    hunks: tuple[ConflictHunk, ...] = ()
    merge: FileMerge | None = None
    """The merge beyond git, by its sides, where it is one."""


@dataclass(frozen=True)
class Cell:
    """What becomes of one customisation on one release."""

    state: State
    parts: tuple[ForecastPart, ...] = ()
    after: str = ""
    """The customisation whose conflict in the same file comes first."""

    @property
    def count(self) -> int:
        """The hunks in conflict."""
        return sum(part.count for part in self.parts)

    @property
    def work(self) -> bool:
        """Whether a person has to do something about it."""
        return any(part.work for part in self.parts)

    @property
    def strategies(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.strategy for part in self.parts if part.strategy))

    @property
    def words(self) -> str:
        """The cell in words."""
        hunks = f" ({counted(self.count, 'hunk')})" if self.state is State.CONFLICTS and self.count else ""
        if not self.strategies:
            return f"{self.state}{hunks}"
        beyond = f"beyond git ({', '.join(self.strategies)})"
        return f"{self.state} {beyond}" if self.state is State.MERGES else f"{self.state}{hunks}; merged {beyond}"

    def describe(self) -> dict[str, Any]:
        """The cell as JSON has it."""
        shown = {"state": str(self.state), "hunks": self.count, "work": self.work, "after": self.after}
        return {**shown, "strategies": list(self.strategies), "parts": [_part(part) for part in self.parts]}


def _part(part: ForecastPart) -> dict[str, Any]:
    shown = asdict(replace(part, merge=None))
    del shown["merge"]
    return {**shown, "state": str(part.state)}


def cell_of(parts: Iterable[ForecastPart], *, after: str = "") -> Cell:
    """A cell whose state is that of its worst part; what needs a person comes first."""
    listed = tuple(parts)
    states = {part.state for part in listed if part.work} or {part.state for part in listed}
    return Cell(next((state for state in _WORST_FIRST if state in states), State.UNTOUCHED), listed, after)


@dataclass(frozen=True)
class Customisation:
    """A row: a patch, an overlay, or the wiring."""

    kind: str
    name: str
    title: str
    """A patch's subject, an overlay's description."""
    why: str = ""

    @property
    def label(self) -> str:
        """How messages call it."""
        return self.kind if self.kind == "wiring" else f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Strategy:
    """How an image would be made on a release, and why; the strategy is "" where it could not be."""

    image: str
    strategy: str
    reason: str


@dataclass(frozen=True)
class Outlook:
    """What moving to one release means."""

    ref: str
    commit: str
    date: int
    cells: tuple[Cell, ...]
    """One for each customisation, in their order."""
    facts: ReleaseFacts
    images: tuple[Strategy, ...]
    contents: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """The files of what is merged beyond git, by the ids of their blobs; only where they were asked for."""

    @property
    def beyond(self) -> int:
        """How many files are merged beyond git."""
        return sum(part.merge is not None for cell in self.cells for part in cell.parts)

    @property
    def work(self) -> int:
        """How many customisations a person has to look at."""
        return sum(cell.work for cell in self.cells)

    def describe(self, rows: tuple[Customisation, ...]) -> dict[str, Any]:
        """The outlook as JSON has it."""
        cells = [{"name": row.label, **cell.describe()} for row, cell in zip(rows, self.cells, strict=True)]
        head = {"release": self.ref, "commit": self.commit, "date": self.date, "work": self.work}
        return {
            **head,
            "customisations": cells,
            **asdict(self.facts),
            "images": [asdict(image) for image in self.images],
        }


@dataclass(frozen=True)
class Forecast:
    """What becomes of each customisation on each release, oldest first; on none where the pin is the newest."""

    pin: str
    rows: tuple[Customisation, ...]
    outlooks: tuple[Outlook, ...]
    note: str = ""
    """What the forecast does not know, and why."""

    @property
    def newest_without_work(self) -> str:
        """The newest of the releases that needs no work; "" when each needs some."""
        return next((outlook.ref for outlook in reversed(self.outlooks) if not outlook.work), "")

    def describe(self) -> dict[str, Any]:
        """The forecast as `upgrade.forecast --json` prints it.

        pin, note, newest_without_work            texts; the last is null when each release needs work
        customisations: [{kind, name, title, why}]
        releases: [{release, commit, date, work,  date in seconds since 1970, work: how many need a person
            customisations: [{name, state, hunks, work, after, strategies,
                parts: [{what, state, count, note, strategy, work, hunks: [{line, upstream, base, yours}]}]}],
                    strategy: that which merged it beyond git; "" where git did
            env: {added, removed, renamed, defaults, yours, lists},
            services: {added, removed, renamed, images, ports},
            migrations, migrations_removed, compose_needs, compose_why, problems,
            images: [{image, strategy, reason}]}]
        """
        values: dict[str, Any] = {
            "pin": self.pin,
            "newest_without_work": self.newest_without_work or None,
            "note": self.note,
            "customisations": [asdict(row) for row in self.rows],
            "releases": [outlook.describe(self.rows) for outlook in self.outlooks],
        }
        return {key: _clean(value) for key, value in values.items()}


def counted(number: int, word: str) -> str:
    """`1 hunk`, `2 hunks`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _clean(value: Any) -> Any:
    """The value without bytes that are not Unicode, as a path or an old file may hold them."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list | tuple) else value
