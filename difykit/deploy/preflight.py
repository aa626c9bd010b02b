"""What is looked at before anything is touched: all that is wrong, at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from difykit import engine, env, files
from difykit.deploy import releases
from difykit.doctor import listener
from difykit.errors import DifyKitError
from difykit.progress import Progress
from difykit.project import Stack
from difykit.render import Manifest
from difykit.state import Image
from difykit.workspace import Workspace

# Room for a release folder, logs, and what the databases write in their first minutes.
_ROOM = 512 * 1024 * 1024


@dataclass(frozen=True)
class Fault:
    """Why a deployment cannot begin, and what mends it."""

    text: str
    mend: str


def refuse(faults: Sequence[Fault]) -> None:
    """Raises DifyKitError that tells all the faults, when there are any."""
    if faults:
        text = "\n".join(fault.text for fault in faults)
        mends = "\n".join(dict.fromkeys(fault.mend for fault in faults))
        raise DifyKitError(f"{text}\nnothing was touched", hint=mends)


def check_folder(data: Path) -> None:
    """See that the data folder can be written and has room. Raises DifyKitError when not."""
    refuse(tuple(_folder_faults(data)))


def check_owner(workspace: Workspace) -> None:
    """See that the data folder and the project belong together. Raises DifyKitError when one is somebody else's."""
    project, data = workspace.settings.deploy.project, workspace.data
    folders = {one.folder for one in engine.project_containers(project) if one.folder}
    refuse([*_belonging_faults(project, data), *_running_faults(project, data, folders)])


def _folder_faults(data: Path) -> Iterable[Fault]:
    place = next(each for each in (data, *data.parents) if each.exists())
    if not place.is_dir():
        yield Fault(f"{place} is not a folder", "set deploy.data in difykit.yaml to another place")
    elif not os.access(place, os.W_OK | os.X_OK):
        yield Fault(
            f"your user may not write to the data folder {data}", f"give it to your user: sudo chown $(id -u) {place}"
        )
    elif (free := shutil.disk_usage(place).free) < _ROOM:
        yield Fault(
            f"the disk of the data folder {data} has {free // 1024**2} MB left, and a deployment wants 512 MB",
            "make room: docker system df shows what images take, df -h what the disk holds",
        )


def _belonging_faults(project: str, data: Path) -> Iterable[Fault]:
    live = Manifest.read(releases.live_folder(data))
    if live and live.project and live.project != project:
        yield Fault(
            f"the data folder {data} belongs to the project {live.project}, and deploy.project is {project}",
            f"set deploy.project back to {live.project}, or deploy.data to a folder for {project}",
        )


def _running_faults(project: str, data: Path, folders: Iterable[str]) -> Iterable[Fault]:
    root = (data / "releases").resolve()
    for folder in sorted(folders):
        place = Path(folder)
        inside = place.parent.resolve() == root or place.resolve().parent == root
        # Dify's own docker folder, adopted: its containers have their data in this very data folder.
        inside = inside or place.resolve() == data.resolve()
        if not inside:
            yield Fault(
                f"a project {project} runs already, from {folder}; with this workspace its services would get"
                f" the data folder {data}",
                f"set another deploy.project in difykit.yaml, or end that one: docker compose -p {project} down",
            )


def check_release(workspace: Workspace, stack: Stack, images: Sequence[Image], progress: Progress) -> None:
    """See that the images are those that were built, fetch what is missing, and that the ports are free.

    Raises DifyKitError with all that is wrong.
    """
    owner = _port_owners(workspace.settings.deploy.project)
    refuse([*_image_faults(images), *port_faults(stack.services, owner, _keys_of_ports(stack.folder))])
    wanted = sorted(
        {str(one["image"]) for one in stack.services.values() if one.get("image") and "build" not in one}
        - {one.reference for one in images if "@" not in one.reference}
    )
    for reference in engine.missing(wanted):
        with progress.step(f"pull {reference}"):
            engine.pull(reference, progress.line)
        progress.ok(f"pulled {reference}")


def _image_faults(images: Sequence[Image]) -> Iterable[Fault]:
    for one in images:
        if "@" in one.reference:
            continue  # a digest says what it is
        info = engine.inspect(one.reference)
        if info is None:
            yield Fault(f"the image {one.reference} is gone", "make it again: invoke build deploy")
        elif info.id != one.image_id:
            yield Fault(
                f"the image {one.reference} is not the one that was built: it is {info.id[7:19]},"
                f" and build made {one.image_id[7:19]}",
                f"remove it and build again: docker image rm {one.reference}; invoke build deploy",
            )


def published(services: Mapping[str, Mapping[str, object]]) -> dict[int, str]:
    """The TCP ports of the host that services publish, each with its service."""
    found: dict[int, str] = {}
    for name, service in services.items():
        ports = service.get("ports") or ()
        assert isinstance(ports, list | tuple)
        for port in ports:
            text = str(port.get("published") or "")
            if text.isdigit() and port.get("protocol", "tcp") == "tcp":
                found[int(text)] = name
    return found


def port_faults(
    services: Mapping[str, Mapping[str, object]], owner: Callable[[int], str | None], keys: Mapping[int, str]
) -> Iterable[Fault]:
    """The ports that somebody else has; `owner` says who, None where a port is free or the project's own.

    `keys` names the setting that a port comes from.
    """
    for port, service in sorted(published(services).items()):
        if taken := owner(port):
            other = f"set {keys[port]} to another port in difykit.yaml's env" if port in keys else "publish another one"
            yield Fault(f"port {port}, which {service} publishes, is taken by {taken}", f"stop that, or {other}")


def _keys_of_ports(folder: Path) -> dict[int, str]:
    """Dify's settings of published ports all begin with EXPOSE_ (1.0.0 to 1.15.0)."""
    values = env.plain(files.read_text(folder / ".env", errors="surrogateescape"))
    return {int(value): key for key, value in values.items() if key.startswith("EXPOSE_") and value.isdigit()}


def _port_owners(project: str) -> Callable[[int], str | None]:
    remote, running = engine.engine_facts().remote, engine.containers()

    def owner(port: int) -> str | None:
        for each in running:
            if port in each.ports:
                return None if each.project == project else f"the container {each.name}"
        return (not remote and listener(port)) or None

    return owner
