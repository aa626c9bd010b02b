"""Release folders of real Dify releases, made from `DIFYKIT_UPSTREAM`, and what Compose reads in them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from packaging.version import Version

from difykit.core.files import write
from difykit.dify.default_secrets import DEFAULTS
from difykit.dify.entrypoints import SCRIPTS
from difykit.git import Store, text_of
from difykit.release.render import OverlayPart, RenderInputs, RenderPlan, list_defaults, plan_render
from difykit.release.secrets import config_words
from difykit.source.migrations import DIFY, read_chain
from difykit.source.wiring.gateway import wire_gateway
from difykit.workspace import dotenv, state
from difykit.workspace.manifest import OverlayManifest

PLACE = os.environ.get("DIFYKIT_UPSTREAM", "").removeprefix("file://")
API, WEB = "dify-api-custom:1-a", "dify-web-custom:1-b"
IMAGES = (
    state.Image(name="api", replaces="langgenius/dify-api", strategy="layer", reference=API, image_id="sha256:a"),
    state.Image(name="web", replaces="langgenius/dify-web", strategy="source", reference=WEB, image_id="sha256:b"),
)
ROUTED = OverlayManifest.model_validate(
    {"version": 1, "description": "d", "gateway": {"routes": [{"path": "/custom-endpoint", "to": "api"}]}}
)
TEMPLATE = "nginx/conf.d/default.conf.template"


def releases() -> list[str]:
    """The releases of the repository, from 1.0.0 on."""
    if not PLACE:
        return []
    shown = subprocess.run(["git", "-C", PLACE, "tag"], check=True, capture_output=True, text=True).stdout.split()
    found = [tag for tag in shown if re.fullmatch(r"\d+\.\d+\.\d+", tag)]
    return sorted((tag for tag in found if Version("1.0") <= Version(tag) < Version("2")), key=Version)


@cache
def read_docker(release: str) -> tuple[dict[str, tuple[str, bytes]], bool, tuple[str, ...]]:
    """The files below docker/ of a release, whether it has its own light ping, and where its migrations end."""
    with Store(Path(PLACE)) as store:
        tree = store.tree(release)
        blobs = {path.removeprefix("docker/"): tree.read(path) for path in tree.under("docker")}
        own_ping = "api/celery_healthcheck.py" in tree.entries
        return {path: blob for path, blob in blobs.items() if blob}, own_ping, read_chain(tree, DIFY).heads


@cache
def read_configs(release: str) -> dict[str, frozenset[str]]:
    """The words of a release's config classes that can be a secret's name."""
    with Store(Path(PLACE)) as store:
        tree = store.tree(release)
        return config_words((path, tree.text(path)) for path in tree.under("api/configs") if path.endswith(".py"))


@cache
def read_scripts(release: str) -> tuple[dict[str, str], dict[str, str]]:
    """The scripts that start Dify's own images, by image; and the lists of a release."""
    with Store(Path(PLACE)) as store:
        tree = store.tree(release)
        scripts = {image: text_of(tree.read(path)) for image, path in SCRIPTS.items()}
        return scripts, dict(list_defaults(tree))


def make_inputs(release: str, data: Path, **changes: Any) -> RenderInputs:
    """The inputs of a workspace with one route and no settings of its own."""
    docker, own_ping, heads = read_docker(release)
    routed = wire_gateway(docker[TEMPLATE][1].decode(), [("hello", ROUTED.gateway.routes[0])])
    given: dict[str, Any] = {
        "source": state.Source(release=release, base="b" * 40, commit="c" * 40, layers=()),
        "images": IMAGES,
        "docker": docker | {TEMPLATE: ("100644", routed.encode())},
        "added": frozenset(),
        "own_ping": own_ping,
        "overlays": (OverlayPart("hello", ROUTED, {}),),
        "settings_env": {},
        "user_env": "",
        "project": "dify",
        "data": data,
        "used": False,
        "migrations": heads,
        "configs": read_configs(release),
        "scripts": read_scripts(release)[0],
        "lists": read_scripts(release)[1],
    }
    return RenderInputs(**given | changes)


def settled(inputs: RenderInputs) -> str:
    """The user's `.env` once it holds every secret that `inputs` lack."""
    formed = {key for default in DEFAULTS if default.form for key in default.names}
    made = {key: dotenv.generate(key=key) if key in formed else f"made-{key}" for key in plan_render(inputs).generate}
    return dotenv.set_values(inputs.user_env, made)


def write_plan(plan: RenderPlan, folder: Path) -> Path:
    """The release folder, written."""
    for name, (mode, content) in plan.files.items():
        write(folder / name, content, mode=mode)
    return folder


def write_upstream(inputs: RenderInputs, folder: Path) -> Path:
    """A folder as Dify's own guide has it made, with all env files."""
    for name, (_, content) in inputs.docker.items():
        write(folder / name, content)
        if name.endswith(".env.example"):
            write(folder / name.removesuffix(".example"), content)
    return folder


def config(file: Path, *profiles: str) -> dict[str, Any]:
    """What Compose makes of a file, read from another folder and with a clean environment; it may warn of nothing."""
    argv = ["docker", "compose", "-f", str(file)]
    argv += [word for profile in profiles for word in ("--profile", profile)]
    clean = {key: os.environ[key] for key in ("PATH", "HOME", "DOCKER_HOST") if key in os.environ}
    done = subprocess.run([*argv, "config", "--format", "json"], cwd="/", env=clean, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found
