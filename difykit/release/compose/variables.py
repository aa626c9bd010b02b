"""What a Compose file interpolates, and which variables never reach Dify's api.

Up to 1.14.0 only the keys listed in `x-shared-env` do (1.12.1 drops 148 of the 638 that api reads); from 1.14.1 all of
`.env` does, through `env_file`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from difykit.core.interpolation import withheld
from difykit.dify import services
from difykit.dify.web_settings import PUBLIC
from difykit.release.compose.images import API, runs

_NAME = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_DEFAULT = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*):?-([^{}$]*)\}")


def texts(value: Any) -> Iterator[str]:
    """Every text in a part of a Compose file, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def _plain(value: Any) -> Iterator[str]:
    return (text.replace("$$", "") for text in texts(value))


def interpolated(value: Any) -> frozenset[str]:
    """The variables that Compose puts in anywhere in `value`."""
    return frozenset(name for text in _plain(value) for name in _NAME.findall(text))


def defaults(value: Any) -> dict[str, str]:
    """The values that a Compose file gives to variables that nobody sets."""
    return {name: default for text in _plain(value) for name, default in _DEFAULT.findall(text) if default}


def environment(service: Mapping[str, Any]) -> dict[str, Any]:
    """A service's environment, from its mapping or its list form."""
    entries = service.get("environment") or {}
    if isinstance(entries, dict):
        return dict(entries)
    return {key: value if eq else None for key, eq, value in (str(item).partition("=") for item in entries)}


def reads_env_file(service: Mapping[str, Any]) -> bool:
    """Whether the service gets all of `.env`."""
    files = service.get("env_file") or []
    for entry in [files] if isinstance(files, str) else files:
        path = entry.get("path") if isinstance(entry, dict) else entry
        if str(path).removeprefix("./") == ".env":
            return True
    return False


def forward(
    compose: Mapping[str, Any], keys: Iterable[str], readers: Mapping[str, Collection[str]] | None = None
) -> None:
    """Hand keys that are set to the services that would not see them: not listed, interpolated or in an env file.

    `readers` are the services that are known to read a key; the rest of `keys`, but for the browser's, goes to the
    services on the api image.
    They are added as `KEY:` without a value, which Compose leaves out while nobody sets it; `${KEY}` would give "".
    """
    readers = readers or {}
    listed = interpolated(compose["services"])
    missing = [key for key in keys if key not in readers and key not in listed and not key.startswith(PUBLIC)]
    for name, service in compose["services"].items():
        if reads_env_file(service):
            continue
        present = environment(service)
        lacking = [key for key, names in readers.items() if name in names]
        lacking += missing if runs(service, API) else []
        foreign = {key for key, names in readers.items() if key.startswith(PUBLIC) and name not in names}
        if set(lacking) - present.keys() or foreign & present.keys():
            kept = {key: value for key, value in present.items() if key not in foreign}
            service["environment"] = kept | {key: None for key in lacking if key not in present}


def withhold(services: dict[str, dict[str, Any]], secrets: Mapping[str, Collection[str]]) -> None:
    """Give variables that are secrets to those services alone that they are for; for others they are as if unset."""
    for name, service in services.items():
        keys = [key for key, allowed in secrets.items() if name not in allowed]
        if keys and interpolated(service) & set(keys):
            services[name] = _withheld(service, keys)


def _withheld(value: Any, keys: Collection[str]) -> Any:
    if isinstance(value, str):
        return withheld(value, keys)
    if isinstance(value, dict):
        return {key: _withheld(item, keys) for key, item in value.items()}
    return [_withheld(item, keys) for item in value] if isinstance(value, list) else value


def overruled(compose: Mapping[str, Any], keys: Iterable[str]) -> dict[str, str]:
    """Which of `keys` do not reach api, since the Compose file fills them there from other variables: key → those.

    Six are so in 1.0.0 to 1.15.0: INNER_API_KEY_FOR_PLUGIN, three SENTRY_ and two PLUGIN_REMOTE_INSTALL_ ones. Other
    services may see them all the same: up to 1.14.0 worker_beat gets SENTRY_DSN.
    """
    present = environment(compose["services"].get(services.API, {}))
    fixed = {
        key: present[key] for key in keys if present.get(key) is not None and key not in interpolated(present[key])
    }
    return {key: ", ".join(sorted(interpolated(value))) or repr(value) for key, value in fixed.items()}
