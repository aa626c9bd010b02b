"""The user's `.env`: it can be read, nobody else reads it, and it holds none of Dify's public secrets.

No value of it leaves this module.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from difykit import git
from difykit.checks.finding import Finding, NotJudged, error, not_judged, ok, warning
from difykit.checks.workspace import shipped
from difykit.checks.workspace.space import Space, text_of
from difykit.core import fifos, process
from difykit.core.errors import ConfigError, DifyKitError
from difykit.dify import keys, layout
from difykit.dify.default_secrets import DEFAULTS, was_public
from difykit.release.compose import profiles
from difykit.workspace import dotenv
from difykit.workspace.manifest import OverlayManifest, read_user_env

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
    lost: bool = False
    """Whether there is none beside data that has been used."""
    live: bool = False
    """Whether a live release folder says what that data was used with."""


def look_at_env(space: Space) -> EnvFile:
    """Look at the file and ask git. Raises NotJudged without a workspace."""
    root = space.folder
    path = root / ".env"
    tracked, exposed = False, None
    if process.is_installed("git"):
        tracked = git.is_tracked(root, ".env")
        exposed = git.not_ignored(root, _ours(root, space))
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        problems = [str(problem) for problem in dotenv.faults(".env", read_user_env(path))]
    except FileNotFoundError:
        lost = space.workspace is not None and space.workspace.used
        return EnvFile(tracked=tracked, exposed=exposed, lost=lost, live=space.live is not None)
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


def judge_env(env_file: EnvFile) -> list[Finding]:
    """`.env` is readable for Compose, closed to others and outside git."""
    findings = []
    if env_file.unreadable:
        findings.append(error(env_file.unreadable, "give it to your user: sudo chown $(id -u) .env"))
    if env_file.lost and env_file.live:
        text = (
            "there is no .env beside data that has been used; the next render takes its secrets from the live release"
        )
        findings.append(warning(text, "difykit render"))
    elif env_file.lost:
        text = "there is no .env beside data that has been used, and no live release: nothing is deployed without it"
        findings.append(error(text, "bring .env from where this data was used"))
    if env_file.problems:
        findings.append(error("\n".join([".env cannot be used", *env_file.problems]), "correct the lines it names"))
    if env_file.exists and env_file.mode & 0o077:
        text = f".env can be read by others on this machine (mode {env_file.mode:04o})"
        findings.append(warning(text, "chmod 600 .env"))
    if env_file.tracked:
        text = "git tracks .env: its secrets go wherever the repository goes"
        findings.append(error(text, "git rm --cached .env, then change every secret in it"))
    # A tracked file counts as not ignored, whatever .gitignore says.
    exposed = [name for name in env_file.exposed or () if not (env_file.tracked and name == ".env")]
    if exposed:
        lines = r"\n".join(f"/{name}" for name in exposed)
        findings.append(warning(f"git does not ignore {', '.join(exposed)}", rf"printf '{lines}\n' >> .gitignore"))
    state = "no .env yet, the first deploy makes one" if not env_file.exists else f".env, mode {env_file.mode:04o}"
    return findings or [ok(f"{state}; " + ("no git repository here" if env_file.exposed is None else "git ignores it"))]


@dataclass(frozen=True)
class Secrets:
    """Where Dify's public secrets are in use: (origin, key)."""

    deployed: bool = False
    yours: tuple[tuple[str, str], ...] = ()
    live: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    """What else is known of secrets that everyone knows, or that are empty: the words, and what mends it."""


def look_at_secrets(space: Space) -> Secrets:
    """Compare everyone's values with the release's own. Raises NotJudged without a workspace, or without a source."""
    root = space.folder
    if space.source is None:
        raise NotJudged("the public ones are read from the source, which is not here yet", "invoke sync")
    public = default_secrets(space.source / layout.DOCKER)
    layers = [
        *((f"overlay {overlay.name}", _plain(overlay.manifest)) for overlay in space.overlays),
        ("difykit.yaml", dict(space.settings.env)),
        (".env", values(root / ".env")),
    ]
    yours = tuple((origin, key) for origin, settings in layers for key in in_use(public, settings))
    live = _running(public, values(space.live / ".env")) if space.live else ()
    paths = [folder / ".env" for folder in (root, space.live) if folder]
    unreadable = tuple(str(path) for path in paths if _is_closed(path))
    others = tuple(dict.fromkeys(_others(space, dict(pair for _, settings in layers for pair in settings.items()))))
    return Secrets(deployed=space.live is not None, yours=yours, live=live, unreadable=unreadable, others=others)


