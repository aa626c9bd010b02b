"""Names in TypeScript: which ones a part of a module uses that neither it nor the module brings.

There is no parser here, only brackets and words, so some findings are none (a type's member, a word in a page's
text). They are the same on both sides of a merge, and only what is new counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from difykit.merge.tokens import OPEN, Token, tokens

_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_TOP = re.compile(
    r"^(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:const|let|var|function\*?|type|interface|class|enum)\s+([\w$]+)"
)
_DECLARE = {"function", "class", "type", "interface", "enum", "namespace"}
_BINDS = {",", ")", "}", "]", "=", "=>"}


def unbound(text: str) -> set[tuple[str, str]]:
    """What each top-level part of a module uses and nothing in it or at the top declares, as (part, name)."""
    parts = list(_parts(text))
    top = {name for _, part in parts for name in _top_names(part)}
    found: set[tuple[str, str]] = set()
    for title, part in parts:
        if part.startswith("import"):
            continue
        row = _expanded(part)
        found |= {(title, name) for name in _used(row) - _bound(row) - top}
    return found


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The top-level statements of a module, each with the name that it declares."""
    lines = re.split(r"(?<=\n)", text)
    part = ""
    for line in lines:
        # A line at the margin that goes on with nothing begins a statement.
        if part and re.match(r"[A-Za-z_$@'\"/]", line):
            yield _title(part), part
            part = ""
        part += line
    yield _title(part), part


def _title(part: str) -> str:
    match = _TOP.match(part)
    return match[1] if match else ""


def _top_names(part: str) -> set[str]:
    if part.startswith("import"):
        return set(_NAME.findall(part.rsplit("from", 1)[0]))
    match = re.match(r"(?:export\s+)?(?:const|let|var)\s*([{\[][^=]*)=", part)
    return {_title(part)} | (set(_NAME.findall(match[1])) if match else set())


def _expanded(part: str) -> list[Token]:
    """The tokens without comments and texts, and with what stands in `${}`."""
    row: list[Token] = []
    for token in tokens(part, "c"):
        if token.kind == "text" and token.text[0] == "`":
            for inner in re.findall(r"\$\{([^{}]*)\}", token.text):
                row += [Token("mark", ";", "", token.start), *tokens(inner, "c"), Token("mark", ";", "", token.start)]
        if token.kind == "text":
            row.append(Token("text", "''", token.space, token.start))
        elif token.kind != "comment":
            row.append(token)
    return row


def _used(row: Sequence[Token]) -> set[str]:
    found: set[str] = set()
    for at, token in enumerate(row):
        if token.kind != "word" or not _NAME.fullmatch(token.text):
            continue
        before = row[at - 1].text if at else ""
        after = row[at + 1] if at + 1 < len(row) else Token("end", "", "", 0)
        then = row[at + 2].text if at + 2 < len(row) else ""
        attribute = after.text == "=" and then in {"{", "''"}
        key = after.text == ":" or (after.text == "?" and then == ":")
        if before not in {".", "?."} and not attribute and not key:
            found.add(token.text)
    return found


def _bound(row: Sequence[Token]) -> set[str]:
    found: set[str] = set()
    for at, token in enumerate(row):
        after = row[at + 1].text if at + 1 < len(row) else ""
        if token.text in {"const", "let", "var"} and at + 1 < len(row):
            found |= pattern(row, at + 1)
        elif token.text in _DECLARE or (token.kind == "word" and after == "=>"):
            found |= {after, token.text}
        elif token.text == "(" and _is_head(row, at):
            found |= pattern(row, at)
    return found


def _is_head(row: Sequence[Token], at: int) -> bool:
    """Whether the bracket at `at` holds parameters: an arrow or a body follows it."""
    end = _closing(row, at)
    rest = [token.text for token in row[end + 1 : end + 12]]
    before = row[at - 1].text if at else ""
    if not rest:
        return False
    if rest[0] == "=>" or before == "catch":
        return True
    if rest[0] == "{":
        return before not in {"if", "while", "for", "switch", "with"}
    return rest[0] == ":" and ("=>" in rest or "{" in rest)


def _closing(row: Sequence[Token], at: int) -> int:
    depth = 0
    for place in range(at, len(row)):
        if row[place].kind == "mark":
            depth += (row[place].text in OPEN) - (row[place].text in OPEN.values())
        if depth == 0:
            return place
    return len(row) - 1


def pattern(row: Sequence[Token], at: int) -> set[str]:
    """The names that a declaration or a list of parameters binds, types and keys left out."""
    if row[at].text not in OPEN:
        return {row[at].text}
    found: set[str] = set()
    opened: list[str] = []
    typed: int | None = None
    for place in range(at, _closing(row, at) + 1):
        text = row[place].text
        after = row[place + 1].text if place + 1 < len(row) else ""
        if text in OPEN and row[place].kind == "mark":
            opened.append(text)
        elif text in OPEN.values() and opened:
            opened.pop()
        if typed is not None and len(opened) <= typed and text in {",", "=", ")"}:
            typed = None
        elif text == ":" and opened and opened[-1] == "(" and typed is None:
            typed = len(opened)
        elif typed is None and row[place].kind == "word" and opened:
            key = opened[-1] == "(" and after in {":", "?"}
            if after in _BINDS or key:
                found.add(text)
    return found
