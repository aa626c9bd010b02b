"""What an existing deployment is: its release, its settings, and what Compose makes of its files; only read."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from difykit import docker as engine
from difykit.core import files
from difykit.core.errors import CommandFailed, DifyKitError
from difykit.core.progress import Progress
from difykit.dify import layout
from difykit.git import Store, Tree, fetch_release
from difykit.release import compose
from difykit.release.compose import API, WEB
from difykit.workspace import dotenv
from difykit.workspace.manifest import read_text
from difykit.workspace.workspace import Workspace

COMPOSE = layout.in_docker(layout.COMPOSE_FILE)
_LARGEST = 256 * 1024


@dataclass(frozen=True)
class Old:
    """A deployment beside the release that it is of."""

    folder: Path
    project: str
    release: str
    model: Mapping[str, Any]
    """What Compose makes of its files, variables left in."""
    upstream: Mapping[str, Any]
    """The same of the release's own file, with the deployment's env files."""
    docker: Mapping[str, bytes]
    """The release's files below docker/, without docker/."""
    env: str
    envs: Mapping[str, str]
    """Its further env files by their place in the folder."""
    changed: Mapping[str, bytes]
    """Its other files that differ from the release's, or stand beside those."""
    running: Mapping[str, str] | None
    """Services that run, with their images; None where no engine answers, so that nobody knows."""


def read(workspace: Workspace, path: Path, release: str, progress: Progress) -> Old:
    """Read the deployment in `path`; its release is found by its images where `release` is empty.

    Raises DifyKitError when it is no Dify deployment, its release cannot be told, or upstream does not have it.
    """
    folder = _folder(path)
    text = read_text(folder / ".env", str(folder / ".env")) if (folder / ".env").is_file() else ""
    if faults := dotenv.faults(".env", text):
        raise DifyKitError(
            f"Compose cannot read {folder}/.env: " + "; ".join(f"line {fault.line} {fault.text}" for fault in faults),
            hint="mend these lines; the deployment does not start as it is either",
        )
    model = _model(folder)
    values = dotenv.values(text)
    chosen_release = release or _release(model, values, folder)
    with Store(workspace.store) as store:
        store.ensure()
        url = workspace.settings.upstream.url
        with progress.step(f"fetch Dify {chosen_release} from {url}"):
            again = "name the release that runs: --release {}"
            commit = store.release(chosen_release)
            tree = store.tree(commit or fetch_release(store, url, chosen_release, progress.line, again=again))
        docker = _docker(tree, chosen_release)
    envs = _envs(folder)
    project, running = _project(folder, model, values)
    return Old(
        folder=folder,
        project=project,
        release=chosen_release,
        model=model,
        upstream=_upstream_model(docker, text, envs),
        docker=docker,
        env=text,
        envs=envs,
        changed=_changed(folder, docker),
        running=running,
    )


def _folder(path: Path) -> Path:
    for folder in (path, path / layout.DOCKER):
        if any((folder / name).is_file() for name in (COMPOSE, "docker-compose.yml", "compose.yaml")):
            return folder.resolve()
    raise DifyKitError(
        f"{path} holds no docker-compose.yaml",
        hint="name the folder that docker compose was run in, such as dify/docker",
    )


def _model(folder: Path) -> dict[str, Any]:
    try:
        return engine.compose_model(folder)
    except CommandFailed as error:
        output_lines = error.output.strip().splitlines()
        raise DifyKitError(
            f"Compose does not read {folder}: {output_lines[-1] if output_lines else 'it says nothing'}",
            hint=f"cd {folder} && docker compose config says more",
        ) from error


def _release(model: Mapping[str, Any], values: Mapping[str, str], folder: Path) -> str:
    tags: dict[str, list[str]] = {}
    for name, service in model["services"].items():
        image = compose.interpolate(str(service.get("image", "")), values)
        if compose.repository(image) in {API, WEB} and ":" in image.rpartition("/")[2]:
            tags.setdefault(image.split("@")[0].rpartition(":")[2], []).append(name)
    if len(tags) == 1:
        return next(iter(tags))
    command = f"difykit adopt.deployment {folder} --release 1.8.1"
    if not tags:
        raise DifyKitError(f"no service of {folder} runs {API} or {WEB}, so its release cannot be told", hint=command)
    shown = "; ".join(f"{tag}: {', '.join(sorted(names))}" for tag, names in sorted(tags.items()))
    raise DifyKitError(f"the services of {folder} are of more than one release: {shown}", hint=command)


def _docker(tree: Tree, release: str) -> dict[str, bytes]:
    blobs = {layout.in_docker(path): blob for path in tree.under(layout.DOCKER) if (blob := tree.read(path))}
    if COMPOSE not in blobs:
        raise DifyKitError(f"Dify {release} has no docker/{COMPOSE}", hint="is --release a Dify release from 1.0.0 on?")
    return {path: content for path, (mode, content) in blobs.items() if mode.startswith("100")}


def _envs(folder: Path) -> dict[str, str]:
    envs_folder = folder / "envs"
    names = sorted(path for path in envs_folder.rglob("*.env") if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): read_text(path, str(path)) for path in names}


def _upstream_model(docker: Mapping[str, bytes], text: str, envs: Mapping[str, str]) -> dict[str, Any]:
    """The release's own file, in a folder with the deployment's env files: so that only edits are a difference."""
    with tempfile.TemporaryDirectory(prefix="difykit-adopt-") as name:
        docker_folder = Path(name) / layout.DOCKER
        keys = [line.key for line in dotenv.assignments(text)]
        own = [key for key in keys if key.startswith("COMPOSE_") and key != "COMPOSE_PROFILES"]
        files.write(docker_folder / ".env", dotenv.without(text, own), mode=0o600)
        files.write(docker_folder / COMPOSE, docker[COMPOSE])
        for path, content in envs.items():
            files.write(docker_folder / path, content, mode=0o600)
        return engine.compose_model(docker_folder)


def _changed(folder: Path, docker: Mapping[str, bytes]) -> dict[str, bytes]:
    """Configuration that differs from the release's, and files in folders that the release has configuration in."""
    tops = {path.partition("/")[0] for path in docker if "/" in path} - {"volumes", "envs"}
    changed: dict[str, bytes] = {}
    for top in sorted(tops):
        for base, folders, names in os.walk(folder / top):
            folders[:] = [subfolder for subfolder in folders if not (Path(base) / subfolder).is_symlink()]
            for file_name in names:
                path = Path(base) / file_name
                name = path.relative_to(folder).as_posix()
                if path.is_symlink() or not path.is_file() or name.endswith((".env", layout.EXAMPLE)):
                    continue
                if path.stat().st_size <= _LARGEST and (
                    content := files.read_bytes(path, limit=files.TREE)
                ) != docker.get(name):
                    changed[name] = content
    return changed


def _project(folder: Path, model: Mapping[str, Any], values: Mapping[str, str]) -> tuple[str, dict[str, str] | None]:
    """The project's name as Compose has it, better still as the engine has it, and what runs of it if that answers."""
    usual = re.sub(r"^[_-]+", "", re.sub(r"[^a-z0-9_-]", "", folder.name.lower()))
    name = values.get("COMPOSE_PROJECT_NAME") or str(model.get("name") or usual)
    try:
        for project_name in dict.fromkeys([*engine.projects_of(folder), name]):
            if containers := [
                container
                for container in engine.project_containers(project_name)
                if Path(container.folder or "/") == folder
            ]:
                return project_name, {
                    container.service: container.image for container in containers if container.state == "running"
                }
    except CommandFailed:
        return name, None  # what the files say is all there is
    return name, {}
