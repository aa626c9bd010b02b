"""A Python function's parameters by name: what each side added, took away or annotated."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from difykit.core import python_source
from difykit.porting.strategies.regions import ConflictRegion

_HEAD = re.compile(r"(?P<margin>[ ]*)(?P<lead>(?:async\s+)?def\s+)(?P<name>\w+)\(.*\).*:\s*(?P<behind>#.*)?\n?$")
_DEF = re.compile(r"\s*(?:async\s+)?def\s")


@dataclass(frozen=True)
class _Head:
    at: int
    margin: str
    lead: str
    name: str
    params: dict[str, str]
    order: tuple[str, ...]
    returns: str
    behind: str


def with_one_head(region: ConflictRegion) -> ConflictRegion | None:
    """The region with one merged `def` line in all three sides, or None where there is not one to merge for sure."""
    heads = [_head(side) for side in (region.base, region.ours, region.theirs)]
    base, ours, theirs = heads
    if not base or not ours or not theirs or base.name != ours.name or base.name != theirs.name:
        return None
    line = _merged(base, ours, theirs)
    if line is None or all(side[head.at] == line for side, head in ((region.ours, ours), (region.theirs, theirs))):
        return None
    sides = [(*side[: head.at], line, *side[head.at + 1 :]) for side, head in
             ((region.base, base), (region.ours, ours), (region.theirs, theirs))]  # fmt: skip
    return ConflictRegion(*sides)


def two_heads(region: ConflictRegion) -> bool:
    """Whether both sides changed `def` lines of the region, each in its own way."""
    base, ours, theirs = (
        [row for row in side if _DEF.match(row)] for side in (region.base, region.ours, region.theirs)
    )
    return base not in (ours, theirs) and ours != theirs


def _head(rows: Sequence[str]) -> _Head | None:
    matching = [(at, match) for at, row in enumerate(rows) if (match := _HEAD.match(row))]
    if len(matching) != 1:
        return None
    at, match = matching[0]
    node = _function(rows[at])
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    params = _params(node.args)
    returns = ast.unparse(node.returns) if node.returns else ""
    return _Head(
        at,
        match["margin"],
        match["lead"],
        match["name"],
        params,
        tuple(params),
        returns,
        (match["behind"] or "").strip(),
    )


def _function(row: str) -> ast.stmt | None:
    try:
        return python_source.parse(row.strip() + "\n    ...").body[0]
    except python_source.NotPython:
        return None


def _params(args: ast.arguments) -> dict[str, str]:
    """Each parameter as written, by its name; `*` and `/` stand for themselves."""
    params: dict[str, str] = {}
    plain = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
    for number, (arg, default) in enumerate(zip(plain, defaults, strict=True), 1):
        params[arg.arg] = _written(arg, default)
        if number == len(args.posonlyargs):
            params["/"] = "/"
    if args.vararg:
        params["*" + args.vararg.arg] = "*" + ast.unparse(args.vararg)
    elif args.kwonlyargs:
        params["*"] = "*"
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        params[arg.arg] = _written(arg, default)
    if args.kwarg:
        params["**" + args.kwarg.arg] = "**" + ast.unparse(args.kwarg)
    return params


def _written(arg: ast.arg, default: ast.expr | None) -> str:
    text = ast.unparse(arg)
    if default is None:
        return text
    return f"{text} = {ast.unparse(default)}" if arg.annotation else f"{text}={ast.unparse(default)}"


def _merged(base: _Head, ours: _Head, theirs: _Head) -> str | None:
    """The head as one line; None where both sides changed one parameter, or the order is not plain."""
    marks = {name for head in (base, ours, theirs) for name in head.order if name[0] in "*/"}
    if any((mark in base.params) != (mark in side.params) for mark in marks for side in (ours, theirs)):
        return None  # what may be given by position is no longer the same
    names = [name for name in ours.order if name in theirs.params or name not in base.params]
    for name in theirs.order:
        if name in base.params or name in ours.params:
            continue
        before = [other for other in theirs.order[: theirs.order.index(name)] if other in names]
        names.insert(names.index(before[-1]) + 1 if before else 0, name)
    written: list[str] = []
    for name in names:
        was, mine, other = (head.params.get(name) for head in (base, ours, theirs))
        text = mine if other in {was, None} or mine == other else other if mine in {was, None} else None
        if text is None:
            return None
        written.append(text)
    if _changed_both(base, ours, theirs) or not _plain_order(base, ours, theirs, names):
        return None
    returns = theirs.returns if ours.returns == base.returns else ours.returns
    arrow = f" -> {returns}" if returns else ""
    behind = f"  {theirs.behind or ours.behind}" if theirs.behind or ours.behind else ""
    line = f"{ours.margin}{ours.lead}{ours.name}({', '.join(written)}){arrow}:{behind}\n"
    return line if _parses(line) else None


def _changed_both(base: _Head, ours: _Head, theirs: _Head) -> bool:
    if base.margin != ours.margin or base.margin != theirs.margin or ours.lead != theirs.lead:
        return True
    return base.returns != ours.returns != theirs.returns != base.returns


def _plain_order(base: _Head, ours: _Head, theirs: _Head, names: Sequence[str]) -> bool:
    """Whether what each side has stands in its own order: a caller gives arguments by their place."""
    for side in (base, ours, theirs):
        common = [name for name in side.order if name in names]
        if common != [name for name in names if name in side.params]:
            return False
    mine, other = ([name for name in side.order if name not in base.params] for side in (ours, theirs))
    return not mine or not other or mine == other  # new ones of both sides have no order of their own


def _parses(line: str) -> bool:
    try:
        python_source.compiled(line.strip() + "\n    ...")
    except python_source.NotPython:
        return False
    return True
