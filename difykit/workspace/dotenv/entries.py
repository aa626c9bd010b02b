"""Settings that are made from others: `${NAME}` is another's value, `${NAME:url}` the same for a part of a URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote as url_quote

from difykit.workspace.dotenv.dotenv import quote
from difykit.workspace.manifest import NAMED, EnvChoice


def raw_entry(entry: object) -> str:
    """A setting of an overlay as it stands in an env file: plain, or a double-quoted value that names others.

    Raises TypeError for one that still has conditions.
    """
    if isinstance(entry, str):
        return quote(entry)
    if not isinstance(entry, EnvChoice) or entry.template is None:
        raise TypeError(f"not a setting of one release: {entry!r}")

    def named(match: re.Match[str]) -> str:
        return f"${{{match['name']}}}" if match["name"] else r"\$"

    escaped = re.sub(r'([\\"])', r"\\\1", entry.template)
    return '"' + NAMED.sub(named, escaped).replace("\n", "\\n") + '"'


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with the values in it; one that nobody set is empty."""

    def value(match: re.Match[str]) -> str:
        if not match["name"]:
            return "$"
        plain = values.get(match["name"], "")
        return url_quote(plain, safe="") if match["url"] else plain

    return NAMED.sub(value, template)
