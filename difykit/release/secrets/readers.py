"""Which services use a secret: that it is handed to a container with hundreds of others is no use of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

from difykit.dify import drivers, keys
from difykit.release import compose
from difykit.release.secrets.files import ReleaseFiles


class Readers:
    """Who reads which key, of the files of one release."""

    def __init__(self, files: ReleaseFiles) -> None:
        self._files = files
        self._services = files.services

    @cached_property
    def _shared(self) -> dict[str, object]:
        """The block that up to 1.14.0 gives every setting to api, the workers and the plugin daemon alike."""
        blocks = [block for name, block in self._files.compose.items() if name.startswith("x-")]
        flat = [
            block
            for block in blocks
            if isinstance(block, dict) and all(isinstance(text, str | int | float | None) for text in block.values())
        ]
        return max(flat, key=len, default={})

    @cached_property
    def _named(self) -> dict[str, frozenset[str]]:
        """For each service the variables that its own part of the Compose file names."""
        return {name: self._names_in(body) for name, body in self._services.items()}

    @cached_property
    def _all_names(self) -> dict[str, frozenset[str]]:
        return {name: compose.interpolated(body) for name, body in self._services.items()}

    def _names_in(self, body: Mapping[str, Any]) -> frozenset[str]:
        environment = compose.environment(body)
        shared = [key for key, text in environment.items() if key in self._shared and self._shared[key] == text]
        whole = 2 * len(shared) > len(self._shared)  # a service may say some of it anew
        own = [text for key, text in environment.items() if not (whole and key in shared)]
        return compose.interpolated([{key: part for key, part in body.items() if key != "environment"}, own])

    @cached_property
    def _inner(self) -> dict[str, set[str]]:
        """For each variable the names under which api gets it."""
        names: dict[str, set[str]] = {}
        for body in self._services.values():
            for key, text in compose.environment(body).items() if _is_api(body) else ():
                for variable in compose.interpolated([text]):
                    names.setdefault(variable, set()).add(key)
        return names

    @cached_property
    def _env_files(self) -> dict[str, frozenset[str]]:
        """For each service the keys of the env files that it gets."""
        keys_of: dict[str, set[str]] = {}
        for item in self._files.assigned():
            keys_of.setdefault(item.path.removesuffix(".example"), set()).add(item.key)
        return {
            name: frozenset().union(*(keys_of.get(path, ()) for path in _env_paths(body)))
            for name, body in self._services.items()
        }

    def configs(self, key: str) -> frozenset[str]:
        """The files of api's config classes that name a key, also by what api calls it."""
        names = {key, *self._inner.get(key, ())}
        return frozenset().union(*(self._files.configs.get(name, ()) for name in names))

    def of(self, key: str, running: Collection[str]) -> tuple[str, ...]:
        """The running services that use a key: those that name it, api where a config class does.

        A key that nobody names is used by whoever gets it: what a program reads on its own is not known.
        """
        naming = {name for name, named in self._named.items() if key in named}
        in_config = bool(self.configs(key))
        if not naming and not in_config:
            return tuple(sorted(name for name in running if self._gets(name, key)))
        api = {name for name, body in self._services.items() if _is_api(body) and in_config and self._gets(name, key)}
        return tuple(sorted((naming | api) & set(running)))

    def _gets(self, name: str, key: str) -> bool:
        return key in self._env_files.get(name, ()) or key in self._all_names.get(name, ())

    def named_beside_api(self, key: str, running: Collection[str]) -> tuple[str, ...]:
        """The running services other than Dify's api that name a key themselves: it opens one of them."""
        return tuple(
            sorted(name for name in running if key in self._named.get(name, ()) and not _is_api(self._services[name]))
        )

    def idle(self, key: str, values: Mapping[str, str]) -> str:
        """The driver that a key belongs to, where another one is chosen: as STORAGE_TYPE=s3. "" for every other key."""
        if not self.has_driver(key):
            return ""
        groups = [group for path in self.configs(key) if (group := _driver(path))]
        choices = {(setting, name) for setting, names in groups for name in names}
        database = values.get(keys.DB_TYPE, "")
        if any(values.get(setting) == name or name == database for setting, name in choices):
            return ""
        return " or ".join(sorted(f"{setting}={name}" for setting, name in choices))

    def has_driver(self, key: str) -> bool:
        """Whether only the config classes of drivers read a key."""
        paths = self.configs(key)
        return bool(paths) and all(map(_driver, paths))

    def driver_services(self, key: str) -> frozenset[str]:
        """The services that the driver of a key asks, by the profile of its name."""
        names = {name for path in self.configs(key) if (group := _driver(path)) for name in group[1]}
        return frozenset(
            name for name, body in self._services.items() if name in names or names & {*(body.get("profiles") or ())}
        )


def _is_api(body: Mapping[str, Any]) -> bool:
    return compose.repository(str(body.get("image", ""))) == compose.API


def _env_paths(body: Mapping[str, Any]) -> list[str]:
    entries = body.get("env_file") or []
    paths = [entry.get("path") if isinstance(entry, dict) else entry for entry in _listed(entries)]
    return [str(path).removeprefix("./") for path in paths]


def _listed(entries: Any) -> list[Any]:
    return entries if isinstance(entries, list) else [entries]


def _driver(path: str) -> tuple[str, tuple[str, ...]] | None:
    """The setting that chooses a driver, and the values that choose the one of this file of config classes."""
    if match := drivers.STORAGE_CONFIG.fullmatch(path):
        name = match[1]
        return keys.STORAGE_TYPE, (drivers.STORAGE_TYPES.get(name, name.replace("_", "-")), name)
    if match := drivers.VECTOR_CONFIG.fullmatch(path):
        return keys.VECTOR_STORE, drivers.VECTOR_STORES.get(match[1], (match[1],))
    return None
