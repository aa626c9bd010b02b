"""Pairs: secrets that two sides must have alike, URLs that hold one of them, and Sentinel's many keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from difykit import compose
from difykit.dify import default_secrets, keys
from difykit.dify.default_secrets import Default
from difykit.render import environment
from difykit.settings.finding import Finding, error, warning
from difykit.settings.given import Look
from difykit.settings.values import reaching_api

_TRUE = {"1", "on", "t", "true", "y", "yes"}


def broken_pairs(look: Look) -> Iterator[Finding]:
    """Secrets of two sides that differ, and URLs with another password than the key that they follow."""
    values = look.environment.values
    for default in default_secrets.table(values.get(keys.DB_TYPE, "")):
        if not _runs_here(default, look):
            continue
        for other in default.pairs:
            if _differ(default.key, other, look):
                at = look.effective.get(other) or look.effective[default.key]
                beside = default.key if at.key == other else other
                text = f"differs from {beside}, and both sides must have the same: one would refuse the other"
                yield error("pair", at, text, f"give {default.key} and {other} the same value, or leave {other} out")
        for url in default.urls:
            yield from _url(default, url, look)


def _runs_here(default: Default, look: Look) -> bool:
    name, key = default_secrets.OTHER_SIDE.get(default.key, ("", ""))
    host = reaching_api(key, look) if key else ""
    return not name or (name in running(look) and (host is None or _asks(name, host)))


def running(look: Look) -> frozenset[str]:
    """Dify's services that run by COMPOSE_PROFILES, less those that overlays remove."""
    return environment.running(look.inputs, look.release.services, look.environment.values)


def _differ(key: str, other: str, look: Look) -> bool:
    """Whether two keys that are both read here have different values, and somebody gave one of them."""
    values, given = look.environment.values, look.effective.keys() & {key, other}
    if not given or not {key, other} <= look.release.known or not look.release.readers(other):
        return False
    one, two = values.get(key), values.get(other)
    if one is None or two is None:
        return False
    return one not in two.split(",") and one != two  # Weaviate's side is a list


def _url(default: Default, url: str, look: Look) -> Iterator[Finding]:
    values = look.environment.values
    at = look.effective.get(url) or look.effective.get(default.key)
    if at is None or not values.get(url) or url not in look.release.known:
        return
    secret = values.get(default.key, "")
    parts = _split(values[url])
    if parts is None or parts.scheme not in {"redis", "rediss"}:
        return
    unclear = any(char in secret for char in "/#?@%:") and f":{secret}@" in values[url]
    if unclear and at.key == url:
        text = f"holds {default.key} with characters that end a password in a URL"
        yield error("pair", at, text, "write it percent-encoded there (/ is %2F, @ is %40), or leave it out")
    elif parts.hostname == values.get(keys.REDIS_HOST) and unquote(parts.password or "") != secret:
        text = f"holds another password than {default.key}, for the same host: Celery would be refused"
        if at.key != url:
            text = f"is another one than the password in {url}, which Dify ships: Celery would be refused"
        yield error("pair", at, text, f"write the password of {default.key} into {url}, or leave {url} out")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.password
    except ValueError:
        return None
    return parts


def sentinels(look: Look) -> Iterator[Finding]:
    """Redis Sentinel: api's own client, Celery and the list of sentinels are set apart, and belong together."""
    values, given = look.environment.values, look.effective
    redis, celery = (_on(values, key) for key in (keys.REDIS_USE_SENTINEL, keys.CELERY_USE_SENTINEL))
    scheme = values.get(keys.CELERY_BROKER_URL, "").partition("://")[0]
    known = look.release.known
    if redis and (at := given.get(keys.REDIS_USE_SENTINEL)):
        for key in (keys.REDIS_SENTINELS, keys.REDIS_SENTINEL_SERVICE_NAME):
            if key in known and not values.get(key):
                yield error("sentinel", at, f"is on, and {key} is empty: api would not find Redis", f"set {key}")
        if keys.CELERY_USE_SENTINEL in known and not celery:
            text = "is on for api alone: Celery asks one Redis by CELERY_BROKER_URL, which is gone after a failover"
            mend = "set CELERY_USE_SENTINEL, CELERY_SENTINEL_MASTER_NAME, and CELERY_BROKER_URL to sentinel://…"
            yield warning("sentinel", at, text, mend)
    if celery and (at := given.get(keys.CELERY_USE_SENTINEL)):
        if scheme != "sentinel":
            began = scheme if scheme in {"redis", "rediss", "amqp"} else "something else"
            text = f"is on, and CELERY_BROKER_URL begins with {began}, not sentinel: Celery would not"
            mend = "write it as sentinel://:password@host1:26379/1;sentinel://:password@host2:26379/1"
            yield error("sentinel", at, f"{text} ask a sentinel", mend)
        if not values.get(keys.CELERY_SENTINEL_MASTER_NAME):
            text = "is on, and CELERY_SENTINEL_MASTER_NAME is empty"
            yield error("sentinel", at, text, "set it to the name that the sentinels have for the master")
    elif scheme == "sentinel" and (at := given.get(keys.CELERY_BROKER_URL)):
        text = "names sentinels, and CELERY_USE_SENTINEL is off"
        yield error("sentinel", at, text, "set CELERY_USE_SENTINEL=true and CELERY_SENTINEL_MASTER_NAME")


def _on(values: Mapping[str, str], key: str) -> bool:
    return values.get(key, "").lower() in _TRUE


def profiles(look: Look) -> Iterator[Finding]:
    """A store or database that is asked by its service's name, while the profiles that are set do not start it."""
    at = look.effective.get("COMPOSE_PROFILES")
    if at is None or keys.VECTOR_STORE not in look.release.known:
        return
    store = look.environment.values.get(keys.VECTOR_STORE, "")
    profile = {name for service in look.release.services.values() for name in service.get("profiles") or ()}
    on = compose.profiles(look.environment.values)
    if store in profile - on and _names_service(store, look):
        text = f"does not start {store}, which VECTOR_STORE names: api would ask a service that is not there"
        yield warning("driver", at, text, f"add {store} to it, or set the address of a {store} elsewhere")


def _names_service(store: str, look: Look) -> bool:
    keys = [key for key in look.release.fields if key.startswith(store.upper()) and key.endswith(("URL", "HOST"))]
    uri = [key for key in look.release.fields if key.startswith(store.upper()) and key.endswith(("URI", "ENDPOINT"))]
    return any(_asks(store, reaching_api(key, look) or "") for key in (*keys, *uri))


def _asks(service: str, address: str) -> bool:
    """Whether an address, a URL or a host alone, is that of a service of this Compose project."""
    return re.match(rf"(?:\w+://)?(?:[^/@]*@)?{re.escape(service)}(?:[:/]|$)", address) is not None
