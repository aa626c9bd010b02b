"""Deciding where an edit belongs: by the owners of the lines that it changes, or of those around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from difykit.authoring.chain import Stratum
from difykit.authoring.line_history import NEVER, Weave
from difykit.authoring.lines import LineEdit

Strata = Mapping[int, Stratum]


@dataclass(frozen=True)
class Ownership:
    """The layer that an edit belongs to: its rank; None for a new patch; and why not, where it has no place."""

    rank: int | None = None
    refusal: str = ""


NEW = Ownership()


def divided(weave: Weave, edit_rank: int, hunk: LineEdit) -> Iterator[LineEdit]:
    """A deletion falls into as many edits as it has owners; anything else stays one."""
    if hunk.new:
        yield hunk
        return
    shown = weave.visible(edit_rank)
    for _, group in groupby(range(hunk.start, hunk.end), key=lambda number: weave.lines[shown[number]].born):
        numbers = list(group)
        yield LineEdit(numbers[0], numbers[-1] + 1, ())


def place_hunk(weave: Weave, edit_rank: int, hunk: LineEdit, strata: Strata) -> Ownership:
    """Where changed lines belong. Lines of one patch are that patch's; lines put between others go with these."""
    shown = [weave.lines[number] for number in weave.visible(edit_rank)]
    removed = shown[hunk.start : hunk.end]
    if later := next((line.died for line in removed if line.died != NEVER), None):
        return Ownership(refusal=f"{strata[later].label} changes these lines too, later on")
    if refusal := _not_ours({line.born for line in removed}, strata):
        return Ownership(refusal=refusal)
    if not removed and (refusal := _between_later(weave, edit_rank, hunk, strata)):
        return Ownership(refusal=refusal)
    around = shown[max(0, hunk.start - 1) : hunk.start] + shown[hunk.end : hunk.end + 1]
    owners = {line.born for line in removed or around} or {weave.made_rank(edit_rank)}
    if len(owners) == 1 and (refusal := _not_ours(owners, strata)):
        return Ownership(refusal=refusal)
    if (owner := whole_rank(weave, edit_rank)) is not None:
        return Ownership(owner)
    return _owned(owners, strata)


def place_mode(weave: Weave, edit_rank: int, strata: Strata) -> Ownership:
    """Where a change of the file's mode belongs."""
    if later := next((change.rank for change in weave.modes if change.rank > edit_rank), None):
        return Ownership(refusal=f"{strata[later].label} changes its mode too, later on")
    return _or_refused({weave.mode_rank(edit_rank)}, strata)


def place_deletion(weave: Weave, edit_rank: int, strata: Strata) -> Ownership:
    """Where the deletion of a file belongs: to whoever made it."""
    maker = owner if (owner := whole_rank(weave, edit_rank)) is not None else weave.made_rank(edit_rank)
    shown = [weave.lines[number] for number in weave.visible(edit_rank)]
    later = {line.died for line in shown if line.died != NEVER} | {
        line.born for line in weave.lines if line.born > edit_rank
    }
    if later or any(change.rank > edit_rank for change in weave.modes):
        rank = min((*later, *(change.rank for change in weave.modes if change.rank > edit_rank)))
        return Ownership(refusal=f"{strata[rank].label} changes this file too, later on")
    if refusal := _not_ours({line.born for line in shown}, strata):
        return Ownership(refusal=refusal)
    return _or_refused({maker}, strata)


def whole_rank(weave: Weave, edit_rank: int) -> int | None:
    """The overlay that has the file whole, by the rank of its files."""
    return next((rank for rank in reversed(weave.wholes) if rank <= edit_rank), None)


def _owned(owners: set[int], strata: Strata) -> Ownership:
    [first, *remaining] = owners
    return Ownership(first) if not remaining and strata[first].kind in {"patch", "files"} else NEW


def _or_refused(owners: set[int], strata: Strata) -> Ownership:
    refusal = _not_ours(owners, strata)
    return Ownership(refusal=refusal) if refusal else _owned(owners, strata)


def _not_ours(owners: set[int], strata: Strata) -> str:
    """Why lines of these owners cannot be folded back, "" where they can."""
    for rank in sorted(owners):
        stratum = strata[rank]
        if stratum.kind == "edits":
            return f"these lines are made by an edit in overlays/{stratum.name}/overlay.yaml: change it there"
        if stratum.kind == "wiring":
            return "these lines are difykit's wiring: it follows `api` and `gateway` in the overlays' overlay.yaml"
    return ""


def _between_later(weave: Weave, edit_rank: int, hunk: LineEdit, strata: Strata) -> str:
    """Why new lines have no certain place: later layers put some at the same one."""
    shown = weave.visible(edit_rank)
    start = shown[hunk.start - 1] + 1 if hunk.start else 0
    end = shown[hunk.start] if hunk.start < len(shown) else len(weave.lines)
    later = next((line.born for line in weave.lines[start:end] if line.born > edit_rank), None)
    return f"{strata[later].label} puts lines at the same place, later on" if later is not None else ""
