"""What stands in an env file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from difykit.core.interpolation import interpolate
from difykit.workspace.dotenv.dotenv import assignments, decode, template


def values(text: str) -> dict[str, str]:
    """The values as Compose reads them: each may name those above it, and of a key's lines the last one counts."""
    return _settled((line.key, line.raw) for line in assignments(text))


def settled(raw: Mapping[str, str]) -> dict[str, str]:
    """The same of raw values by key, in their order."""
    return _settled(raw.items())


def plain(text: str) -> dict[str, str]:
    """The values as they are written, "" for one that names others."""
    return {line.key: decode(line.raw) or "" for line in assignments(text)}


def _settled(lines: Iterable[tuple[str, str]]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for key, raw in lines:
        settings[key] = interpolate(template(raw), settings)
    return settings
