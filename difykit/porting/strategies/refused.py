"""What a merged text says twice where each side says it once, and whether its language reads it at all.

It is asked of git's own merges as of difykit's: a clean merge of lines can put one argument into a call twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from difykit.core.errors import ConfigError
from difykit.core.syntax_tree import grammar_of
from difykit.porting.strategies import keydoubles, pydoubles, tsdoubles
from difykit.porting.strategies.model import FindingWeight, MergeFinding

Doubles = Mapping[tuple[str, str], list[int]]
Read = Callable[[str], Doubles]
_UNREADABLE = (ValueError, RecursionError, MemoryError, ConfigError)
_HARMLESS = {"call", "decorator", "element"}
"""What may be meant twice: both do what they say."""


def refused(path: str, merged: str, sides: Sequence[str]) -> Iterator[MergeFinding]:
    """Why a merged text may not stand; `sides` are ours and theirs, as far as the file is there.

    What a side has wrong, or twice, itself is not the merge's fault.
    """
    read = _reader(path)
    if read is None:
        return
    try:
        now = read(merged)
    except _UNREADABLE as error:
        if None not in [_read(read, side) for side in sides]:
            yield MergeFinding(_reason(path, error), FindingWeight.SURE)
        return
    before = [doubles for side in sides if (doubles := _read(read, side)) is not None] if now else []
    for (kind, name), lines in now.items():
        allowed = max((len(doubles.get((kind, name), ())) for doubles in before), default=0)
        if len(lines) > allowed:
            position = f"line {lines[-1]}: " if lines[-1] else ""
            noun, *where = re.split(r"(?= (?:in|of) )", kind, maxsplit=1)
            text = f"{position}the {noun} {_short(name)}{''.join(where)} stands there again, as it does on neither side"
            yield MergeFinding(text, FindingWeight.DOUBT if noun in _HARMLESS else FindingWeight.SURE)


def judges(path: str) -> bool:
    """Whether anything is known of what a file of this name may not say."""
    return _reader(path) is not None


def unreadable(path: str, text: str) -> str | None:
    """Why a side's text cannot be judged at all, or None; only where a parser says so of the whole of it."""
    read = _reader(path)
    if read is None or _ending(path) not in _LANGUAGES:
        return None
    try:
        read(text)
    except _UNREADABLE as error:
        return _first(error)
    return None


def _read(read: Read, text: str) -> Doubles | None:
    try:
        return read(text)
    except _UNREADABLE:
        return None


def _reason(path: str, error: BaseException) -> str:
    return f"the merge is no {_LANGUAGES.get(_ending(path), 'file of its kind')}: {_first(error)}"


def _first(error: BaseException) -> str:
    if isinstance(error, RecursionError | MemoryError):
        return "nested too deeply"
    lines = (error.message if isinstance(error, ConfigError) else str(error)).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _short(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= 80 else line[:79] + "…"


_READERS: dict[str, Read] = {
    "py": pydoubles.doubles,
    **dict.fromkeys(("json", "jsonc"), keydoubles.in_json),
    **dict.fromkeys(("yaml", "yml"), keydoubles.in_yaml),
    "toml": keydoubles.in_toml,
    **dict.fromkeys(("ini", "cfg"), keydoubles.in_ini),
    **dict.fromkeys(("po", "pot"), keydoubles.in_po),
    **dict.fromkeys(("css", "scss"), keydoubles.in_css),
}
_LANGUAGES = {"py": "Python", "json": "JSON", "jsonc": "JSON", "yaml": "YAML", "yml": "YAML", "toml": "TOML"}


def _ending(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2]


def _reader(path: str) -> Read | None:
    name = path.rpartition("/")[2]
    if ".env" in name:
        return keydoubles.in_env
    if "Dockerfile" in name:
        return keydoubles.in_docker
    grammar = grammar_of(path)
    if grammar in {"typescript", "tsx"}:
        return partial(tsdoubles.doubles, grammar=grammar)
    return _READERS.get(_ending(path))
