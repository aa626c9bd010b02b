"""What a release folder is made from, read once; all that follows is pure."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from difykit import state
from difykit.errors import ConfigError, DifyKitError, Problem
from difykit.git import Blob, Store
from difykit.manifest import OverlayManifest
from difykit.manifest.load import read_text
from difykit.workspace import Overlay, Workspace

DOCKER = "docker/"
# Whoever has one of these has been started before; the databases keep the password of that first start.
_USED = ("db/data", "mysql/data", "app/storage", "redis/data", "weaviate", "plugin_daemon")


@dataclass(frozen=True)
class Part:
    """An enabled overlay's part in the release folder."""

    name: str
    manifest: OverlayManifest
    compose: Mapping[str, str]
    """Its Compose files: path in the overlay → text."""


@dataclass(frozen=True)
class Inputs:
    """Everything that decides what the release folder holds."""

    source: state.Source
    images: tuple[state.Image, ...] | None
    """None for the process target, which runs no images: the services stay on Dify's own."""
    docker: Mapping[str, Blob]
    """The source's files below `docker/`, without `docker/`."""
    added: frozenset[str]
    """Those of them that upstream does not have."""
    own_ping: bool
    overlays: tuple[Part, ...]
    settings_env: Mapping[str, str]
    user_env: str
    project: str
    data: Path
    """The folder that `DIFY_DATA` names."""
    used: bool
    """Whether that folder holds the data of an earlier start."""


def read_inputs(workspace: Workspace, source: state.Source, images: state.Images | None, store: Store) -> Inputs:
    """Read what `plan_render` needs.

    Raises ConfigError for a Compose file of an overlay that is not there, DifyKitError for a data folder whose path
    Compose cannot mount.
    """
    tree, base = store.tree(source.commit), store.tree(source.base)
    paths = tree.under("docker")
    blobs = {path.removeprefix(DOCKER): blob for path in paths if (blob := tree.read(path))}
    env = workspace.env_file
    data = workspace.data / "volumes"
    return Inputs(
        source=source,
        images=images.images if images else None,
        docker=blobs,
        added=frozenset(path.removeprefix(DOCKER) for path in paths if path not in base.entries),
        own_ping="api/celery_healthcheck.py" in tree.entries,
        overlays=_parts(workspace.overlays),
        settings_env=workspace.settings.env,
        user_env=read_text(env, ".env") if env.exists() else "",
        project=workspace.settings.deploy.project,
        data=_mountable(data),
        used=any(_filled(data / place) for place in _USED),
    )


def _parts(overlays: tuple[Overlay, ...]) -> tuple[Part, ...]:
    problems: list[Problem] = []
    parts: list[Part] = []
    for overlay in overlays:
        texts: dict[str, str] = {}
        for name in overlay.manifest.compose.files:
            if (overlay.folder / name).is_file():
                texts[name] = read_text(overlay.folder / name, f"overlays/{overlay.name}/{name}")
            else:
                problems.append(Problem(overlay.label, 0, f"compose.files: there is no {name} beside it"))
        parts.append(Part(overlay.name, overlay.manifest, texts))
    if problems:
        raise ConfigError(problems)
    return tuple(parts)


def _mountable(data: Path) -> Path:
    if bad := sorted(set(str(data)) & set(":$\n\r")):
        raise DifyKitError(
            f"the data folder {data} has {' '.join(map(repr, bad))} in its path, where Compose would cut it off",
            hint="set deploy.data in difykit.yaml to another folder",
        )
    return data


def _filled(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(True for entry in entries if entry.name != ".gitkeep")
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        return True  # a database's own folder, closed to us
