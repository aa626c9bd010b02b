"""Dify's public default secrets: which there are, which must stay equal, and new ones for data that is new.

Every release ships the same values for everyone, in its Compose file and in its env examples. A key that a release
does not know, or ships empty, is left alone: from 1.14.1 Dify makes an empty SECRET_KEY itself and keeps it in its
storage.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote as url_quote

from difykit.env.dotenv import decode, quote, set_values

# Letters and digits only: safe inside redis:// URLs, and unquoted in commands, where a leading dash is an option.
_ALPHABET = string.ascii_letters + string.digits
LENGTH = 42
_NOTE = "# Made by difykit. Keep this file: the data folder opens only with the secrets that it began with."
# OpenSearch and openGauss refuse a password without one of each: capital, small, digit, another character.
_OF_EACH = "@Aa1"


@dataclass(frozen=True)
class Default:
    """A secret that Dify ships, the keys that must have the same value, and the URLs that hold it as their password."""

    key: str
    pairs: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    """The services that it opens: it is made only where one of them runs. Empty for those that always do."""
    length: int = LENGTH
    ending: str = ""


DEFAULTS = (
    Default("SECRET_KEY"),
    Default("DB_PASSWORD"),
    Default("REDIS_PASSWORD", urls=("CELERY_BROKER_URL",)),
    Default("CODE_EXECUTION_API_KEY", pairs=("SANDBOX_API_KEY",)),
    Default("PLUGIN_DAEMON_KEY"),
    # 1.0.0 fills the plugin daemon's side from the second name.
    Default("PLUGIN_DIFY_INNER_API_KEY", pairs=("INNER_API_KEY_FOR_PLUGIN",)),
    Default("WEAVIATE_API_KEY", pairs=("WEAVIATE_AUTHENTICATION_APIKEY_ALLOWED_KEYS",), services=("weaviate",)),
    # The stores of other profiles: the first key is read by api or by both sides, in 1.0.0 to 1.15.0.
    Default("QDRANT_API_KEY", services=("qdrant",)),
    # Both images of PostgreSQL are given the one name, their clients have one each.
    Default(
        "PGVECTOR_PASSWORD",
        pairs=("PGVECTOR_POSTGRES_PASSWORD", "PGVECTO_RS_PASSWORD"),
        services=("pgvector", "pgvecto-rs"),
    ),
    # Dify ships the client's side empty: against its own server it fails.
    Default("CHROMA_SERVER_AUTHN_CREDENTIALS", pairs=("CHROMA_AUTH_CREDENTIALS",), services=("chroma",)),
    Default("OCEANBASE_VECTOR_PASSWORD", services=("oceanbase", "seekdb")),
    Default(
        "OPENSEARCH_INITIAL_ADMIN_PASSWORD", pairs=("OPENSEARCH_PASSWORD",), services=("opensearch",), ending=_OF_EACH
    ),
    # Its passwords end at 32 characters.
    Default("OPENGAUSS_PASSWORD", services=("opengauss",), length=32, ending=_OF_EACH),
    Default("ELASTICSEARCH_PASSWORD", services=("elasticsearch",)),
)

_FIXED = {
    "minio": "Milvus is not told another one than minioadmin",
    "milvus-standalone": "its root has the password Milvus until you change it inside Milvus",
    "vastbase": "it stands in Dify's Compose file",
    "oracle": "docker/startupscripts/init_user.script gives the user dify the password dify",
    "iris": "docker/iris/iris-init.script sets it",
    "matrixone": "its image sets it",
    "couchbase-server": "its health check in Dify's Compose file names it",
}


def table(db_type: str = "") -> tuple[Default, ...]:
    """The secrets for a Dify whose DB_TYPE is this.

    OceanBase and seekdb have one password, be they Dify's database, its vector store, or both (from 1.10.1).
    """
    if db_type not in {"oceanbase", "seekdb"}:
        return DEFAULTS
    both = "OCEANBASE_VECTOR_PASSWORD"
    kept = [default for default in DEFAULTS if default.key != both]
    return tuple(replace(default, pairs=(both,)) if default.key == "DB_PASSWORD" else default for default in kept)


def is_default(key: str) -> bool:
    """Whether this is one of the secrets that Dify ships, or must change along with one."""
    return any(key in {default.key, *default.pairs, *default.urls} for default in DEFAULTS)


def fixed(services: Collection[str]) -> dict[str, str]:
    """Which of the services have a public password that no setting changes: service → why."""
    return {name: why for name, why in _FIXED.items() if name in services}


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
    given: Mapping[str, str],
    active: Collection[str] = (),
    defaults: Sequence[Default] = DEFAULTS,
) -> dict[str, int]:
    """The keys whose public default is in use, with the length of a new secret.

    `shipped` are the release's own values, `given` everyone else's, raw; `active` are the services that run.
    """
    return {
        default.key: default.length
        for default in defaults
        if shipped.get(default.key)
        and not _settled(default, shipped, given)
        and (not default.services or set(default.services) & set(active))
    }


def _settled(default: Default, shipped: Mapping[str, str], given: Mapping[str, str]) -> bool:
    """Whether somebody chose the secret: by its key, by a pair, or in a URL that still holds the public default."""
    if any(key in given for key in (default.key, *default.pairs)):
        return True
    return any(shipped[default.key] in (decode(given[url]) or "") for url in default.urls if url in given)


def followers(
    shipped: Mapping[str, str], given: Mapping[str, str], defaults: Sequence[Default] = DEFAULTS
) -> dict[str, str]:
    """What must change along with the given secrets, raw: pairs kept equal, passwords in URLs.

    Only keys that the release has, and that nobody gave a value of their own.
    """
    found: dict[str, str] = {}
    for default in defaults:
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
