"""New secrets in place of Dify's public defaults, for data that is new; pairs kept equal."""

from __future__ import annotations

import secrets
import string
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import quote as url_quote

from difykit.dify.default_secrets import DEFAULTS, LENGTH, Default
from difykit.workspace.dotenv.dotenv import decode, quote, set_values

# Letters and digits only: safe inside redis:// URLs, and unquoted in commands, where a leading dash is an option.
_ALPHABET = string.ascii_letters + string.digits
_NOTE = "# Made by difykit. Keep this file: the data folder opens only with the secrets that it began with."


def generate(length: int = LENGTH, key: str = "") -> str:
    """A new secret of letters and digits; for a `key` whose store wants more than those, with an ending that has it."""
    ending = next((default.ending for default in DEFAULTS if default.key == key), "")
    return "".join(secrets.choice(_ALPHABET) for _ in range(length - len(ending))) + ending


def with_made(text: str, lengths: Mapping[str, int]) -> str:
    """The user's `.env` with a new secret for each of these keys, at its end, below a note that says to keep them."""
    if lengths and _NOTE not in text:
        text = f"{text.rstrip()}\n\n{_NOTE}\n".lstrip()
    return set_values(text, {key: generate(length, key) for key, length in lengths.items()})


def to_generate(
    shipped: Mapping[str, str],
    own_values: Mapping[str, str],
    active: Collection[str] = (),
    defaults: Sequence[Default] = DEFAULTS,
) -> dict[str, int]:
    """The keys whose public default is in use, with the length of a new secret.

    `shipped` are the release's own values, `own_values` everyone else's, raw; `active` are the services that run.
    """
    return {
        default.key: default.length
        for default in defaults
        if shipped.get(default.key)
        and not _settled(default, shipped, own_values)
        and (not default.services or set(default.services) & set(active))
    }


def _settled(default: Default, shipped: Mapping[str, str], own_values: Mapping[str, str]) -> bool:
    """Whether somebody chose the secret: by its key, by a pair, or in a URL that still holds the public default."""
    if any(key in own_values for key in (default.key, *default.pairs)):
        return True
    return any(shipped[default.key] in (decode(own_values[url]) or "") for url in default.urls if url in own_values)


def followers(
    shipped: Mapping[str, str], own_values: Mapping[str, str], defaults: Sequence[Default] = DEFAULTS
) -> dict[str, str]:
    """What must change along with the given secrets, raw: pairs kept equal, passwords in URLs.

    Only keys that the release has, and that nobody gave a value of their own.
    """
    changed: dict[str, str] = {}
    for default in defaults:
        chosen = next((key for key in (default.key, *default.pairs) if key in own_values), None)
        if chosen is None:
            continue
        for key in (default.key, *default.pairs):
            if key not in own_values and key in shipped:
                changed[key] = own_values[chosen]
        for url in default.urls:
            if url not in own_values and shipped.get(default.key) and shipped[default.key] in shipped.get(url, ""):
                changed[url] = _with_password(shipped[url], shipped[default.key], default.key, own_values[chosen])
    return changed


def _with_password(url: str, old: str, key: str, raw: str) -> str:
    value = decode(raw)
    if value is None:
        return url.replace(f":{old}@", f":${{{key}}}@")
    return quote(url.replace(f":{old}@", f":{url_quote(value, safe='')}@"))
