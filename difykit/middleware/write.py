"""`middleware.render`: the folders of the hosts, each written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from difykit.core import fifos, files
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.middleware.inputs import MiddlewareInputs, node_folder, read_inputs
from difykit.middleware.plan import MARK, HostFolder, NodesPlan, plan_nodes
from difykit.middleware.text import readme
from difykit.workspace import dotenv
from difykit.workspace.manifest import read_text
from difykit.workspace.workspace import Workspace

README = "README.txt"
VERB = "middleware.render"


@dataclass(frozen=True)
class Rendered:
    """The folders as planned, and which of their files were not so before."""

    folder: Path
    plan: NodesPlan
    changed: tuple[str, ...]

    def describe(self) -> dict[str, object]:
        """The outcome as `--json` prints it; no secret is in it."""
        plan = self.plan
        return {
            "folder": str(self.folder),
            "project": plan.project,
            "data": plan.data,
            "nodes": [
                {"node": node.number, "address": node.address, "folder": str(node_folder(self.folder, node.number))}
                for node in plan.nodes
            ],
            "make": list(plan.generate),
            "change": list(self.changed),
            "load": list(plan.local),
            "ports": list(plan.ports),
            "dify": {"overlay": plan.overlay, "env": dict(plan.settings)},
        }


def check_render(
    workspace: Workspace, name: str, folder: Path, *, hosts: Sequence[str] = (), data: str = ""
) -> Rendered:
    """What `render` would write; nothing is. Raises whatever `render` raises."""
    inputs = read_inputs(workspace, name, folder, hosts=hosts, data=data)
    plan = plan_nodes(inputs)
    _check_folders(folder, name, plan)
    return Rendered(folder, plan, _changed(folder, inputs, plan))


def render(
    workspace: Workspace, name: str, folder: Path, progress: Progress, *, hosts: Sequence[str] = (), data: str = ""
) -> Rendered:
    """Write a folder for each host of an overlay's middleware, and README.txt beside them.

    Missing secrets are made once, into the workspace's `.env`, and never shown; all hosts get the same. A host's folder
    is written whole or not at all, and one that is right already is left alone.
    Raises DifyKitError for whatever `read_inputs` and `plan_nodes` refuse, and where something that difykit did not
    write would be lost.
    """
    with files.locked(workspace.derived / "lock", "difykit middleware.render"):
        inputs = read_inputs(workspace, name, folder, hosts=hosts, data=data)
        plan = plan_nodes(inputs)
        _check_folders(folder, name, plan)
        generated = plan.generate
        if generated:
            inputs = _generate(workspace.env_file, inputs, plan, progress)
            plan = plan_nodes(inputs)
        changed = _changed(folder, inputs, plan)
        files.forget_unfinished(folder, "node-*")  # it holds passwords
        for node in plan.nodes:
            node_path = node_folder(folder, node.number)
            if _differing(node_path, node):
                _write(node_path, node)
                progress.ok(f"{node_path}: node {node.number} of {name}, for {node.address}")
            else:
                progress.skip(f"{node_path}: as it should be")
        files.write(folder / README, readme(name, inputs.overlay.manifest.description, plan))
    return Rendered(folder, replace(plan, generate=generated), changed)


def _generate(env_file: Path, inputs: MiddlewareInputs, plan: NodesPlan, progress: Progress) -> MiddlewareInputs:
    env_path = Path(os.path.realpath(env_file))  # a link to a file elsewhere stays one
    fifos.check_keeps(env_file, ", ".join(plan.generate))
    files.write(env_path, dotenv.with_made(inputs.user_env, plan.generate), mode=0o600)
    progress.ok(f".env: made {', '.join(plan.generate)}")
    return replace(inputs, user_env=read_text(env_path, ".env"))


def _check_folders(folder: Path, name: str, plan: NodesPlan) -> None:
    """Raises DifyKitError where a folder holds what difykit did not write, such as data."""
    text = folder / README
    if os.path.lexists(text) and not (text.is_file() and f" {VERB} ".encode() in files.read_bytes(text)[:4096]):
        raise DifyKitError(
            f"{text} is not what {VERB} wrote, and it would replace it", hint="move it away, or give another folder"
        )
    for node in plan.nodes:
        node_path = node_folder(folder, node.number)
        if not node_path.exists() and not node_path.is_symlink():
            continue
        rendered = _written(node_path, name)
        foreign = (
            [node_path.name]
            if rendered is None
            else [f"{node_path.name}/{path}" for path in _foreign_paths(node_path, rendered)]
        )
        if foreign:
            raise DifyKitError(
                f"{folder} has {', '.join(foreign[:5])}, which middleware.render {name} did not write and would"
                " replace",
                hint="move it away, or give another folder",
            )


def _written(node_path: Path, name: str) -> list[str] | None:
    """The files that an earlier render wrote there; None where the folder is somebody else's."""
    if node_path.is_symlink() or not node_path.is_dir():
        return None
    try:
        mark = files.read_json(node_path / MARK)
    except (OSError, ValueError):
        return None
    if not isinstance(mark, dict) or mark.get("overlay") != name or not isinstance(mark.get("files"), list):
        return None
    return [str(path) for path in mark["files"]]


def _foreign_paths(node_path: Path, rendered: Sequence[str]) -> list[str]:
    """What is in the folder beside the known files; of a folder its name alone."""
    above = {parent.as_posix() for name in rendered for parent in Path(name).parents}
    foreign: list[str] = []
    for path in sorted(file_path.relative_to(node_path).as_posix() for file_path in node_path.rglob("*")):
        if (
            path not in rendered
            and path not in above
            and not any(path.startswith(f"{foreign_path}/") for foreign_path in foreign)
        ):
            foreign.append(path)
    return foreign


def _changed(folder: Path, inputs: MiddlewareInputs, plan: NodesPlan) -> tuple[str, ...]:
    changed = [
        f"node-{node.number}/{path}"
        for node in plan.nodes
        for path in _differing(node_folder(folder, node.number), node)
    ]
    text = readme(inputs.overlay.name, inputs.overlay.manifest.description, plan).encode()
    readme_path = folder / README
    if not readme_path.is_file() or files.read_bytes(readme_path, limit=files.TREE) != text:
        changed.append(README)
    return tuple(changed)


def _differing(node_path: Path, node: HostFolder) -> list[str]:
    """The files of a host's folder that are not as planned, and those that are no longer wanted."""
    return [
        *files.differing(node_path, node.files),
        *(_foreign_paths(node_path, list(node.files)) if node_path.is_dir() else ()),
    ]


def _write(node_path: Path, node: HostFolder) -> None:
    with files.fresh_folder(node_path) as new:
        files.write_all(new, node.files)
