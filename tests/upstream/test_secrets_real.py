"""Real Dify releases: no secret that a release ships is in use without being replaced or told.

Computed of each release's own files; nothing here names a setting but those that say which services run.
"""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from packaging.version import Version

from difykit.core import yaml
from difykit.dify.default_secrets import fixed
from difykit.git import Store
from difykit.release import compose
from difykit.release.render import RenderInputs
from difykit.release.render.environment import plan_environment
from difykit.release.secrets import Verdict, config_words
from difykit.workspace import dotenv, state
from tests.support.real_render import PLACE

PRIVATE = re.compile(r"(?i)passw|_pwd|secret|token|credential|(?:^|_)(?:api_?key|key)(?:_for_\w+)?$|allowed_keys")
PUBLIC_NAME = re.compile(r"(?i).*(?:expiry|expire|timeout|_length|limit|site_key|_id|_enabled|max_|tokeniz).*")


def all_releases() -> list[str]:
    """Every release of the repository, and what is newer than the last."""
    if not PLACE:
        return []
    shown = subprocess.run(["git", "-C", PLACE, "tag"], check=True, capture_output=True, text=True).stdout.split()
    tags = [tag for tag in shown if re.fullmatch(r"\d+\.\d+\.\d+", tag)]
    heads = subprocess.run(["git", "-C", PLACE, "branch", "--list", "main"], check=True, capture_output=True, text=True)
    return [*sorted(tags, key=Version), *(["main"] if heads.stdout else [])]


RELEASES = all_releases()
pytestmark = pytest.mark.skipif(not RELEASES, reason="DIFYKIT_UPSTREAM names no repository with Dify's releases")


@cache
def read_inputs(release: str) -> tuple[RenderInputs, dict[str, object]]:
    """A new workspace on this release, and its Compose file."""
    with Store(Path(PLACE)) as store:
        tree = store.tree(release)
        blobs = {path.removeprefix("docker/"): tree.read(path) for path in tree.under("docker")}
        words = config_words((path, tree.text(path)) for path in tree.under("api/configs") if path.endswith(".py"))
    docker = {path: blob for path, blob in blobs.items() if blob}
    inputs = RenderInputs(
        source=state.Source(release=release, base="b" * 40, commit="c" * 40, layers=()),
        images=(),
        docker=docker,
        added=frozenset(),
        own_ping=False,
        overlays=(),
        settings_env={},
        user_env="",
        project="dify",
        data=Path("/srv/data/volumes"),
        used=False,
        configs=words,
    )
    upstream = yaml.load("x", docker["docker-compose.yaml"][1].decode()).value
    return inputs, upstream


def with_made(inputs: RenderInputs, upstream: dict[str, object]) -> RenderInputs:
    """The same once its secrets are made."""
    made = plan_environment(inputs, upstream).generate
    return replace(inputs, user_env=dotenv.with_made(inputs.user_env, made))


def containers(inputs: RenderInputs, upstream: dict[str, object]) -> Iterator[tuple[str, str, str, str]]:
    """What each running service gets: its name, the variable, the value, and what a release without difykit gives."""
    environment = plan_environment(inputs, upstream)
    example = dotenv.values(inputs.docker[".env.example"][1].decode())
    rooms = {
        f"./{name.removesuffix('.example')}": dotenv.values(blob[1].decode())
        for name, blob in inputs.docker.items()
        if name.endswith(".env.example")
    }
    for service in environment.running:
        body = upstream["services"][service]  # type: ignore[index]
        files = body.get("env_file") or []
        paths = [
            entry["path"] if isinstance(entry, dict) else entry
            for entry in (files if isinstance(files, list) else [files])
        ]
        given: dict[str, str] = {}
        shipped: dict[str, str] = {}
        for path in paths:
            own = path in {"./.env", ".env"}
            given |= environment.values if own else rooms.get(path, {})
            shipped |= example if own else rooms.get(path, {})
        for key, text in compose.environment(body).items():
            if isinstance(text, str):
                given[key] = compose.interpolate(text, environment.values)
                shipped[key] = compose.interpolate(text, example)
        for key, value in given.items():
            yield service, key, value, shipped.get(key, "")


@pytest.mark.parametrize("release", RELEASES)
def test_no_container_has_a_secret_that_everyone_has_unless_it_is_told(release: str) -> None:
    inputs, upstream = read_inputs(release)
    settled = with_made(inputs, upstream)
    environment = plan_environment(settled, upstream)
    told = {use.secret.key for use in environment.uses if use.verdict in {Verdict.UNHEARD, Verdict.OUTSIDE}}
    idle = {use.secret.key for use in environment.uses if use.verdict in {Verdict.IDLE, Verdict.PLACEHOLDER}}
    public = {
        f"{service}: {key}"
        for service, key, value, shipped in containers(settled, upstream)
        if PRIVATE.search(key) and not PUBLIC_NAME.fullmatch(key)
        if value and value == shipped and not re.fullmatch(r"true|false|\d{1,4}|https?://\S+", value)
        if key not in told | idle
    }
    assert public == set()
    assert told == set()  # nothing of today's releases is unheard of; what a later one adds is seen here


@pytest.mark.parametrize("release", RELEASES)
def test_every_store_s_secret_is_made_or_told(release: str) -> None:
    inputs, upstream = read_inputs(release)
    bodies = upstream["services"].values()  # type: ignore[attr-defined]
    profiles = sorted({name for body in bodies for name in body.get("profiles") or ()})
    env = f"VECTOR_STORE=relyt\nCOMPOSE_PROFILES={','.join(profiles)}\n"
    environment = plan_environment(with_made(replace(inputs, user_env=env), upstream), upstream)
    keys = {verdict: [use.secret.key for use in environment.uses if use.verdict is verdict] for verdict in Verdict}
    assert keys[Verdict.UNHEARD] == []
    assert keys[Verdict.OUTSIDE] == ["RELYT_PASSWORD"]
    warnings = " ".join(environment.warnings)
    assert all(f"{name} has a password that everyone knows" in warnings for name in fixed(environment.running))
    assert "RELYT_PASSWORD (docker/" in warnings


@pytest.mark.parametrize("release", RELEASES)
def test_a_secret_that_is_empty_is_made_where_somebody_would_invent_one(release: str) -> None:
    inputs, upstream = read_inputs(release)
    environment = plan_environment(with_made(inputs, upstream), upstream)
    assert environment.values["SECRET_KEY"]
    tokens = [
        compose.interpolate(text, environment.values)
        for service in environment.running
        for key, text in compose.environment(upstream["services"][service]).items()  # type: ignore[index]
        if key.endswith("AUTH_TOKEN") and isinstance(text, str)
    ]
    assert all(tokens)
    assert len({*tokens}) <= 1
    assert ("local_sandbox" in environment.running) is bool(tokens)


def test_the_key_of_the_agents_server_is_what_that_server_takes() -> None:
    newest = [release for release in RELEASES if release == "main" or release.startswith("1.16")]
    for release in newest:
        inputs, upstream = read_inputs(release)
        key = plan_environment(with_made(inputs, upstream), upstream).values["DIFY_AGENT_SERVER_SECRET_KEY"]
        assert len(key) == 43
        assert len(base64.urlsafe_b64decode(key + "=")) == 32
