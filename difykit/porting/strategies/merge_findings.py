"""What is wrong with a merged file, or may be, that is wrong on neither side: of git's own merges as of difykit's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from difykit.core.python_source import NotPython
from difykit.core.syntax_tree import Grammar, grammar_of, parsed, unread
from difykit.porting.strategies import dockersources, pycheck, pyfacts, pyflow, tsfacts, tsflow
from difykit.porting.strategies.dead_changes import Side, both_sides, lost
from difykit.porting.strategies.diff import edits
from difykit.porting.strategies.facts import broken_uses
from difykit.porting.strategies.model import FindingWeight, MergeFinding, MergeTexts
from difykit.porting.strategies.refused import refused
from difykit.porting.strategies.regions import lines_of
from difykit.porting.strategies.tsscopes import module

_NEAR = 2  # lines between a change and what the parser cannot read


def judge(sides: MergeTexts, merged: str) -> list[MergeFinding]:
    """What there is to say of a merged text, the weightiest first."""
    grammar = grammar_of(sides.path)
    findings = list(refused(sides.path, merged, (sides.ours, sides.theirs)))
    if grammar and not any(finding.weight is FindingWeight.SURE for finding in findings):
        with suppress(NotPython):  # a side that is none cannot be compared
            findings += _python(sides, merged) if grammar == "python" else _typescript(sides, merged, grammar)
    if "Dockerfile" in sides.path.rpartition("/")[2]:
        findings += dockersources.misplaced(sides, merged)
    return sorted(findings, key=lambda finding: -finding.weight)


def has_quiet_side(sides: MergeTexts, merged: str) -> bool:
    """Whether a side of a file of code changed only whole lines that are blank or a comment."""
    return grammar_of(sides.path) is not None and not all(map(_has_code, both_sides(sides, merged)))


def _has_code(side: Side) -> bool:
    base, own = lines_of(side.base), lines_of(side.text)
    rows = [row for edit in edits(base, own) for row in (*base[edit.start : edit.end], *edit.new)]
    return any(row.strip() and not row.lstrip().startswith(("#", "//")) for row in rows)


def unread_near(sides: MergeTexts, merged: str | None = None) -> str | None:
    """Where the parser cannot read a side, or the merge of both, at what was changed; None where it can."""
    grammar = grammar_of(sides.path)
    if grammar is None or grammar == "python":  # which Python itself reads, or refuses
        return None
    for whose, text, lines in _changed(sides, merged):
        for first, last in unread(parsed(text, grammar)):
            if any(line in lines for line in range(first + 1 - _NEAR, last + 2 + _NEAR)):
                return f"the parser cannot read line {first + 1} of {whose}"
    return None


def _changed(sides: MergeTexts, merged: str | None) -> Iterator[tuple[str, str, set[int]]]:
    """Each text with the lines that one of the sides changed in it."""
    around = both_sides(sides, merged if merged is not None else sides.ours)
    if merged is not None:
        numbers = range(1, len(lines_of(merged)) + 1)
        both = {line for line in numbers if all(line in side.from_merged for side in around)}
        yield "the merge", merged, set(numbers) - both
        return
    old: set[int] = set()
    for side in around:
        for edit in edits(lines_of(sides.base), lines_of(side.text)):
            old |= set(range(edit.start, edit.end + 2))
    yield "the common file", sides.base, old
    for whose, side in zip(("the release's file", "your file"), around, strict=True):
        yield whose, side.text, set(side.new)


def _python(sides: MergeTexts, merged: str) -> Iterator[MergeFinding]:
    yield from _unbound(sides, merged, pycheck.undefined)
    yield from lost(sides, merged, pyflow.parts)
    yield from broken_uses(sides, merged, pyfacts.facts)


def _typescript(sides: MergeTexts, merged: str, grammar: Grammar) -> Iterator[MergeFinding]:
    places = unread(parsed(merged, grammar))
    if places and not any(unread(parsed(text, grammar)) for text in (sides.ours, sides.theirs)):
        yield MergeFinding(
            f"the merge is no TypeScript: the parser cannot read line {places[0][0] + 1}", FindingWeight.SURE
        )
        return
    if unread_near(sides) or unread_near(sides, merged):
        return
    bound = {name for text in (sides.ours, sides.theirs) for name in module(text, grammar).bound()}
    yield from _unbound(sides, merged, lambda text: {use for use in module(text, grammar).unbound() if use[1] in bound})
    yield from lost(sides, merged, lambda text: tsflow.parts(module(text, grammar)))
    yield from broken_uses(sides, merged, partial(tsfacts.facts, grammar=grammar))


def _unbound(sides: MergeTexts, merged: str, unbound: Callable[[str], set[tuple[str, str]]]) -> Iterator[MergeFinding]:
    """Names that nothing in the file has any more."""
    before = unbound(sides.ours) | unbound(sides.theirs)
    names = {name for _, name in before}
    new = unbound(merged) - before
    if sure := sorted({name for _, name in new} - names):
        yield MergeFinding(f"nothing defines {', '.join(sure)}", FindingWeight.SURE)
    if doubtful := sorted({name for _, name in new} & names):
        yield MergeFinding(f"nothing defines {', '.join(doubtful)} where it is used", FindingWeight.DOUBT)
