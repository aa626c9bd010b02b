"""The user's `.env`: it can be read, nobody else reads it, and it holds none of Dify's public secrets.

No value of it leaves this module.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from difykit import env, files, git, pipes, process
from difykit.compose import profiles
from difykit.dify import keys, layout
from difykit.dify.default_secrets import DEFAULTS
from difykit.doctor.finding import Said, fail, ok, skip, warn
from difykit.doctor.space import Space
from difykit.errors import ConfigError, DifyKitError
from difykit.manifest import OverlayManifest
from difykit.manifest.load import read_user_env

_ROTATE = "change one where it is stored (DB_PASSWORD: ALTER USER in the database), set it in .env, invoke deploy"
_KEYS = {key for default in DEFAULTS for key in (default.key, *default.pairs)}


@dataclass(frozen=True)
class EnvFile:
    """The file `.env`, and what git would do with it."""

    exists: bool = False
    mode: int = 0o600
    unreadable: str = ""
    problems: tuple[str, ...] = ()
    tracked: bool = False
    exposed: tuple[str, ...] | None = ()
    """What git would take in and should not; None where no git repository is."""


def look_at_env(space: Space) -> EnvFile | None:
    """Look at the file and ask git; None without a workspace."""
    if space.root is None:
        return None
    place = space.root / ".env"
    tracked, exposed = False, None
    if process.is_installed("git"):
        tracked = git.is_tracked(space.root, ".env")
        exposed = git.not_ignored(space.root, _ours(space.root, space))
    try:
        mode = stat.S_IMODE(place.stat().st_mode)
        problems = [str(problem) for problem in env.faults(".env", read_user_env(place))]
    except FileNotFoundError:
        return EnvFile(tracked=tracked, exposed=exposed)
    except ConfigError as error:
        problems = [str(problem) for problem in error.problems]
    except (DifyKitError, OSError) as error:
        return EnvFile(exists=True, unreadable=str(error), tracked=tracked, exposed=exposed)
    return EnvFile(exists=True, mode=mode, problems=tuple(problems), tracked=tracked, exposed=exposed)


def _ours(root: Path, space: Space) -> tuple[str, ...]:
    """What git should not take in: secrets, what is derived, and the data folder where it is inside the workspace."""
    data = space.data
    inside = data is not None and data != root and data.is_relative_to(root)
    return (".env", ".difykit/", *([f"{data.relative_to(root).as_posix()}/"] if data and inside else []))


def env_said(found: EnvFile | None) -> list[Said]:
    """`.env` is readable for Compose, closed to others and outside git."""
    if found is None:
        return [skip("no workspace")]
    said = []
    if found.unreadable:
        said.append(fail(found.unreadable, "give it to your user: sudo chown $(id -u) .env"))
    if found.problems:
        said.append(fail("\n".join([".env cannot be used", *found.problems]), "correct the lines it names"))
    if found.exists and found.mode & 0o077:
        text = f".env can be read by others on this machine (mode {found.mode:04o})"
        said.append(warn(text, "chmod 600 .env"))
    if found.tracked:
        text = "git tracks .env: its secrets go wherever the repository goes"
        said.append(fail(text, "git rm --cached .env, then change every secret in it"))
    # A tracked file counts as not ignored, whatever .gitignore says.
    exposed = [name for name in found.exposed or () if not (found.tracked and name == ".env")]
    if exposed:
        lines = r"\n".join(f"/{name}" for name in exposed)
        said.append(warn(f"git does not ignore {', '.join(exposed)}", rf"printf '{lines}\n' >> .gitignore"))
    there = "no .env yet, the first deploy makes one" if not found.exists else f".env, mode {found.mode:04o}"
    return said or [ok(f"{there}; " + ("no git repository here" if found.exposed is None else "git ignores it"))]


@dataclass(frozen=True)
class Secrets:
    """Where Dify's public secrets are in use: (origin, key). `known` is False while no source tells their values."""

    known: bool = False
    deployed: bool = False
    yours: tuple[tuple[str, str], ...] = ()
    live: tuple[str, ...] = ()


