"""Both sides added something at one place: upstream's comes first, where the order of the two cannot matter."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from difykit.porting.strategies import effects
from difykit.porting.strategies.regions import ConflictRegion
from difykit.porting.strategies.tokens import CLOSE, OPEN, bare, open_brackets, tokens

_MEMBER = re.compile(r"\s*(?P<key>\[?['\"]?[\w$.-]+['\"]?\]?)\s*\??\s*(:|=(?!=|>)|,|$)")
_DECLARED = re.compile(
    r"(?:export\s+)?(?:declare\s+)?(?:const|let|(?:async\s+)?function\*?|type|interface|class|enum)\s+"
    r"(?P<what>[\w$]+|\{[^{}=]*\}|\[[^\[\]=]*\])"
)
_IGNORES = {".gitignore", ".dockerignore"}
_KEYWORDS = {"case", "default", "return", "if", "else", "for", "while", "switch", "throw", "await", "yield"}


def settle_added(region: ConflictRegion, lead: str, path: str, lexer: str) -> tuple[list[str], str] | None:
    """Both sides' additions, upstream's first, and what they are; None where one may lean on its place.

    `lead` is the text before the region: it tells in what the additions stand.
    """
    if "".join(region.base).strip() or not "".join(region.ours).strip() or not "".join(region.theirs).strip():
        return None
    if path.rsplit("/", 1)[-1] in _IGNORES:
        negated = any(line.lstrip().startswith("!") for line in (*region.ours, *region.theirs))
        return None if negated else ([*region.ours, *region.theirs], "lines of a set")
    opened = open_brackets(lead, lexer) if lexer != "plain" else None
    return _settle(region, lead, opened, lexer) if opened is not None else None


def _settle(region: ConflictRegion, lead: str, opened: Sequence[str], lexer: str) -> tuple[list[str], str] | None:
    if lexer == "python" and not opened:
        return _statements(region, lead)
    if opened and (items := _items(region, lead, opened[-1], lexer)):
        return items, "items of a list"
    if lexer == "c" and (not opened or opened[-1] == "{") and _declarations(region):
        return _with_gap(region, 0 if opened else 1), "declarations"
    return None


def _items(region: ConflictRegion, lead: str, bracket: str, lexer: str) -> list[str] | None:
    sides = [_heads(side, lexer) for side in (region.ours, region.theirs)]
    if not sides[0] or not sides[1]:
        return None
    ends = {_comma(side, lexer) for side in (region.ours, region.theirs)}
    if len(ends) > 1 or (bracket != "{" and ends != {True}):
        return None
    keys: list[str] = []
    for heads in sides:
        for head in heads or ():
            key = _key(head, bracket, lead, lexer)
            if key is None:
                return None
            keys.append(key)
    return [*region.ours, *region.theirs] if len(set(keys)) == len(keys) else None


def _heads(rows: Sequence[str], lexer: str) -> list[str] | None:
    """The lines that begin an item; None where the rows do not close what they open."""
    heads: list[str] = []
    depth = 0
    for row in rows:
        text = bare(row, lexer)
        if text and depth == 0:
            heads.append(" ".join(text))
        depth += sum(word in OPEN for word in text) - sum(word in CLOSE for word in text)
        if depth < 0:
            return None
    return heads if depth == 0 else None


def _comma(rows: Sequence[str], lexer: str) -> bool:
    return bare("".join(rows), lexer)[-1:] == [","]


def _key(head: str, bracket: str, lead: str, lexer: str) -> str | None:
    """What an item is known by; None where an item of this kind may lean on its place."""
    match = _MEMBER.match(head)
    if match is None or match["key"] in _KEYWORDS:
        return None
    plain = re.fullmatch(r"['\"]?[\w$./-]+['\"]? ?,?", head)
    if bracket == "{":
        return match["key"].strip("'\"")
    if bracket == "[":
        return plain and head.rstrip(" ,")
    if lexer == "python" and re.search(r"\bclass\s+\w+\($", lead[: _opener(lead, lexer) + 1]):
        return plain and head.rstrip(" ,")
    line = lead[: _opener(lead, lexer) + 1].rsplit("\n", 1)[-1]
    called = lexer == "python" and re.search(r"[\w\])]\($", line) and "def " not in line
    return match["key"] if called and re.match(r"\w+ = ", head) else None


def _opener(lead: str, lexer: str) -> int:
    """Where the bracket stands that is open at the end."""
    opened: list[int] = []
    for token in tokens(lead, lexer):
        if token.kind == "mark" and token.text in OPEN:
            opened.append(token.start)
        elif token.kind == "mark" and token.text in CLOSE:
            opened.pop()
    return opened[-1]


def _statements(region: ConflictRegion, lead: str) -> tuple[list[str], str] | None:
    ours, theirs = effects.parsed(region.ours), effects.parsed(region.theirs)
    if not ours or not theirs:  # nothing but comments has no margin either
        return None
    margins = {_margin(side) for side in (region.ours, region.theirs)}
    if len(margins) > 1:
        return None
    our_names, their_names = effects.names(ours), effects.names(theirs)
    if our_names is not None and their_names is not None:
        defined = all(
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in (*ours, *theirs)
        )
        if set(our_names) & set(their_names) or (not defined and _ordered_class(lead, margins.pop())):
            return None
        if defined:
            return _with_gap(region, 2 if _margin(region.ours) == 0 else 1), "definitions"
        return ([*region.ours, *region.theirs], "assignments") if effects.independent(ours, theirs) else None
    apart = effects.independent(ours, theirs) and not effects.alike(ours, theirs)
    return ([*region.ours, *region.theirs], "independent statements") if apart else None


def _ordered_class(lead: str, margin: int) -> bool:
    """Whether this stands in a class whose fields have an order: a data class or a named tuple."""
    lines = lead.split("\n")
    for at in range(len(lines) - 1, -1, -1):
        line = lines[at]
        if line.strip() and len(line) - len(line.lstrip()) < margin and not line.lstrip().startswith(("#", ")")):
            above = "".join(lines[max(0, at - 6) : at])
            return "NamedTuple" in line or bool(re.search(r"@\w*\.?dataclass", above))
    return False


def _declarations(region: ConflictRegion) -> bool:
    names: list[set[str]] = []
    for side in (region.ours, region.theirs):
        heads = _heads(side, "c")
        if not heads:
            return False
        declared: set[str] = set()
        for head in heads:
            match = _DECLARED.match(head)
            if match is None and not set(head.split()) <= {"}", ")", ";", "]"}:
                return False
            declared |= set(re.findall(r"[\w$]+", match["what"])) if match else set()
        names.append(declared)
    words = [set(bare("".join(side), "c")) for side in (region.ours, region.theirs)]
    return not names[0] & words[1] and not names[1] & words[0]


def _with_gap(region: ConflictRegion, blank: int) -> list[str]:
    """Ours, then theirs, with blank lines between them where neither brings any."""
    ours, theirs = list(region.ours), list(region.theirs)
    gap = 0 if not theirs[0].strip() or not ours[-1].strip() else blank
    return [*ours, *["\n"] * gap, *theirs]


def _margin(rows: Sequence[str]) -> int:
    return min(len(row) - len(row.lstrip()) for row in rows if row.strip() and not row.lstrip().startswith("#"))
