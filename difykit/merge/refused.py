"""Whether the language of a file refuses what a merge made of it, or it names twice what each side names once.

It is asked of git's own merges as of difykit's: a clean merge of lines can put one argument into a call twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from difykit.errors import ConfigError
from difykit.merge import keydoubles, pydoubles, tsdoubles
from difykit.merge.tokens import open_brackets

Doubles = Mapping[tuple[str, str], list[int]]
Read = Callable[[str], Doubles]
_UNREADABLE = (ValueError, RecursionError, MemoryError, ConfigError)


def refused(path: str, merged: str, sides: Sequence[str]) -> str | None:
    """Why a merged text may not stand, or None; `sides` are ours and theirs, as far as the file is there.

    What a side has wrong, or twice, itself is not the merge's fault.
    """
    read = _reader(path)
    if read is None:
        return None
    try:
        now = read(merged)
    except _UNREADABLE as error:
        return None if None in [_read(read, side) for side in sides] else _reason(path, error)
    if not now:
        return None
    before = [found for side in sides if (found := _read(read, side)) is not None]
    for (kind, name), lines in now.items():
        known = max((len(found.get((kind, name), ())) for found in before), default=0)
        if len(lines) > known:
            place = f"line {lines[-1]}: " if lines[-1] else ""
            what, *where = re.split(r"(?= (?:in|of) )", kind, maxsplit=1)
            return f"{place}the {what} {_short(name)}{''.join(where)} stands there again, as it does on neither side"
    return None


def judges(path: str) -> bool:
    """Whether anything is known of what a file of this name may not say."""
    return _reader(path) is not None


def unreadable(path: str, text: str) -> str | None:
    """Why a side's text cannot be judged at all, or None; only where a parser says so."""
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
    said = (error.message if isinstance(error, ConfigError) else str(error)).strip().splitlines()
    return said[0] if said else type(error).__name__


def _short(name: str) -> str:
    return name if len(name) <= 80 else name[:79] + "…"


def _typescript(text: str) -> Doubles:
    if open_brackets(text, "c") != []:
        raise ValueError("its brackets do not pair")
    return tsdoubles.doubles(text)


_READERS: dict[str, Read] = {
    "py": pydoubles.doubles,
    **dict.fromkeys(("ts", "tsx", "js", "jsx", "mjs", "cjs", "mts"), _typescript),
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
    if ".env" in name or name.endswith(".env.example"):
        return keydoubles.in_env
    if "Dockerfile" in name:
        return keydoubles.in_docker
    return _READERS.get(_ending(path))
