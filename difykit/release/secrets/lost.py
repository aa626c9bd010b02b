"""A data folder without its `.env`: the secrets that it was used with, out of the live release folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from difykit.core import files, redact, yaml
from difykit.core.errors import ConfigError, DifyKitError
from difykit.dify.default_secrets import Default
from difykit.release import compose
from difykit.release.secrets.names import holds_secret, is_secret_key
from difykit.workspace import dotenv

_ENV = ".env"


@dataclass(frozen=True)
class LiveSecrets:
    """What the live release folder sets, raw."""

    release: str
    settings: Mapping[str, str] = field(repr=False)
    """All that its containers are given: its Compose file's defaults, `envs/**`, `.env`, overlays' secrets."""
    env: Mapping[str, str] = field(repr=False)
    """What stands in its `.env`."""

    def value(self, key: str) -> str:
        """A setting as it was, "" for one that names others or that nobody had."""
        return dotenv.decode(self.settings.get(key, "")) or ""


def read_live(folder: Path) -> LiveSecrets:
    """The settings of a release folder.

    Raises DifyKitError for one whose files may not be read: what they hold is not known then, and not made anew.
    """
    try:
        env = _raw(folder / _ENV)
        paths = [*sorted((folder / "envs").glob("**/*.env"))]
        rooms = {key: raw for path in paths for key, raw in _raw(path).items()}
        private = {key: raw for path in sorted((folder / "secrets").glob("*.env")) for key, raw in _raw(path).items()}
        defaults = _defaults(folder / "dify.yaml")
    except OSError as error:
        raise DifyKitError(
            f"cannot read {error.filename or folder}: {error.strerror}; it says which secrets the data was begun with",
            hint=f"give it to your user: sudo chown -R $(id -u) {folder.resolve()}",
        ) from error
    return LiveSecrets(_release(folder), {**defaults, **rooms, **env, **private}, env)


def _release(folder: Path) -> str:
    try:
        manifest = files.read_json(folder / "manifest.json")
    except (OSError, ValueError):
        return ""
    return str(manifest.get("release", "")) if isinstance(manifest, dict) else ""


def _raw(path: Path) -> dict[str, str]:
    try:
        return {
            line.key: line.raw for line in dotenv.assignments(files.as_text(files.read_bytes(path, limit=files.TREE)))
        }
    except FileNotFoundError:
        return {}


def _defaults(path: Path) -> dict[str, str]:
    try:
        value = yaml.load(str(path), files.as_text(files.read_bytes(path, limit=files.TREE))).value
    except (FileNotFoundError, ConfigError):
        return {}
    return {key: dotenv.quote(text) for key, text in compose.defaults(value).items()}


@dataclass(frozen=True)
class SecretLayers:
    """What is set, and by which secrets the release is opened."""

    own: Mapping[str, str] = field(repr=False)
    """What overlays, difykit.yaml and `.env` set, raw."""
    shipped: Mapping[str, str]
    defaults: Sequence[Default]
    overlays: Sequence[str]
    """The secrets of overlays that have no value."""
    derived: Callable[[Mapping[str, str]], Mapping[str, str]]
    """What settings lead to, raw: the other sides of secrets, and URLs with one in it."""


def recover(live: LiveSecrets, layers: SecretLayers) -> dict[str, str]:
    """The secrets that the live release has and that nothing sets any more, raw.

    Where `.env` has lost all of Dify's secrets, the user's own are taken too: a single one that is gone was taken out.
    """
    known = {key for key, raw in layers.own.items() if dotenv.has_value(raw)}
    begun = [[*_begun(default, live, layers.shipped)] for default in layers.defaults]
    everything = {key for names in begun for key in names} | {key for key in layers.overlays if live.value(key)}
    taken = {key: live.settings[key] for key in layers.overlays if live.value(key)}
    for default, names in zip(layers.defaults, begun, strict=True):
        if not known & {*default.names}:
            taken |= {key: live.settings[key] for key in _distinct(names, live)}
    if everything and not everything & known:
        taken |= {key: raw for key, raw in _users_own(live, layers, taken) if key not in known}
    redact.learn(*(value for raw in taken.values() if (value := dotenv.decode(raw))))
    return taken


def _users_own(live: LiveSecrets, layers: SecretLayers, taken: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Secrets of the live `.env` that are neither Dify's nor made of others."""
    follow = layers.derived({**layers.own, **taken})
    paired = {key for default in layers.defaults for key in default.names}
    urls = {key for default in layers.defaults for key in default.urls}
    for key, raw in live.env.items():
        value = dotenv.decode(raw)
        changed = value not in {layers.shipped.get(key), dotenv.decode(follow.get(key, "''"))}
        if value and changed and key not in paired and (key in urls or _is_private(key, value)):
            yield key, raw


def _begun(default: Default, live: LiveSecrets, shipped: Mapping[str, str]) -> Iterator[str]:
    """The names under which the live release has a value of its own for a secret."""
    for key in default.names:
        value = live.value(key)
        if value and value != shipped.get(key):
            yield key


def _distinct(names: Sequence[str], live: LiveSecrets) -> Iterator[str]:
    """The first of the names, and those whose value is another one."""
    values: set[str] = set()
    for key in names:
        if live.value(key) not in values:
            values.add(live.value(key))
            yield key


def _is_private(key: str, value: str) -> bool:
    return (is_secret_key(key) and holds_secret(key, value)) or bool(redact.passwords([value]))


def lost_settings(live: LiveSecrets, own: Collection[str], example: str, release: str) -> tuple[str, ...]:
    """The settings beside secrets in which the live `.env` is not the release's own, and that nothing sets any more.

    None where the live release is another one: its examples are not here.
    """
    if live.release != release:
        return ()
    shipped = {line.key: line.raw for line in dotenv.assignments(example)}
    return tuple(
        sorted(
            key
            for key, raw in live.env.items()
            if key not in own
            and not key.startswith("COMPOSE_PROJECT")
            and key != compose.DATA
            and raw != shipped.get(key)
            and compose.DATA not in raw
            and not _is_private(key, dotenv.decode(raw) or "")
        )
    )
