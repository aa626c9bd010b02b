"""New secrets in place of Dify's public defaults, for data that is new; pairs kept equal."""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import quote as url_quote

from difykit.dify.default_secrets import DEFAULTS, LENGTH, OPENS, Default, SecretForm
from difykit.workspace.dotenv.dotenv import assignments, decode, quote, set_raw, set_values

# Letters and digits only: safe inside redis:// URLs, and unquoted in commands, where a leading dash is an option.
_ALPHABET = string.ascii_letters + string.digits
_NOTE = "# Made by difykit. Keep this file: the data folder opens only with the secrets that it began with."


def generate(length: int = LENGTH, key: str = "") -> str:
    """A new secret of letters and digits; for a `key` whose program wants another form, in that form."""
    default = next((default for default in DEFAULTS if key in default.names), None)
    if default and default.form:
        return _encoded(default.form)
    ending = default.ending if default and default.key == key else ""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length - len(ending))) + ending


def _encoded(form: SecretForm) -> str:
    """Random bytes whose base64url has letters and digits alone; a quarter of all have."""
    while True:
        text = base64.urlsafe_b64encode(secrets.token_bytes(form.size)).decode().rstrip("=")
        if text.isalnum():
            return text


def with_made(text: str, lengths: Mapping[str, int]) -> str:
    """The user's `.env` with a new secret for each of these keys, at its end, below a note that says to keep them."""
    return set_values(_noted(text, lengths), {key: generate(length, key) for key, length in lengths.items()})


def with_taken(text: str, raw: Mapping[str, str]) -> str:
    """The same with secrets that were made earlier, as they are written."""
    return set_raw(_noted(text, raw), raw)


def _noted(text: str, keys: Collection[str]) -> str:
    new = {*keys} - {assignment.key for assignment in assignments(text)}
    return f"{text.rstrip()}\n\n{_NOTE}\n".lstrip() if new and _NOTE not in text else text


def to_generate(
    shipped: Mapping[str, str],
    own_values: Mapping[str, str],
    active: Collection[str] = (),
    defaults: Sequence[Default] = DEFAULTS,
) -> dict[str, int]:
    """The keys whose public default is in use, or that may not be empty, with the length of a new secret.

    `shipped` are the release's own values, `own_values` everyone else's, raw; `active` are the services that run.
    """
    return {
        default.key: default.length
        for default in defaults
        if (shipped.get(default.key) or (default.empty and default.key in shipped))
        and not _settled(default, shipped, own_values, active)
        and (not default.services or set(default.services) & set(active))
    }


def _settled(
    default: Default, shipped: Mapping[str, str], own_values: Mapping[str, str], active: Collection[str]
) -> bool:
    """Whether somebody chose the secret: by its key, by a pair, or in a URL that still holds the public default.

    An empty value is a choice only where a server outside of the stack may ask for none: Compose puts the public
    default in its place.
    """
    chosen = [own_values[key] for key in default.names if key in own_values]
    if any(map(has_value, chosen)):
        return True
    if chosen and default.key in OPENS and not set(OPENS[default.key]) & set(active):
        return True
    public = shipped.get(default.key)
    return bool(public) and any(
        str(public) in (decode(own_values[url]) or "") for url in default.urls if url in own_values
    )


def has_value(raw: str) -> bool:
    """Whether something stands there: a text, or variables that give one."""
    return decode(raw) != ""


def followers(
    shipped: Mapping[str, str],
    own_values: Mapping[str, str],
    defaults: Sequence[Default] = DEFAULTS,
    values: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """What must change along with the given secrets, raw: pairs kept equal, passwords in URLs.

    Only keys that the release has, and that nobody gave a value of their own. `values` are the settings as Compose
    reads them, for a secret that names others.
    """
    changed: dict[str, str] = {}
    own_values = {key: raw for key, raw in own_values.items() if has_value(raw)}
    for default in defaults:
        chosen = next((key for key in default.names if key in own_values), None)
        if chosen is None:
            continue
        for key in default.names:
            if key not in own_values and key in shipped:
                changed[key] = own_values[chosen]
        for url in default.urls:
            if url not in own_values and shipped.get(default.key) and shipped[default.key] in shipped.get(url, ""):
                raw = own_values[chosen]
                settled = (values or {}).get(chosen, "") if decode(raw) is None else ""
                changed[url] = _with_password(
                    shipped[url], shipped[default.key], default.key, quote(settled) if _unsafe(settled) else raw
                )
    return changed


def _unsafe(settled: str) -> bool:
    return url_quote(settled, safe="") != settled


def _with_password(url: str, old: str, key: str, raw: str) -> str:
    value = decode(raw)
    if value is None:
        return url.replace(f":{old}@", f":${{{key}}}@")
    return quote(url.replace(f":{old}@", f":{url_quote(value, safe='')}@"))
