"""What rotating a secret means: who reads it, where it is stored besides `.env`, and what it costs. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from difykit.checks.settings.configured import Look
from difykit.checks.settings.consistency import running
from difykit.core.errors import DifyKitError
from difykit.dify import default_secrets, keys, services
from difykit.release import compose

# The servers that overlays bring in place of Dify's own.
_ALSO_STORED = {keys.DB_PASSWORD: ("postgres-a", "patroni1")}
_ALSO_READ = {keys.REDIS_PASSWORD: ("redis1",)}
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
    table = default_secrets.for_release(default_secrets.table(values.get(keys.DB_TYPE, "")), look.release.known)
    key = _outside(key, look, {name for default in table for name in default.names})
    default = next((name for name in table if key in name.names), None)
    if default is None:
        return _of_overlay(look, key)
    if default.key not in look.release.known:
        raise DifyKitError(
            f"Dify {look.release.name} does not know {default.key}, so there is nothing to rotate",
            hint="difykit env.list --all shows what it knows",
        )
    names = running(look).union(*(part.added for part in look.inputs.overlays))
    stored = _where(look, default.key, names)
    settings = look.effective
    also = [name for name in (default.key, *default.pairs) if name != default.key and name in look.release.known]
    readers = {name for name in (default.key, *also) for name in look.release.readers(name)}
    return Rotation(
        key=default.key,
        also=(*also, *(url for url in default.urls if url in look.release.known and url not in settings)),
        readers=tuple(sorted(readers & names)),
        stored=stored,
        costs=default_secrets.COSTS.get(default.key, (_RESTART,)),
    )


def _outside(key: str, look: Look, names: set[str]) -> str:
    """What a secret is called in `.env`, of what a container may call it: AGENT_BACKEND_API_TOKEN."""
    if key in names or key in look.effective:
        return key
    texts = [compose.environment(dict(body)).get(key) for body in look.release.services.values()]
    outer = compose.interpolated([text for text in texts if isinstance(text, str)]) & names
    return min(outer) if len(outer) == 1 else key


def _of_overlay(look: Look, key: str) -> Rotation:
    secret = look.environment.secrets.get(key)
    use = next((use for use in look.environment.uses if use.secret.key == key and not use.secret.service), None)
    if secret is None and use:
        raise DifyKitError(
            f"{key} is a secret that difykit does not know the form of, so it cannot make another one",
            hint=use.hint,
        )
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
    if key in default_secrets.KEPT_INSIDE:
        raise DifyKitError(
            f"{default_secrets.KEPT_INSIDE[key]} keeps {key} itself, and difykit does not know how it is changed there",
            hint=f"change it there, then: difykit env.set {key}=- < FILE",
        )
    stored = (*default_secrets.STORED.get(key, ()), *_ALSO_STORED.get(key, ()))
    read = (*default_secrets.READ_AT_START.get(key, ()), *_ALSO_READ.get(key, ()))
    stores = [name for name in (*stored, *read) if name in names]
    if not stores and (stored or read):
        server = "MySQL" if key == keys.DB_PASSWORD and services.DB_MYSQL in names else "a server outside of this stack"
        raise DifyKitError(
            f"{key} opens {server}, which has to be given the new one by its own means",
            hint=f"change it there, then: difykit env.set {key}=- < FILE",
        )
    if key == keys.DB_PASSWORD and look.environment.values.get("POSTGRES_PRIMARY") == "postgres-b":
        return "postgres-b" if "postgres-b" in names else stores[0]
    return stores[0] if stored else ""
