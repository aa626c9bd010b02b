"""What is looked at before anything is touched: all that is wrong, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from difykit import docker
from difykit.core import files
from difykit.core.errors import Unhealthy
from difykit.core.listener import listener
from difykit.core.progress import Progress
from difykit.dify import containers
from difykit.docker.project import Stack
from difykit.images.definition import has_digest, judge, pull
from difykit.release import compose, history
from difykit.release.render import Manifest, RenderPlan
from difykit.targets import DeployFault, refuse
from difykit.workspace import dotenv
from difykit.workspace.state import Image
from difykit.workspace.workspace import Workspace


def check_owner(workspace: Workspace) -> None:
    """See that the data folder and the project belong together. Raises DifyKitError when one is somebody else's."""
    project, data = workspace.settings.deploy.project, workspace.data
    folders = {container.folder for container in docker.project_containers(project) if container.folder}
    refuse([*_belonging_faults(project, data), *_running_faults(project, data, folders)])


def _belonging_faults(project: str, data: Path) -> Iterable[DeployFault]:
    live = Manifest.read(history.live_folder(data))
    if live and live.project and live.project != project:
        yield DeployFault(
            f"the data folder {data} belongs to the project {live.project}, and deploy.project is {project}",
            f"set deploy.project back to {live.project}, or deploy.data to a folder for {project}",
        )


def _running_faults(project: str, data: Path, folders: Iterable[str]) -> Iterable[DeployFault]:
    root = (data / "releases").resolve()
    for folder in sorted(folders):
        folder_path = Path(folder)
        inside = folder_path.parent.resolve() == root or folder_path.resolve().parent == root
        # Dify's own docker folder, adopted: its containers have their data in this very data folder.
        inside = inside or folder_path.resolve() == data.resolve()
        if not inside:
            yield DeployFault(
                f"a project {project} runs already, from {folder}; with this workspace its services would get"
                f" the data folder {data}",
                f"set another deploy.project in difykit.yaml, or end that one: docker compose -p {project} down",
            )


def check_release(workspace: Workspace, stack: Stack, plan: RenderPlan, progress: Progress) -> None:
    """See that what Compose will run are the images that were proved, fetch what is missing, and that ports are free.

    Raises DifyKitError with all that is wrong.
    """
    owner = _port_owners(workspace.settings.deploy.project)
    own = {image.reference: image for image in plan.custom.values()}
    local = [image for name, image in own.items() if "@" not in name]
    refuse(
        [
            *(DeployFault(*unmet) for unmet in plan.unmet if not docker.engine_facts().remote),
            *_service_faults(stack, plan.custom),
            *_image_faults(local, progress),
            *port_faults(stack.services, owner, _keys_of_ports(stack.folder)),
        ]
    )
    names = {
        str(service["image"]) for service in stack.services.values() if service.get("image") and "build" not in service
    }
    for name in docker.missing(sorted(names - {image.reference for image in local})):
        pull(name, progress)
        progress.ok(f"pulled {name}")
    refuse(tuple(_image_faults([image for name, image in own.items() if "@" in name and name in names], progress)))


def _service_faults(stack: Stack, custom: Mapping[str, Image]) -> Iterable[DeployFault]:
    """Services that Compose, with all that it puts in, would run on another image than the one that is meant.

    It knows more variables than a release folder does: those that it needs to find the engine.
    """
    own = {image.reference for image in custom.values()}
    replaced = {image.replaces for image in custom.values()} - {""}
    mend = "write the image's name into the overlay's Compose file as it is, without variables; then: invoke deploy"
    for name, service in sorted(stack.services.items()):
        image = str(service.get("image") or "")
        if name in custom and image != custom[name].reference:
            yield DeployFault(f"the service {name} would run {image}, and not {custom[name].reference}", mend)
        elif name not in custom and image not in own and compose.repository(image) in replaced:
            yield DeployFault(f"the service {name} would run {image}, without what the workspace changes", mend)


