"""Secrets in use as the pinned release ships them, of the source and the env files as they lie on the disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from difykit.core import files, yaml
from difykit.core.errors import ConfigError, Unreadable
from difykit.dify import default_secrets, keys, layout
from difykit.release import compose
from difykit.release.secrets import (
    ReleaseFiles,
    SecretUse,
    Verdict,
    config_words,
    judge,
    release_files,
    shipped_secrets,
)
from difykit.workspace import dotenv


def files_of(source: Path) -> ReleaseFiles | None:
    """What the source says of secrets; None where its Compose file cannot be read, which other checks tell."""
    docker = source / layout.DOCKER
    texts = {path.relative_to(docker).as_posix(): _text(path) for path in _examples(docker)}
    try:
        upstream = yaml.load(layout.COMPOSE_FILE, _text(source / layout.COMPOSE_FILE)).value
    except ConfigError:
        return None
    if not isinstance(upstream, dict) or not isinstance(upstream.get("services"), dict):
        return None
    configs = (source / layout.CONFIGS).rglob("*.py")
    words = config_words((path.relative_to(source).as_posix(), _text(path)) for path in sorted(configs))
    return release_files(upstream, texts, words)


def _examples(docker: Path) -> Iterator[Path]:
    yield docker / layout.EXAMPLE
    yield from sorted(docker.glob("envs/**/*.env.example"))


def _text(path: Path) -> str:
    try:
        return files.read_text(path, errors="replace")
    except (OSError, Unreadable):
        return ""


def unheard(files: ReleaseFiles, own: Mapping[str, str], removed: frozenset[str]) -> tuple[SecretUse, ...]:
    """The shipped secrets in use that nobody replaced and that difykit does not make, with these settings."""
    example = files.examples.get(layout.EXAMPLE, "")
    values = dotenv.values(dotenv.set_values(example, own))
    running = compose.active(files.services, compose.profiles(values)) - removed
    table = default_secrets.table(values.get(keys.DB_TYPE, ""))
    made = {
        key
        for default in table
        if not default.services or set(default.services) & running
        for key in (*default.names, *default.urls)
    }
    changed = {key for key, value in own.items() if value and value not in _public(files, key)}
    uses = judge(files, running, values, made | changed)
    return tuple(use for use in uses if use.verdict in {Verdict.UNHEARD, Verdict.OUTSIDE})


def _public(files: ReleaseFiles, key: str) -> set[str]:
    return {secret.value for secret in shipped_secrets(files) if secret.key == key}


def empty_ones(files: ReleaseFiles, live: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The secrets that the live release runs without, each with what that means."""
    running = compose.active(files.services, compose.profiles(live))
    known = compose.interpolated(dict(files.compose)) | live.keys()
    return tuple(
        (default.key, default.empty)
        for default in default_secrets.for_release(default_secrets.DEFAULTS, known)
        if default.empty and default.fleeting and set(default.services) & running
        if not any(live.get(key) for key in default.names)
    )
