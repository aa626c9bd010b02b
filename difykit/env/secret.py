"""Dify's public default secrets: which there are, which must stay equal, and new ones for data that is new.

Every release ships the same values for everyone, in its Compose file and in its env examples. Those of the services
that it bundles and starts by default are here. A key that a release does not know, or ships empty, is left alone: from
1.14.1 Dify makes an empty SECRET_KEY itself and keeps it in its storage.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote as url_quote

from difykit.env.dotenv import decode, quote

# Letters and digits only: safe inside redis:// URLs, and unquoted in commands, where a leading dash is an option.
_ALPHABET = string.ascii_letters + string.digits
LENGTH = 42


@dataclass(frozen=True)
class Default:
    """A secret that Dify ships, the keys that must have the same value, and the URLs that hold it as their password."""

    key: str
    pairs: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


DEFAULTS = (
    Default("SECRET_KEY"),
    Default("DB_PASSWORD"),
    Default("REDIS_PASSWORD", urls=("CELERY_BROKER_URL",)),
    Default("CODE_EXECUTION_API_KEY", pairs=("SANDBOX_API_KEY",)),
    Default("PLUGIN_DAEMON_KEY"),
    # 1.0.0 fills the plugin daemon's side from the second name.
    Default("PLUGIN_DIFY_INNER_API_KEY", pairs=("INNER_API_KEY_FOR_PLUGIN",)),
    Default("WEAVIATE_API_KEY", pairs=("WEAVIATE_AUTHENTICATION_APIKEY_ALLOWED_KEYS",)),
)


def generate(length: int = LENGTH) -> str:
    """A new secret of letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def to_generate(shipped: Mapping[str, str], given: Mapping[str, str]) -> list[str]:
    """The keys whose public default is in use: `shipped` are the release's own values, `given` everyone else's, raw."""
    return [default.key for default in DEFAULTS if shipped.get(default.key) and not _settled(default, shipped, given)]


def _settled(default: Default, shipped: Mapping[str, str], given: Mapping[str, str]) -> bool:
    """Whether somebody chose the secret: by its key, by a pair, or in a URL that still holds the public default."""
    if any(key in given for key in (default.key, *default.pairs)):
        return True
    return any(shipped[default.key] in (decode(given[url]) or "") for url in default.urls if url in given)


def followers(shipped: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """What must change along with the given secrets, raw: pairs kept equal, passwords in URLs.

    Only keys that the release has, and that nobody gave a value of their own.
    """
    found: dict[str, str] = {}
    for default in DEFAULTS:
        chosen = next((key for key in (default.key, *default.pairs) if key in given), None)
        if chosen is None:
            continue
        for key in (default.key, *default.pairs):
            if key not in given and key in shipped:
                found[key] = given[chosen]
        for url in default.urls:
            if url not in given and shipped.get(default.key) and shipped[default.key] in shipped.get(url, ""):
                found[url] = _with_password(shipped[url], shipped[default.key], default.key, given[chosen])
    return found


def _with_password(url: str, old: str, key: str, raw: str) -> str:
    value = decode(raw)
    if value is None:
        return url.replace(f":{old}@", f":${{{key}}}@")
    return quote(url.replace(f":{old}@", f":{url_quote(value, safe='')}@"))
