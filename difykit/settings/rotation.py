"""What rotating a secret means: who reads it, where it is stored besides `.env`, and what it costs. Pure.

What SECRET_KEY does is read in Dify's code of 1.0.0 to 1.15.0 (libs/passport.py, core/file/helpers.py,
core/tools/utils/system_oauth_encryption.py); what models and tools log in with is encrypted with keys of its own.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from difykit import env
from difykit.errors import DifyKitError
from difykit.settings.given import Look
from difykit.settings.pairs import running

# The servers that keep a password themselves, by the service that takes the statement which changes it.
_STORED = {"DB_PASSWORD": ("db_postgres", "db", "postgres-a", "patroni1"), "PGVECTOR_PASSWORD": ("pgvector",)}
# Those that read it anew when they start.
_READ = {
    "REDIS_PASSWORD": ("redis", "redis1"),
    "WEAVIATE_API_KEY": ("weaviate",),
    "QDRANT_API_KEY": ("qdrant",),
    "CHROMA_SERVER_AUTHN_CREDENTIALS": ("chroma",),
    "CODE_EXECUTION_API_KEY": ("sandbox",),
}
_INSIDE = {
    "OCEANBASE_VECTOR_PASSWORD": "OceanBase or seekdb",
    "OPENSEARCH_INITIAL_ADMIN_PASSWORD": "OpenSearch",
    "OPENGAUSS_PASSWORD": "openGauss",
    "ELASTICSEARCH_PASSWORD": "Elasticsearch",
}
_COSTS = {
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
_RESTART = "the services that read it start anew with the next deploy"


@dataclass(frozen=True)
class Rotation:
    """What will be changed, and what that costs."""

    key: str
    also: tuple[str, ...]
    """Other keys that get the same value, or hold it."""
    readers: tuple[str, ...]
    stored: str
    """The service whose own copy is changed too, or "" where there is none."""
    costs: tuple[str, ...]

    def describe(self) -> dict[str, object]:
        """As `--json` prints it; the value is in nothing of this."""
        return asdict(self)


def plan_rotation(look: Look, key: str) -> Rotation:
    """The rotation of a secret.

    Raises DifyKitError for what is no secret that difykit makes, and for one that only its own server can change.
    """
    values = look.environment.values
    table = env.table(values.get("DB_TYPE", ""))
    default = next((each for each in table if key in {each.key, *each.pairs}), None)
    if default is None:
        return _of_overlay(look, key)
    names = running(look).union(*(part.added for part in look.inputs.overlays))
    stored = _where(look, default.key, names)
    given = look.effective
    also = [each for each in (default.key, *default.pairs) if each != default.key and each in look.release.known]
    readers = {name for each in (default.key, *also) for name in look.release.readers(each)}
    return Rotation(
        key=default.key,
        also=(*also, *(url for url in default.urls if url in look.release.known and url not in given)),
        readers=tuple(sorted(readers & names)),
        stored=stored,
        costs=_COSTS.get(default.key, (_RESTART,)),
    )


def _of_overlay(look: Look, key: str) -> Rotation:
    secret = look.environment.secrets.get(key)
    if secret is None:
        raise DifyKitError(
            f"{key} is no secret that difykit makes, so it cannot make another one",
            hint=f"difykit env.set {key}=- < FILE, once you changed it where it comes from",
        )
    if key.startswith(("PATRONI_", "POSTGRES_REPLICATION", "MILVUS_")):
        raise DifyKitError(
            f"{key} is stored inside the servers too, and they must agree at every moment",
            hint="change it there first (ALTER ROLE for PostgreSQL's, update_credential for Milvus), then: difykit"
            f" env.set {key}=- < FILE",
        )
    return Rotation(key, (), tuple(sorted(secret.services)), "", (_RESTART,))


def _where(look: Look, key: str, names: set[str] | frozenset[str]) -> str:
    """The service that stores the secret; raises DifyKitError where none of this stack's does."""
    if key in _INSIDE:
        raise DifyKitError(
            f"{_INSIDE[key]} keeps {key} itself, and difykit does not know how it is changed there",
            hint=f"change it there, then: difykit env.set {key}=- < FILE",
        )
    here = [name for name in (*_STORED.get(key, ()), *_READ.get(key, ())) if name in names]
    if not here and (key in _STORED or key in _READ):
        what = "MySQL" if key == "DB_PASSWORD" and "db_mysql" in names else "a server outside of this stack"
        raise DifyKitError(
            f"{key} opens {what}, which has to be given the new one by its own means",
            hint=f"change it there, then: difykit env.set {key}=- < FILE",
        )
    if key == "DB_PASSWORD" and look.environment.values.get("POSTGRES_PRIMARY") == "postgres-b":
        return "postgres-b" if "postgres-b" in names else here[0]
    return here[0] if key in _STORED else ""
