"""The bundled middleware of a release, for those who run api from source: its files, read and made to fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from difykit.core import yaml
from difykit.core.errors import DifyKitError
from difykit.dify import containers, layout
from difykit.git import Blob, Store, text_of
from difykit.middleware.inputs import project_of, read_env
from difykit.release import compose
from difykit.workspace import dotenv
from difykit.workspace.state import need_source
from difykit.workspace.workspace import Workspace

FILE = layout.in_docker(layout.MIDDLEWARE_COMPOSE)
_EXAMPLES = tuple(map(layout.in_docker, layout.MIDDLEWARE_EXAMPLES))
_HOST = "host.docker.internal"


@dataclass(frozen=True)
class Bundled:
    """Everything that decides what `middleware.dev` writes."""

    release: str
    docker: Mapping[str, Blob]
    """The source's files below `docker/`, without `docker/`."""
    upstream: Mapping[str, Any]
    """The release's Compose file of the middleware."""
    example: str
    api_example: str
    api_env: str | None
    """The source's `api/.env`, if there is one."""
    own_env: str
    """The secrets that its data was begun with, as an env file."""
    ports: Mapping[str, str]
    """Ports that the workspace sets: EXPOSE_… → port."""
    project: str
    data: Path


def api_env_file(workspace: Workspace) -> Path:
    """What api reads when it runs in the source. Dify's own .gitignore has it, and so has the source's exclude file."""
    return workspace.source / layout.API_ENV


def kept_file(workspace: Workspace) -> Path:
    """The secrets that the development middleware's data opens with: beside that data, since they belong together."""
    return workspace.data / "dev" / ".env"


def read_bundled(workspace: Workspace) -> Bundled:
    """Read what `plan_dev` needs.

    Raises DifyKitError when `sync` has not run, or the release has no such file, ConfigError for a broken env file.
    """
    source = need_source(workspace.derived)
    if not (workspace.source / layout.API).is_dir():
        raise DifyKitError("there is no source to run api from", hint="make it: invoke sync")
    with Store(workspace.store) as store:
        tree = store.tree(source.commit)
        blobs = {layout.in_docker(path): blob for path in tree.under(layout.DOCKER) if (blob := tree.read(path))}
        api_example = text_of(tree.read(layout.API_ENV_EXAMPLE))
    value = yaml.load(layout.MIDDLEWARE_COMPOSE, text_of(blobs.get(FILE))).value if FILE in blobs else None
    if not isinstance(value, dict) or not isinstance(value.get("services"), dict):
        raise DifyKitError(
            f"Dify {source.release} has no {layout.MIDDLEWARE_COMPOSE}", hint="is it a release from 1.0.0 on?"
        )
    env_file = api_env_file(workspace)
    settings = {**workspace.settings.env, **dotenv.values(read_env(workspace.env_file, ".env"))}
    return Bundled(
        release=source.release,
        docker=blobs,
        upstream=value,
        example=next((text_of(blobs[name]) for name in _EXAMPLES if name in blobs), ""),
        api_example=api_example,
        api_env=read_env(env_file, "api/.env of the source") if env_file.exists() else None,
        own_env=read_env(kept_file(workspace), str(kept_file(workspace))),
        ports={key: value for key, value in settings.items() if key.startswith(containers.PORTS) and value.isdigit()},
        project=project_of(workspace, "dev"),
        data=compose.mountable(workspace.data / "dev"),
    )


def rewritten(bundled: Bundled) -> dict[str, Any]:
    """The release's Compose file with its data in the data folder, and its ports open to this machine alone."""
    document = compose.rewrite(bundled.upstream, compose.ComposeRewrite(tracked=frozenset(bundled.docker)))
    for service in document["services"].values():
        service["ports"] = [_loopback(port) for port in service.get("ports") or ()]
        if not service["ports"]:
            del service["ports"]
        values = compose.environment(service).values()
        if any(_HOST in str(value) for value in values) and "extra_hosts" not in service:
            # Docker Desktop has the name by itself; upstream says it from 1.14 on.
            service["extra_hosts"] = [f"{_HOST}:host-gateway"]
    return document


def _loopback(port: Any) -> Any:
    if isinstance(port, dict):
        return {**port, "host_ip": "127.0.0.1"}
    return f"127.0.0.1:{port}"


def env_files(services: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """The env files that the services read, by their path in the folder."""
    paths: set[str] = set()
    for service in services.values():
        listed = service.get("env_file") or []
        for entry in [listed] if isinstance(listed, str) else listed:
            path = entry.get("path") if isinstance(entry, dict) else entry
            paths.add(str(path).removeprefix("./"))
    return frozenset(paths)
