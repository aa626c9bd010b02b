"""Pairs: secrets that two sides must have alike, URLs that hold one of them, and Sentinel's many keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from difykit.checks import Finding
from difykit.checks.settings.configured import Look
from difykit.checks.settings.values import reaching_api
from difykit.dify import default_secrets, keys
from difykit.dify.default_secrets import Default
from difykit.release.render import environment

_TRUE = {"1", "on", "t", "true", "y", "yes"}


def broken_pairs(look: Look) -> Iterator[Finding]:
    """Secrets of two sides that differ, and URLs with another password than the key that they follow."""
    values = look.environment.values
    for default in default_secrets.table(values.get(keys.DB_TYPE, "")):
        if not _runs_here(default, look):
            continue
        for other in default.pairs:
            if _differ(default.key, other, look):
                setting = look.effective.get(other) or look.effective[default.key]
                partner = default.key if setting.key == other else other
                text = f"differs from {partner}, and both sides must have the same: one would refuse the other"
                yield setting.error(text, f"give {default.key} and {other} the same value, or leave {other} out")
        for url in default.urls:
            yield from _url(default, url, look)


def _runs_here(default: Default, look: Look) -> bool:
    name, key = default_secrets.OTHER_SIDE.get(default.key, ("", ""))
    host = reaching_api(key, look) if key else ""
    return not name or (name in running(look) and (host is None or asks(name, host)))


def running(look: Look) -> frozenset[str]:
    """Dify's services that run by COMPOSE_PROFILES, less those that overlays remove."""
    return environment.running(look.inputs, look.release.services, look.environment.values)


def _differ(key: str, other: str, look: Look) -> bool:
    """Whether two keys that are both read here have different values, and somebody gave one of them."""
    values, set_keys = look.environment.values, look.effective.keys() & {key, other}
    if not set_keys or not {key, other} <= look.release.known or not look.release.readers(other):
        return False
    value, other_value = values.get(key), values.get(other)
    if value is None or other_value is None:
        return False
    return value not in other_value.split(",") and value != other_value  # Weaviate's side is a list


def _url(default: Default, url: str, look: Look) -> Iterator[Finding]:
    values = look.environment.values
    setting = look.effective.get(url) or look.effective.get(default.key)
    if setting is None or not values.get(url) or url not in look.release.known:
        return
    secret = values.get(default.key, "")
    parts = _split(values[url])
    if parts is None or parts.scheme not in keys.REDIS_SCHEMES:
        return
    unclear = any(char in secret for char in "/#?@%:") and f":{secret}@" in values[url]
    if unclear and setting.key == url:
        text = f"holds {default.key} with characters that end a password in a URL"
        yield setting.error(text, "write it percent-encoded there (/ is %2F, @ is %40), or leave it out")
    elif parts.hostname == values.get(keys.REDIS_HOST) and unquote(parts.password or "") != secret:
        text = f"holds another password than {default.key}, for the same host: Celery would be refused"
        if setting.key != url:
            text = f"is another one than the password in {url}, which Dify ships: Celery would be refused"
        yield setting.error(text, f"write the password of {default.key} into {url}, or leave {url} out")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.password
    except ValueError:
        return None
    return parts


def sentinels(look: Look) -> Iterator[Finding]:
    """Redis Sentinel: api's own client, Celery and the list of sentinels are set apart, and belong together."""
    values, settings = look.environment.values, look.effective
    redis, celery = (_on(values, key) for key in (keys.REDIS_USE_SENTINEL, keys.CELERY_USE_SENTINEL))
    scheme = values.get(keys.CELERY_BROKER_URL, "").partition("://")[0]
    keys_read = look.release.known
    if redis and (setting := settings.get(keys.REDIS_USE_SENTINEL)):
        for key in (keys.REDIS_SENTINELS, keys.REDIS_SENTINEL_SERVICE_NAME):
            if key in keys_read and not values.get(key):
                yield setting.error(f"is on, and {key} is empty: api would not find Redis", f"set {key}")
        if keys.CELERY_USE_SENTINEL in keys_read and not celery:
            text = "is on for api alone: Celery asks one Redis by CELERY_BROKER_URL, which is gone after a failover"
            hint = "set CELERY_USE_SENTINEL, CELERY_SENTINEL_MASTER_NAME, and CELERY_BROKER_URL to sentinel://…"
            yield setting.warning(text, hint)
    if celery and (setting := settings.get(keys.CELERY_USE_SENTINEL)):
        if scheme != "sentinel":
            began = scheme if scheme in {*keys.REDIS_SCHEMES, "amqp"} else "something else"
            text = f"is on, and {keys.CELERY_BROKER_URL} begins with {began}, not sentinel: Celery would not"
            hint = "write it as sentinel://:password@host1:26379/1;sentinel://:password@host2:26379/1"
            yield setting.error(f"{text} ask a sentinel", hint)
        if not values.get(keys.CELERY_SENTINEL_MASTER_NAME):
            text = "is on, and CELERY_SENTINEL_MASTER_NAME is empty"
            yield setting.error(text, "set it to the name that the sentinels have for the master")
    elif scheme == "sentinel" and (setting := settings.get(keys.CELERY_BROKER_URL)):
        text = "names sentinels, and CELERY_USE_SENTINEL is off"
        yield setting.error(text, "set CELERY_USE_SENTINEL=true and CELERY_SENTINEL_MASTER_NAME")


def _on(values: Mapping[str, str], key: str) -> bool:
    return values.get(key, "").lower() in _TRUE


def asks(service: str, address: str) -> bool:
    """Whether an address, a URL or a host alone, is that of a service of this Compose project."""
    return re.match(rf"(?:\w+://)?(?:[^/@]*@)?{re.escape(service)}(?:[:/]|$)", address) is not None
