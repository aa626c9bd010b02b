"""TypeScript's and JavaScript's imports and re-exports: one unit each, read and written for `imports`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from difykit.porting.strategies.imports import Key, Parsed, Statement, read_imports
from difykit.porting.strategies.regions import lines_of

_WIDTH = 120
_START = re.compile(r"import\b(?!\s*[(.])|export\s+(type\s+)?(\{|\*)")
_WHOLE = re.compile(
    r"""(?P<verb>import|export)\s+(?P<type>type\s+(?!from\b|,))?
        (?P<what>[^'"]*?)(?:\s*\bfrom\s*)?(?P<module>'[^'\n]+'|"[^"\n]+")(?P<end>\s*;?)
        [ \t]*(?P<behind>//[^\n]*)?\s*$""",
    re.VERBOSE,
)
_NAMED = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"(type\s+)?([\w$]+|\*)(?:\s+as\s+([\w$]+))?$")


def units(text: str) -> list[str]:
    """The lines of a module, an import or re-export that goes over several of them as one unit."""
    lines = lines_of(text)
    rows: list[str] = []
    at = 0
    while at < len(lines):
        end = at + 1
        if _START.match(lines[at]):
            end = _end(lines, at)
        rows.append("".join(lines[at:end]))
        at = end
    return rows


def _end(lines: Sequence[str], at: int) -> int:
    for end in range(at + 1, min(at + 80, len(lines)) + 1):
        if _WHOLE.match(_plain("".join(lines[at:end]))):
            return end
        if end < len(lines) and not re.match(r"\s|\}|//", lines[end]):
            break
    return at + 1


def _plain(text: str) -> str:
    """The statement without comment lines inside of it."""
    first, *more = text.split("\n")
    return "\n".join([first, *(re.sub(r"\s*//.*", "", line) for line in more)])


def read(rows: Sequence[str]) -> Parsed | None:
    """The imports that `rows` begin with, and what follows them; None where they cannot be told apart."""
    return read_imports(rows, _START, _statement, says_nothing=lambda row: row.startswith("//"))


def write(statement: Statement, keys: tuple[Key, ...]) -> str | None:
    """A statement for these keys; None for one that only has an effect, or mixes a whole module with names."""
    if not isinstance(statement.head, tuple):
        return None
    verb, kind, module, end = statement.head
    default = [key[1] for key in keys if key[0] == "default!"]
    names = sorted((key for key in keys if key[0] != "default!"), key=lambda key: (key[1].casefold(), key))
    if len(default) > 1 or any(key[0] in {"*", "!"} for key in names):
        return None
    listed = [_written(key) for key in names]
    lead = f"{verb} {kind}" + "".join(f"{name}, " if listed else name for name in default)
    tail = f" from {module}{end}" + (f" {statement.behind}" if statement.behind else "") + "\n"
    if not listed:
        return lead + tail
    line = f"{lead}{{ {', '.join(listed)} }}{tail}"
    if len(line) <= _WIDTH and "\n" not in statement.text.rstrip("\n"):
        return line
    return f"{lead}{{\n" + "".join(f"  {name},\n" for name in listed) + "}" + tail


def _written(key: Key) -> str:
    name, local = key
    return name if name.removeprefix("type ") == local else f"{name} as {local}"


def _statement(row: str, above: tuple[str, ...]) -> Statement | None:
    match = _WHOLE.match(_plain(row))
    if match is None:
        return None
    verb, kind, module = match["verb"], "type " if match["type"] else "", match["module"]
    keys = _keys(match["what"], module)
    if keys is None:
        return None
    comments = [comment.strip() for comment in re.findall(r"//[^\n]*", row.replace(module, ""))]
    return Statement((verb, kind, module, match["end"].strip()), keys, row, above, " ".join(comments))


def _keys(clause: str, module: str) -> tuple[Key, ...] | None:
    """What a statement imports; a statement that only has an effect has its module as its one key."""
    clause = clause.strip()
    if not clause:
        return (("!", f"!{module}"),)
    named = _NAMED.search(clause)
    outer = _NAMED.sub("", clause, count=1).strip().rstrip(",").strip()
    keys: list[Key] = []
    if outer:
        match = _NAME.match(outer)
        if match is None:
            return None
        keys.append(("*", match[3] or "*") if outer.startswith("*") else ("default!", outer))
    for item in filter(None, (item.strip() for item in (named[1] if named else "").split(","))):
        match = _NAME.match(item)
        if match is None:
            return None
        keys.append((("type " if match[1] else "") + match[2], match[3] or match[2]))
    return tuple(keys)
