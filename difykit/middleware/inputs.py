"""What the folders of middleware's hosts are made from, read once; the plan that follows is pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from difykit.core.errors import ConfigError, DifyKitError, Problem
from difykit.middleware.hosts import check_hosts
from difykit.source import overlay
from difykit.workspace import dotenv
from difykit.workspace.manifest import Middleware, read_text, read_user_env, system_fault
from difykit.workspace.state import need_images, need_source
from difykit.workspace.workspace import Overlay, Workspace

File = tuple[int, bytes]
"""A file's permissions and its content."""

COMPOSE = "compose.yaml"
DATA = "/var/lib/difykit"


@dataclass(frozen=True)
class MiddlewareInputs:
    """Everything that decides what the hosts' folders hold."""

    overlay: Overlay
    middleware: Middleware
    files: Mapping[str, File]
    """The files of the overlay's folder for one host."""
    project: str
    hosts: tuple[str, ...]
    data: str
    """Where the hosts keep the data, before the project's name."""
    images: Mapping[str, str]
    """The images of difykit's own that they run: name → reference."""
    settings_env: Mapping[str, str]
    user_env: str
    used: bool
    """Whether this workspace's data folder holds the data of an earlier start."""


def project_of(workspace: Workspace, name: str) -> str:
    """The Compose project of an overlay's middleware."""
    return f"{workspace.settings.deploy.project}-{name}"


def node_folder(folder: Path, number: int) -> Path:
    """The folder of one host, by its number from 1 on."""
    return folder / f"node-{number}"


def read_inputs(
    workspace: Workspace, name: str, folder: Path, *, hosts: Sequence[str] = (), data: str = ""
) -> MiddlewareInputs:
    """Read what `plan_nodes` needs; addresses and the place of the data stay as `folder` has them if not given.

    Raises DifyKitError for an overlay that is not there or has no middleware, for wrong addresses and for images that
    were not built, ConfigError for faults in the workspace's files.
    """
    middleware_overlay = overlay.find(workspace, name).overlay
    middleware = middleware_overlay.manifest.middleware
    if middleware is None:
        names = [listed.name for listed in overlay.listed(workspace) if listed.manifest and listed.manifest.middleware]
        hint = f"these do: {', '.join(names)}" if names else "see them all: difykit overlay.list"
        raise DifyKitError(f"the overlay {name} does not say how it runs on hosts of its own", hint=hint)
    text = read_env(workspace.env_file, ".env")
    before = _before(folder, middleware.nodes)
    return MiddlewareInputs(
        overlay=middleware_overlay,
        middleware=middleware,
        files=_files(middleware_overlay, middleware.folder),
        project=project_of(workspace, name),
        hosts=check_hosts(name, middleware.nodes, hosts or [settings.get("ADDRESS", "") for settings in before]),
        data=_data_folder(data or (before[0].get("DIFYKIT_DATA", "") if before else "") or DATA),
        images=_images(workspace, middleware),
        settings_env=workspace.settings.env,
        user_env=text,
        used=workspace.used,
    )


def read_env(env_file: Path, label: str) -> str:
    """An env file, "" where there is none. Raises ConfigError for lines that Compose would not read."""
    text = read_user_env(env_file, label)
    if problems := dotenv.faults(label, text):
        raise ConfigError(problems)
    return text


def _before(folder: Path, nodes: int) -> list[dict[str, str]]:
    """The env files that an earlier render left, if it left all of them."""
    places = [node_folder(folder, number) / ".env" for number in range(1, nodes + 1)]
    if not all(env_file.is_file() for env_file in places):
        return []
    texts = [read_text(env_file, str(env_file)) for env_file in places]
    return [dotenv.plain(text) for text in texts]


def _files(middleware_overlay: Overlay, name: str) -> dict[str, File]:
    label, folder = f"overlays/{middleware_overlay.name}/{name}", middleware_overlay.folder / name
    if not (folder / COMPOSE).is_file():
        raise ConfigError([Problem(middleware_overlay.label, 0, f"middleware.folder: there is no {label}/{COMPOSE}")])
    contents: dict[str, File] = {}
    problems: list[Problem] = []
    for path, file_path in files.tree_files(folder):
        if file_path.is_symlink():
            problems.append(Problem(f"{label}/{path}", 0, "is a link; the folder of a host holds files only"))
        elif path == ".env":
            problems.append(Problem(f"{label}/{path}", 0, "is a file that difykit writes for each host"))
        else:
            contents[path] = files.with_mode(file_path)
    if problems:
        raise ConfigError(problems)
    return contents


def _data_folder(data: str) -> str:
    bad = sorted(set(data) & set(":$\n\r'\""))
    if not data.startswith("/") or bad:
        raise DifyKitError(
            f"{data!r} is no place for the hosts' data",
            hint="give an absolute path that each host has room at, without : and $, such as --data /srv/difykit",
        )
    if fault := system_fault(Path(data)):
        raise DifyKitError(f"--data {data!r} {fault}", hint="give a folder for it alone, such as --data /srv/difykit")
    return data.rstrip("/") or "/"


def _images(workspace: Workspace, middleware: Middleware) -> dict[str, str]:
    if not middleware.images:
        return {}
    built = need_images(workspace.derived, need_source(workspace.derived)).images
    references = {image.name: image.reference for image in built}
    if lacking := [name for name in middleware.images if name not in references]:
        raise DifyKitError(
            f"the image {', '.join(lacking)} was not built: no enabled overlay names it",
            hint=_enable(middleware) + "invoke sync build",
        )
    return {name: references[name] for name in middleware.images}


def _enable(middleware: Middleware) -> str:
    return f"difykit overlay.enable {middleware.used.overlay}; " if middleware.used else ""