def _image_faults(images: Iterable[Image], progress: Progress) -> Iterable[DeployFault]:
    for image in images:
        verdict = judge(image, docker.inspect(image.reference))
        if verdict.doubt:
            progress.warn(verdict.doubt)
        if verdict.fault:
            yield DeployFault(verdict.fault, _mend(image))


def check_proved(stack: Stack, manifest: Manifest | None, built: Iterable[Image]) -> Mapping[str, str]:
    """See that the engine has those of a release's images that its services run; by their names, the engine's ids.

    What is named by a digest was proved when the release was first brought up, and is the same ever since; what was
    `built` again since then, from the same inputs, was proved by that. Raises Unhealthy for one that is another now.
    """
    images = {name: {oid} for name, oid in manifest.images} if manifest else {}
    for image in built:
        images.setdefault(image.reference, set()).add(image.image_id)
    used = {str(service.get("image") or "") for service in stack.services.values()} & images.keys()
    infos = docker.inspect_all(sorted(used))
    for name in sorted(used):
        info = infos.get(name)
        same = has_digest(name, info) if "@" in name else info is not None and info.id in images[name]
        if not same:
            problem = "is another image now than the one that was proved" if info else "is gone"
            raise Unhealthy(
                f"the image {name} {problem}; no service was started on it",
                hint="make it again: invoke build deploy; who tags or removes images on this engine?",
            )
    return {name: info.id for name, info in infos.items()}


def check_running(containers: Iterable[docker.ProjectContainer], proved: Mapping[str, str]) -> None:
    """See that what runs under the name of a proved image is that image. Raises Unhealthy when it is not."""
    for container in containers:
        if container.image in proved and container.image_id != proved[container.image]:
            raise Unhealthy(
                f"the service {container.service} runs {container.image_id[7:19]}, and {container.image} was proved as"
                f" {proved[container.image][7:19]}: the name was given to another image meanwhile",
                hint="who tags images on this engine? invoke build deploy",
            )


def _mend(image: Image) -> str:
    if "@" in image.reference:
        return "publish it again, and deploy with the images.json of that: difykit publish"
    return f"make it again: docker image rm {image.reference}; invoke build deploy"


def published(services: Mapping[str, Mapping[str, object]]) -> dict[int, str]:
    """The TCP ports of the host that services publish, each with its service."""
    services_by_port: dict[int, str] = {}
    for name, service in services.items():
        ports = service.get("ports") or ()
        assert isinstance(ports, list | tuple)
        for port in ports:
            text = str(port.get("published") or "")
            if text.isdigit() and port.get("protocol", "tcp") == "tcp":
                services_by_port[int(text)] = name
    return services_by_port


def port_faults(
    services: Mapping[str, Mapping[str, object]], owner: Callable[[int], str | None], keys: Mapping[int, str]
) -> Iterable[DeployFault]:
    """The ports that somebody else has; `owner` says who, None where a port is free or the project's own.

    `keys` names the setting that a port comes from.
    """
    for port, service in sorted(published(services).items()):
        if holder := owner(port):
            remedy = (
                f"set {keys[port]} to another port in difykit.yaml's env" if port in keys else "publish another one"
            )
            yield DeployFault(
                f"port {port}, which {service} publishes, is taken by {holder}", f"stop that, or {remedy}"
            )


def _keys_of_ports(folder: Path) -> dict[int, str]:
    """The settings that published ports come from: port → key."""
    values = dotenv.plain(files.read_text(folder / ".env", errors="surrogateescape"))
    return {int(value): key for key, value in values.items() if key.startswith(containers.PORTS) and value.isdigit()}


def _port_owners(project: str) -> Callable[[int], str | None]:
    remote, running = docker.engine_facts().remote, docker.containers()

    def owner(port: int) -> str | None:
        for container in running:
            if port in container.ports:
                return None if container.project == project else f"the container {container.name}"
        return (not remote and listener(port)) or None

    return owner