def _others(space: Space, own: dict[str, str]) -> Iterator[tuple[str, str]]:
    files = shipped.files_of(space.source) if space.source else None
    if files is None:
        return
    removed = frozenset(name for part in space.overlays for name in _removed(part.manifest))
    for use in shipped.unheard(files, own, removed):
        yield f"{use.secret.key} ({use.secret.where}) {use.words}", use.hint
    for key, value in own.items():
        if was_public(key, value):
            yield f"{key} is what an earlier Dify shipped for everyone", _ROTATE
    for key, why in shipped.empty_ones(files, values(space.live / ".env")) if space.live else ():
        yield f"what was deployed has an empty {key}: {why}", "invoke render deploy, which makes one"


def _removed(manifest: OverlayManifest) -> Iterator[str]:
    for removal in manifest.compose.removals:
        yield from removal.names


def _is_closed(path: Path) -> bool:
    try:
        fifos.read_env(path)
    except OSError:
        return True
    return False


def _plain(manifest: OverlayManifest) -> dict[str, str]:
    """Settings of one value whatever the release; a secret is never one that differs by release."""
    return {key: value for key, value in manifest.env.items() if isinstance(value, str)}


def _running(public: Mapping[str, Iterable[str]], settings: Mapping[str, str]) -> tuple[str, ...]:
    """The public secrets in a whole env file, less those of stores that its profiles do not start."""
    on = {settings.get(key, "") for key in (keys.VECTOR_STORE, keys.DB_TYPE)} | profiles(settings)
    idle = {
        key
        for default in DEFAULTS
        if default.services and not set(default.services) & on
        for key in (default.key, *default.pairs)
    }
    return tuple(key for key in in_use(public, settings) if key not in idle)


def values(path: Path) -> dict[str, str]:
    """The plain values of an env file, later ones winning; none of a file that cannot be read."""
    try:
        text = (fifos.read_env(path) or b"").decode("utf-8", "replace")
    except OSError:
        return {}
    raw = {assignment.key: dotenv.decode(assignment.raw) for assignment in dotenv.assignments(text)}
    return {key: value for key, value in raw.items() if value is not None}


def default_secrets(docker: Path) -> dict[str, set[str]]:
    """Every value that the release itself gives to one of the secrets, in its Compose file or its env examples."""
    secrets: dict[str, set[str]] = {key: set() for key in _KEYS}
    for path in (docker / layout.EXAMPLE, *sorted(docker.glob("envs/**/*.env.example"))):
        for key, value in values(path).items():
            if key in secrets and value:
                secrets[key].add(value)
    compose = text_of(docker / layout.in_docker(layout.COMPOSE_FILE))
    for key, value in re.findall(r"\$\{(\w+):?-([^{}$\s]+)\}", compose):
        if key in secrets:
            secrets[key].add(value)
    return secrets


def in_use(public: Mapping[str, Iterable[str]], settings: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of `given` that hold a public secret, as their value or as the password in their URL."""
    keys = {key for key, value in settings.items() if value and value in public.get(key, ())}
    for default in DEFAULTS:
        for url in default.urls:
            if any(f":{value}@" in settings.get(url, "") for value in public.get(default.key, ())):
                keys.add(url)
    return tuple(sorted(keys))


def judge_secrets(secrets: Secrets) -> list[Finding]:
    """Nothing that everyone knows protects this Dify."""
    findings = []
    if secrets.live:
        findings.append(
            warning(f"what was deployed uses Dify's public defaults for {', '.join(secrets.live)}", _ROTATE)
        )
    for origin in dict.fromkeys(origin for origin, _ in secrets.yours):
        names = [key for source, key in secrets.yours if source == origin and key not in secrets.live]
        if names:
            hint = _ROTATE if secrets.deployed else f"take them out of {origin}: the first deploy makes new ones"
            findings.append(warning(f"{origin} sets {', '.join(names)} to what Dify ships for everyone", hint))
    findings += [warning(text, hint) for text, hint in secrets.others]
    findings += [not_judged(f"{path} cannot be read") for path in secrets.unreadable]
    return findings or [ok("none of Dify's public defaults is set")]
