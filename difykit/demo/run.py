"""Running the demo: choose a target, make a workspace, sync, build, deploy, look at what answers."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from difykit import docker
from difykit.core import files, loopback
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.demo.upstream import NEWEST, make_upstream, official_images
from difykit.dify import keys, layout, services
from difykit.images.build import build
from difykit.images.definition import pull
from difykit.source.sync import sync
from difykit.targets import deploy, down, target_named, target_of
from difykit.workspace.manifest import TARGETS
from difykit.workspace.workspace import Workspace

OVERLAYS = ("hello-endpoint", "hello-console", "hello-page")
_SETTINGS = """\
version: 1
upstream: {{url: "{url}", ref: {release}}}
overlays: [{overlays}]
env: {{{ports}}}
deploy: {{target: {target}, project: {project}, data: data}}
"""


@dataclass(frozen=True)
class DemoOutcome:
    """What the demo ended with."""

    target: str
    why: str
    url: str
    endpoint: str
    page: str
    button: str
    console: int

    def describe(self) -> dict[str, object]:
        return {
            "target": self.target,
            "why": self.why,
            "url": self.url,
            "GET /custom-endpoint": json.loads(self.endpoint),
            "GET /hello": self.page,
            "GET /signin": self.button,
            "GET /console/api/hello without login": self.console,
        }


def run_demo(folder: Path, progress: Progress, *, target: str, keep: bool) -> DemoOutcome:
    """Run the pipeline in `folder` and return what the endpoint, the page and the changed text answer.

    `target` is compose, process, or auto: compose where an engine can get the images, else process.
    Unless `keep` is set, all that it started is stopped and `folder` is removed.
    """
    target, why = _target(target, progress)
    _forget(folder, progress)
    folder.mkdir(parents=True, exist_ok=True)
    kind = "containers" if target_named(target).uses_engine else "processes"
    progress.ok(f"the miniature Dify {NEWEST} runs as {kind}: {why}")
    workspace = _workspace(folder, target)
    try:
        sync(workspace, progress)
        if target_of(workspace).uses_engine:
            official_images(NEWEST, workspace.derived, progress)
            build(workspace, progress)
        url = deploy(workspace, progress).url
        outcome = _look(target, why, url)
    except BaseException:
        if not keep:
            _forget(folder, progress)
        raise
    if not keep:
        _forget(folder, progress)
    return outcome


def _target(requested: str, progress: Progress) -> tuple[str, str]:
    if requested not in {"auto", *TARGETS}:
        raise DifyKitError(f"there is no target {requested}", hint=f"--target takes auto, {' or '.join(TARGETS)}")
    if requested != "auto":
        if target_named(requested).uses_engine:
            docker.need_engine()
        return requested, "as --target says"
    if reason := docker.available():
        return "process", reason
    for reference in _bases():
        if docker.inspect(reference):
            continue
        try:
            pull(reference, progress)
        except DifyKitError:
            return "process", f"there is a Docker engine, but it cannot get the image {reference}"
    return "compose", "a Docker engine answers"


def _bases() -> list[str]:
    """The public images that the miniature is made from and runs with."""
    root = Path(__file__).resolve().parent / "dify" / NEWEST
    stages = re.findall(
        r"(?m)^FROM (\S+:\S+)",
        "".join(files.read_text(root / part / "Dockerfile") for part in (layout.API, layout.WEB)),
    )
    images = re.findall(r"(?m)^ +image: (\S+)", files.read_text(root / layout.COMPOSE_FILE))
    return sorted({*stages, *(name for name in images if not name.startswith(services.PUBLISHER))})


def _workspace(folder: Path, target: str) -> Workspace:
    make_upstream(folder / "upstream.git")
    settings = _SETTINGS.format(
        url=(folder / "upstream.git").resolve().as_uri(),
        release=NEWEST,
        overlays=", ".join(OVERLAYS),
        ports=", ".join(f"{key}: {loopback.free_port()}" for key in _ports()),
        target=target,
        # Two clones may run the demo side by side.
        project=f"difykit-demo-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:6]}",
    )
    files.write(folder / "difykit.yaml", settings)
    return Workspace.open(folder)


def _ports() -> list[str]:
    """The settings by which the miniature publishes ports; a real Dify publishes two."""
    text = files.read_text(Path(__file__).resolve().parent / "dify" / NEWEST / layout.COMPOSE_FILE)
    return [key for key in (keys.EXPOSE_NGINX_PORT, keys.EXPOSE_NGINX_SSL_PORT) if f"${{{key}" in text]


def _look(target: str, why: str, url: str) -> DemoOutcome:
    endpoint = loopback.get(f"{url}/custom-endpoint", seconds=30)[1]
    if json.loads(endpoint) != {"message": "Hello from custom API!"}:
        raise DifyKitError(f"GET {url}/custom-endpoint answers {endpoint!r}", hint="this is a bug in difykit's demo")
    return DemoOutcome(
        target=target,
        why=why,
        url=url,
        endpoint=endpoint,
        page=_text_of(r"<h1[^>]*>(.*?)</h1>", f"{url}/hello"),
        button=_text_of(r"<button[^>]*>(.*?)</button>", f"{url}/signin"),
        console=loopback.get(f"{url}/console/api/hello", seconds=30)[0],
    )


def _text_of(pattern: str, url: str) -> str:
    text = loopback.get(url, seconds=30)[1]
    match = re.search(pattern, text, re.DOTALL)
    if not match:
        raise DifyKitError(f"GET {url} does not show what the overlay changes", hint="this is a bug in difykit's demo")
    return match[1].strip()


def _forget(folder: Path, progress: Progress) -> None:
    """Stop what an earlier demo left running in `folder`, and remove the folder."""
    if (folder / "difykit.yaml").is_file():
        workspace = Workspace.open(folder)
        down(workspace, progress)
        # Whoever looked at a demo that was left running may have set another folder since: that one is theirs.
        if target_of(workspace).uses_engine and workspace.data.is_relative_to(folder.resolve()):
            docker.remove_tree(workspace.data)
    if folder.exists():
        shutil.rmtree(folder)