def look_at_secrets(space: Space) -> Secrets | None:
    """Compare everyone's values with the release's own; None without a workspace."""
    if space.root is None:
        return None
    if space.source is None:
        return Secrets()
    public = default_secrets(space.source / layout.DOCKER)
    layers = [
        *((f"overlay {overlay.name}", _plain(overlay.manifest)) for overlay in space.overlays),
        ("difykit.yaml", dict(space.settings.env)),
        (".env", values(space.root / ".env")),
    ]
    yours = tuple((origin, key) for origin, given in layers for key in in_use(public, given))
    live = _running(public, values(space.live / ".env")) if space.live else ()
    return Secrets(known=True, deployed=space.live is not None, yours=yours, live=live)


def _plain(manifest: OverlayManifest) -> dict[str, str]:
    """Settings of one value whatever the release; a secret is never one that differs by release."""
    return {key: value for key, value in manifest.env.items() if isinstance(value, str)}


def _running(public: Mapping[str, Iterable[str]], given: Mapping[str, str]) -> tuple[str, ...]:
    """The public secrets in a whole env file, less those of stores that its profiles do not start."""
    on = {given.get(key, "") for key in (keys.VECTOR_STORE, keys.DB_TYPE)} | profiles(given)
    idle = {
        key
        for default in DEFAULTS
        if default.services and not set(default.services) & on
        for key in (default.key, *default.pairs)
    }
    return tuple(key for key in in_use(public, given) if key not in idle)


def values(place: Path) -> dict[str, str]:
    """The plain values of an env file, later ones winning; none of a file that cannot be read."""
    try:
        text = (pipes.read_env(place) or b"").decode("utf-8", "replace")
    except OSError:
        return {}
    raw = {found.key: env.decode(found.raw) for found in env.assignments(text)}
    return {key: value for key, value in raw.items() if value is not None}


def default_secrets(docker: Path) -> dict[str, set[str]]:
    """Every value that the release itself gives to one of the secrets, in its Compose file or its env examples."""
    found: dict[str, set[str]] = {key: set() for key in _KEYS}
    for place in (docker / layout.EXAMPLE, *sorted(docker.glob("envs/**/*.env.example"))):
        for key, value in values(place).items():
            if key in found and value:
                found[key].add(value)
    try:
        compose = files.read_text(docker / layout.in_docker(layout.COMPOSE_FILE), errors="replace")
    except OSError:
        compose = ""
    for key, value in re.findall(r"\$\{(\w+):?-([^{}$\s]+)\}", compose):
        if key in found:
            found[key].add(value)
    return found


def in_use(public: Mapping[str, Iterable[str]], given: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of `given` that hold a public secret, as their value or as the password in their URL."""
    found = {key for key, value in given.items() if value and value in public.get(key, ())}
    for default in DEFAULTS:
        for url in default.urls:
            if any(f":{value}@" in given.get(url, "") for value in public.get(default.key, ())):
                found.add(url)
    return tuple(sorted(found))


def secrets_said(secrets: Secrets | None) -> list[Said]:
    """Nothing that everyone knows protects this Dify."""
    if secrets is None:
        return [skip("no workspace")]
    if not secrets.known:
        return [skip("the public ones are read from the source, which is not here yet", "invoke sync")]
    said = []
    if secrets.live:
        said.append(warn(f"what was deployed uses Dify's public defaults for {', '.join(secrets.live)}", _ROTATE))
    for origin in dict.fromkeys(origin for origin, _ in secrets.yours):
        names = [key for place, key in secrets.yours if place == origin and key not in secrets.live]
        if names:
            mend = _ROTATE if secrets.deployed else f"take them out of {origin}: the first deploy makes new ones"
            said.append(warn(f"{origin} sets {', '.join(names)} to what Dify ships for everyone", mend))
    return said or [ok("none of Dify's public defaults is set")]
