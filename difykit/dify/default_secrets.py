"""Dify's public default secrets: which there are, which must stay equal, and where each is stored besides `.env`.

Every release ships the same values for everyone; the values are read from the release's own Compose file and env
examples, and only the names stand here. A key that a release does not know, or ships empty, is left alone, but for
those with an `empty`. A secret that a release ships and no line here knows is found by `release/secrets`, and reported.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from difykit.dify import keys, services

LENGTH = 42


@dataclass(frozen=True)
class SecretForm:
    """What a secret must look like for the program that reads it."""

    words: str
    pattern: re.Pattern[str]
    size: int
    """How many random bytes it is made of."""
    recipe: str
    """A command that prints one."""


BASE64URL_32 = SecretForm(
    words="base64url of exactly 32 bytes without padding, 43 characters",
    pattern=re.compile(r"[A-Za-z0-9_-]{43}"),
    size=32,
    recipe="python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
)
"""Anything else, and agent_backend does not start (dify_agent/agent_stub/server/tokens/agent_stub.py)."""
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
    form: SecretForm | None = None
    empty: str = ""
    """What happens where it is empty. One with this is made too where a release ships none."""
    fleeting: bool = False
    """Whether nothing is stored with it, so that another one may be made beside data of an earlier start."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every key that has its value."""
        return (self.key, *self.pairs)


DEFAULTS = (
    # From 1.14.1 on it is shipped empty (api/configs/secret_key.py: what was made first is kept, nothing locks).
    Default("SECRET_KEY", empty="each container that starts makes one of its own, and they refuse each other's"),
    Default("DB_PASSWORD"),
    Default("REDIS_PASSWORD", urls=("CELERY_BROKER_URL",)),
    Default("CODE_EXECUTION_API_KEY", pairs=("SANDBOX_API_KEY",)),
    # From 1.16.0 on agent_backend has the next two under names of its own, which follow while they are empty.
    Default("PLUGIN_DAEMON_KEY", pairs=("DIFY_AGENT_PLUGIN_DAEMON_API_KEY",)),
    # 1.0.0 fills the plugin daemon's side from the second name.
    Default("PLUGIN_DIFY_INNER_API_KEY", pairs=("INNER_API_KEY_FOR_PLUGIN", "DIFY_AGENT_INNER_API_KEY")),
    # From 1.16.1, 1.16.0 and 1.16.0 on. The last is called SHELLCTL up to 1.16.1, which later releases still read.
    Default("DIFY_AGENT_API_TOKEN", services=(services.AGENT_BACKEND,), fleeting=True),
    Default(
        "DIFY_AGENT_SERVER_SECRET_KEY",
        services=(services.AGENT_BACKEND,),
        length=43,
        form=BASE64URL_32,
        fleeting=True,
    ),
    Default(
        "DIFY_AGENT_LOCAL_SANDBOX_AUTH_TOKEN",
        pairs=("DIFY_AGENT_SHELLCTL_AUTH_TOKEN",),
        services=(services.LOCAL_SANDBOX,),
        empty="local_sandbox then gives its shell to whatever reaches it",
        fleeting=True,
    ),
    Default("WEAVIATE_API_KEY", pairs=("WEAVIATE_AUTHENTICATION_APIKEY_ALLOWED_KEYS",), services=(services.WEAVIATE,)),
    # The stores of other profiles: the first key is read by api or by both sides, in 1.0.0 to 1.15.0.
    Default("QDRANT_API_KEY", services=(services.QDRANT,)),
    # Both images of PostgreSQL are given the one name, their clients have one each.
    Default(
        "PGVECTOR_PASSWORD",
        pairs=("PGVECTOR_POSTGRES_PASSWORD", "PGVECTO_RS_PASSWORD"),
        services=(services.PGVECTOR, services.PGVECTO_RS),
    ),
    # Dify ships the client's side empty: against its own server it fails.
    Default("CHROMA_SERVER_AUTHN_CREDENTIALS", pairs=("CHROMA_AUTH_CREDENTIALS",), services=(services.CHROMA,)),
    Default("OCEANBASE_VECTOR_PASSWORD", services=(services.OCEANBASE, services.SEEKDB)),
    Default(
        "OPENSEARCH_INITIAL_ADMIN_PASSWORD",
        pairs=("OPENSEARCH_PASSWORD",),
        services=(services.OPENSEARCH,),
        ending=_OF_EACH,
    ),
    # Its passwords end at 32 characters.
    Default("OPENGAUSS_PASSWORD", services=(services.OPENGAUSS,), length=32, ending=_OF_EACH),
    Default("ELASTICSEARCH_PASSWORD", services=(services.ELASTICSEARCH,)),
)

FIXED = {
    services.MINIO: "Milvus is not told another one than minioadmin",
    services.MILVUS: "its root has the password Milvus until you change it inside Milvus",
    services.VASTBASE: "it stands in Dify's Compose file",
    services.ORACLE: "docker/startupscripts/init_user.script gives the user dify the password dify",
    services.IRIS: "docker/iris/iris-init.script sets it",
    services.MATRIXONE: "its image sets it",
    services.COUCHBASE: "its health check in Dify's Compose file names it",
}


