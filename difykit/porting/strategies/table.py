"""One path that git left in conflict, by the strategies alone."""

from __future__ import annotations

from dataclasses import replace

from difykit.core.syntax_tree import grammar_of
from difykit.git import Changes, GitEntry, Store
from difykit.porting.strategies import pycheck, tscheck
from difykit.porting.strategies.bounded_judgement import LIMIT, Unjudged, judged
from difykit.porting.strategies.deleted_files import follow_folder, new_place, stay_gone
from difykit.porting.strategies.envkeys import merge_env
from difykit.porting.strategies.jsonkeys import merge_json
from difykit.porting.strategies.locks import is_lock, take_lock
from difykit.porting.strategies.merge_findings import judge, unread_near
from difykit.porting.strategies.model import (
    INVALID,
    Conflict,
    FindingWeight,
    MergeTexts,
    Refusal,
    Solved,
    Strategy,
    Trees,
)
from difykit.porting.strategies.page_texts import stay_deleted, ts_to_json
from difykit.porting.strategies.refused import unreadable
from difykit.porting.strategies.scope_check import Places, bracket_places, docker_places, moved, shell_places
from difykit.porting.strategies.text import merge_text
from difykit.porting.strategies.tomlkeys import merge_toml
from difykit.porting.strategies.yamlkeys import merge_yaml

Settled = tuple[Changes, Solved]
"""What the merged tree gets, and how a strategy made it."""
_BY_KEY: dict[str, tuple[Strategy, ...]] = {
    "json": (merge_json,),
    "toml": (merge_toml,),
    "yaml": (merge_yaml,),
    "yml": (merge_yaml,),
}

_PLACES: dict[str, Places] = {"css": bracket_places, "scss": bracket_places, "sh": shell_places}


def settle(store: Store, conflict: Conflict, trees: Trees) -> Settled | Refusal:
    """What the merged tree gets at the paths of one conflict, and how; or why a person must say it.

    Raises DifyKitError when the store lacks an object.
    """
    try:
        return judged(lambda: _settle(store, conflict, trees))
    except Unjudged as error:
        return Refusal(str(error))


def _settle(store: Store, conflict: Conflict, trees: Trees) -> Settled | Refusal:
    if is_lock(conflict.path):
        return take_lock(store, conflict, trees) or Refusal()
    if conflict.kind in {"content", "add/add", INVALID} and conflict.ours and conflict.theirs:
        return _content(store, conflict, trees)
    if conflict.kind == "modify/delete":
        plain = ts_to_json(store, conflict, trees) or stay_deleted(conflict) or stay_gone(store, conflict)
        return plain or _renamed(store, conflict, trees)
    return follow_folder(store, conflict, trees) or Refusal()


def _renamed(store: Store, conflict: Conflict, trees: Trees) -> Settled | Refusal:
    """A file that upstream moved and changed so much that git takes it for another one, merged at its new place."""
    path = new_place(store, conflict, trees)
    if path is None:
        return Refusal()
    settled = _content(store, replace(conflict, path=path, ours=trees.ours.entries[path]), trees)
    if isinstance(settled, Refusal):
        return replace(settled, note=f"upstream moved it to {path}; {settled.note}") if settled.note else settled
    note = f"upstream moved it to {path}" + (f"; {settled[1].note}" if settled[1].note else "")
    return {conflict.path: None, **settled[0]}, Solved(conflict.path, f"rename followed, {settled[1].strategy}", note)


def _content(store: Store, conflict: Conflict, trees: Trees) -> Settled | Refusal:
    mode = _mode(conflict)
    texts = [_text(store, entry) for entry in (conflict.base, conflict.ours, conflict.theirs)]
    if mode is None or texts[1] is None or texts[2] is None or (conflict.base and texts[0] is None):
        return Refusal()
    sides = MergeTexts(conflict.path, texts[0] or "", texts[1], texts[2])
    if reason := _unfit(sides):
        return Refusal(reason)
    note = ""
    for strategy in _strategies(conflict.path):
        merged = strategy(sides, trees)
        reason, notes = weighed(sides, merged.text, trees) if merged else (None, ())
        if merged and reason is None:
            changes: Changes = {conflict.path: (mode, merged.text.encode("utf-8", "surrogateescape"))}
            remarks = "; ".join(filter(None, (merged.note, *notes)))
            return changes, Solved(conflict.path, ", ".join(merged.strategies), remarks)
        note = note or (f"not merged beyond git, since {reason}" if reason else "")
    return Refusal(note)


def _unfit(sides: MergeTexts) -> str | None:
    """Why a file may not be merged beyond git at all, or None."""
    size = max(len(text) for text in (sides.base, sides.ours, sides.theirs))
    if size > LIMIT:
        return f"not merged beyond git, since it is larger than {LIMIT >> 20} MiB"
    for whose, text in (("the release's", sides.ours), ("your", sides.theirs), ("the common", sides.base)):
        if text and (reason := unreadable(sides.path, text)):
            return f"not merged beyond git, since {whose} file cannot be judged: {reason}"
    near = unread_near(sides)
    return f"not merged beyond git, since {near}" if near else None


def _strategies(path: str) -> tuple[Strategy, ...]:
    """What may merge a file of this name, the surest first: keys where it has keys, then its lines."""
    name = path.rpartition("/")[2]
    if ".env" in name:
        return (merge_env,)
    return _BY_KEY.get(name.rpartition(".")[2], (merge_text,))


def weighed(sides: MergeTexts, merged: str, trees: Trees) -> tuple[str | None, tuple[str, ...]]:
    """Why a merged text is not as whole as both sides are, or None; and what a reader should know of it if it is."""
    if any(line.startswith(("<<<<<<<", "|||||||", ">>>>>>>")) for line in merged.split("\n")):
        return "it has conflict markers", ()
    findings = judge(sides, merged)
    if findings and findings[0].weight > FindingWeight.NOTE:
        return findings[0].text, ()
    return unread_near(sides, merged) or _torn(sides, merged, trees), tuple(finding.text for finding in findings)


def _torn(sides: MergeTexts, merged: str, trees: Trees) -> str | None:
    """What only a merge beyond git is asked: more is refused there than is wrong for sure."""
    if sides.path.endswith(".py"):
        return next(pycheck.faults(sides, merged, trees), None)
    if grammar_of(sides.path):
        return next(tscheck.faults(sides, merged, trees), None)
    name = sides.path.rpartition("/")[2]
    places = docker_places if "Dockerfile" in name else _PLACES.get(name.rpartition(".")[2])
    line = moved(sides, merged, places) if places else None
    return f"in another block: {line}" if line else None


def _mode(conflict: Conflict) -> str | None:
    """The merged mode; None where the sides do not agree, or it is no plain file."""
    modes = [entry.mode for entry in (conflict.base, conflict.ours, conflict.theirs) if entry]
    if any(mode not in {"100644", "100755"} for mode in modes):
        return None
    base, ours, theirs = (modes[0], modes[-2], modes[-1])
    return ours if theirs in {base, ours} else theirs if ours == base else None


def _text(store: Store, entry: GitEntry | None) -> str | None:
    """A blob as text, or None where it is none."""
    content = store.blob(entry.oid) if entry else b"\0"
    return None if b"\0" in content[:8000] else content.decode("utf-8", "surrogateescape")