def table(db_type: str = "") -> tuple[Default, ...]:
    """The secrets for a Dify whose DB_TYPE is this.

    OceanBase and seekdb have one password, be they Dify's database, its vector store, or both (from 1.10.1).
    """
    if db_type not in keys.OCEANBASE_TYPES:
        return DEFAULTS
    vector_key = "OCEANBASE_VECTOR_PASSWORD"
    remaining = [default for default in DEFAULTS if default.key != vector_key]
    return tuple(
        replace(default, pairs=(vector_key,)) if default.key == "DB_PASSWORD" else default for default in remaining
    )


def for_release(defaults: Iterable[Default], known: Collection[str]) -> tuple[Default, ...]:
    """The same for a release that knows these keys: a secret goes by the first of its names that the release has."""

    def renamed(default: Default) -> Default:
        names = [name for name in default.names if name in known]
        return replace(default, key=names[0], pairs=tuple(names[1:])) if names and default.key not in known else default

    return tuple(renamed(default) for default in defaults)


EARLIER = {keys.SECRET_KEY: frozenset({"0f44b34c6311bcb547867d393c1c56e6564e03d905fdd023637f549358bf3670"})}
"""SHA-256 of what an earlier release shipped, and this one need not: everybody knows it all the same."""


def was_public(key: str, value: str) -> bool:
    """Whether an earlier release shipped this value for everyone."""
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest() in EARLIER.get(key, ())


def is_default(key: str) -> bool:
    """Whether this is one of the secrets that Dify ships, or must change along with one."""
    return any(key in {default.key, *default.pairs, *default.urls} for default in DEFAULTS)


def fixed(running: Collection[str]) -> dict[str, str]:
    """Which of the services have a public password that no setting changes: service → why."""
    return {name: why for name, why in FIXED.items() if name in running}


OTHER_SIDE = {
    "CODE_EXECUTION_API_KEY": (services.SANDBOX, "CODE_EXECUTION_ENDPOINT"),
    "WEAVIATE_API_KEY": (services.WEAVIATE, "WEAVIATE_ENDPOINT"),
    "PGVECTOR_PASSWORD": (services.PGVECTOR, "PGVECTOR_HOST"),
    "CHROMA_SERVER_AUTHN_CREDENTIALS": (services.CHROMA, "CHROMA_HOST"),
    "OPENSEARCH_INITIAL_ADMIN_PASSWORD": (services.OPENSEARCH, "OPENSEARCH_HOST"),
}
"""A pair is one only while the second side runs: its service, and the key of api that names that service."""

OPENS = {
    "DB_PASSWORD": (services.DB_POSTGRES, services.DB, services.DB_MYSQL),
    "REDIS_PASSWORD": (services.REDIS,),
}
"""The servers of secrets that may be empty on purpose, where a server outside of the stack asks for none."""

STORED = {
    "DB_PASSWORD": (services.DB_POSTGRES, services.DB),
    "PGVECTOR_PASSWORD": (services.PGVECTOR,),
}
"""The servers that keep a password themselves, by the service that takes the statement which changes it."""
READ_AT_START = {
    "REDIS_PASSWORD": (services.REDIS,),
    "WEAVIATE_API_KEY": (services.WEAVIATE,),
    "QDRANT_API_KEY": (services.QDRANT,),
    "CHROMA_SERVER_AUTHN_CREDENTIALS": (services.CHROMA,),
    "CODE_EXECUTION_API_KEY": (services.SANDBOX,),
}
"""The servers that read it anew when they start."""
KEPT_INSIDE = {
    "OCEANBASE_VECTOR_PASSWORD": "OceanBase or seekdb",
    "OPENSEARCH_INITIAL_ADMIN_PASSWORD": "OpenSearch",
    "OPENGAUSS_PASSWORD": "openGauss",
    "ELASTICSEARCH_PASSWORD": "Elasticsearch",
}
"""The servers that keep it in a way that difykit cannot change."""
IN_DATA = frozenset({"SECRET_KEY", "DB_PASSWORD", "PGVECTOR_PASSWORD", *KEPT_INSIDE})
"""Secrets that data was written with: another one does not open it."""
COSTS = {
    "SECRET_KEY": (
        "everybody is signed out, and has to sign in again",
        "links to files that were given out, also those in open chats, are no longer valid",
        "OAuth clients that were set up for tools for the whole system have to be entered again",
        "API keys, and what models and tools log in with, stay: they do not depend on it",
    ),
    "DB_PASSWORD": ("services reach the database with the old one no longer, until they are deployed anew",),
    "PGVECTOR_PASSWORD": ("api reaches the vector store with the old one no longer, until it is deployed anew",),
    "REDIS_PASSWORD": ("Redis and all that use it start anew; tasks that are under way begin again",),
}
"""What another value means to people.

Read in the code of 1.0.0 to 1.15.0 (libs/passport.py, core/file/helpers.py, core/tools/utils/
system_oauth_encryption.py); what models and tools log in with is encrypted with keys of its own.
"""
