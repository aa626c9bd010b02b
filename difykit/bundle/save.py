"""`bundle.save`: what the stack needs is named, brought together where a killed run finds it, and written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from difykit import docker
from difykit.bundle import archive, layout
from difykit.bundle.blob_store import BlobStore
from difykit.bundle.byte_count import ByteMeter, mb
from difykit.bundle.contents import Content, File, entries, folder_name, left_here, workspace_files
from difykit.bundle.export_images import collect_images
from difykit.bundle.layout import ImageLayout
from difykit.bundle.origin import BundleOrigin, origin
from difykit.bundle.record import Record, Summary
from difykit.bundle.remote import fetch_images
from difykit.bundle.stack_images import needed
from difykit.bundle.wheels import gather, own_version
from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.git import Store, pack_release
from difykit.images.build import check_built
from difykit.images.definition import pull
from difykit.source.sync import ENGINE, plan_sync
from difykit.targets import target_of
from difykit.workspace.manifest import this_machine_only, wheel_fault
from difykit.workspace.state import BuiltImages, Source, need_images, need_source, read_elsewhere
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class SavePlan:
    """What would be in a bundle."""

    source: Source
    images: BuiltImages
    services: Mapping[str, tuple[str, ...]]
    """Each image by its name, with the services that run it."""
    origin: BundleOrigin
    workspace: Mapping[str, File]
    left_out: tuple[str, ...]
    wheels: bool
    warnings: tuple[str, ...]

    def describe(self) -> dict[str, Any]:
        """As `--json` has it."""
        origin = self.origin
        shown = [
            {"reference": name, "services": list(services), "from": origin.of(name)}
            for name, services in self.services.items()
        ]
        return {
            "release": self.source.release,
            "source": self.source.commit,
            "platform": origin.platform,
            "images": shown,
            "workspace": sorted(self.workspace),
            "left": list(self.left_out),
            "wheels": self.wheels,
        }


def plan_save(workspace: Workspace, platform: str = "", *, wheels: bool = True) -> SavePlan:
    """What a bundle of the workspace as it is now would hold, and where each image comes from; nothing is fetched.

    Raises DifyKitError when the workspace is not synced and built, or an image cannot be had for the platform.
    """
    if not target_of(workspace).uses_images:
        raise DifyKitError(
            f"deploy.target is {workspace.settings.deploy.target}, which runs without images", hint="set it to compose"
        )
    source = need_source(workspace.derived, workspace.settings.upstream.ref)
    _check_synced(workspace)
    images = _at_home(need_images(workspace.derived, source), read_elsewhere(workspace.root))
    check_built(workspace, source)
    docker.need_compose()
    needs = needed(workspace, source, images)
    # Over there no registry gave a digest: the images have their tags.
    local = {image.reference: image.reference.partition("@")[0] for image in images.images}
    # Also those that no service runs: `build` looks for all of them.
    services = dict.fromkeys(local.values(), ()) | {local.get(n, n): used for n, used in needs.images.items()}
    warnings = []
    toolkit = workspace.settings.toolkit
    if fault := wheel_fault(workspace.root, toolkit):
        warnings.append(f"{fault}: it does not travel")
    elif this_machine_only(toolkit):
        warnings.append(
            f"toolkit: {toolkit} leads into this machine: over there the wheels of the bundle are the toolkit"
        )
    if needs.by_env:
        warnings.append(
            f"{', '.join(needs.by_env)}: other images with this machine's .env than without it, which stays here; both"
            " travel. What decides it belongs into env of difykit.yaml"
        )
    return SavePlan(
        source=source,
        images=images,
        services=dict(sorted(services.items())),
        origin=origin(workspace, source, images, tuple(sorted(services)), platform),
        workspace=workspace_files(workspace),
        left_out=tuple(left_here(workspace)),
        wheels=wheels,
        warnings=tuple(warnings),
    )


def _at_home(images: BuiltImages, elsewhere: Mapping[str, str]) -> BuiltImages:
    """The custom images by the names that builds give them, also where they are run from a registry."""
    back = {reference: name for name, reference in elsewhere.items()}
    named = [
        image.model_copy(update={"reference": back.get(image.reference, image.reference)}) for image in images.images
    ]
    return BuiltImages(source=images.source, images=tuple(named))


def _check_synced(workspace: Workspace) -> None:
    plan = plan_sync(workspace)
    if plan.changes:
        why = f": {plan.refusal}" if plan.refusal else ""
        raise DifyKitError(f"the source is not what the workspace describes{why}", hint="invoke sync build")


def save(workspace: Workspace, target: Path, progress: Progress, *, platform: str = "", wheels: bool = True) -> Summary:
    """Write the bundle of the workspace to `target`, whole or not at all.

    What was brought together is kept in `.difykit/bundle` until then, so that a run that was cut off goes on.
    Raises what `plan_save` raises, DifyKitError when something cannot be fetched or there is no room for it.
    """
    _check_target(target)
    workspace.output("the bundle", str(target))
    with files.locked(workspace.derived / "lock", "difykit bundle.save", on_wait=progress.skip):
        plan = plan_save(workspace, platform, wheels=wheels)
        for warning in plan.warnings:
            progress.warn(warning)
        if plan.left_out:
            progress.skip(f"not in the bundle: {', '.join(plan.left_out)}")
        stage = BlobStore(workspace.derived / "bundle")
        wheel_files = gather(plan.origin.platform, progress) if wheels else {}
        layouts = _bring(plan, stage, progress)
        record, contents = _record(workspace, plan, layouts, stage, wheel_files)
        _check_room(target, archive.size_of(record))
        meter = ByteMeter(f"writing {target.name}", progress, sum(entry.size for entry in record.files))
        with progress.step(f"write {target}"):
            summary = archive.write(target, record, contents, meter.add)
        shutil.rmtree(stage.folder, ignore_errors=True)
    progress.ok(f"{target}: {mb(summary.size)}, {len(record.images)} images for {record.platform}")
    return summary


def _bring(plan: SavePlan, stage: BlobStore, progress: Progress) -> list[ImageLayout]:
    """All images, with all their blobs in the stage; in the order of their names."""
    origin = plan.origin
    layouts = fetch_images(origin.remote, origin.platform, stage, progress) if origin.remote else []
    if not origin.remote:
        for name, remote_name in origin.pull.items():
            pull(remote_name, progress)
            if remote_name != name:
                docker.tag(remote_name, name)
        inspected = docker.inspect_all(list(plan.services))
        origin.check(inspected)
        layouts = collect_images({name: inspected[name] for name in plan.services}, origin.platform, stage, progress)
    return sorted(layouts, key=lambda image: image.reference)


def _record(
    workspace: Workspace, plan: SavePlan, layouts: list[ImageLayout], stage: BlobStore, wheels: Mapping[str, bytes]
) -> tuple[Record, Mapping[str, Content]]:
    blobs: dict[str, tuple[Content, int]] = {}
    for image in layouts:
        blobs |= {digest: (stage.blob_path(digest), size) for digest, size in image.blobs.items()}
        blobs[image.digest] = (image.manifest, len(image.manifest))
    tops = {
        "index.json": layout.index(layouts),
        "manifest.json": layout.archive_manifest(layouts),
        "oci-layout": layout.OCI_LAYOUT,
    }
    with Store(workspace.store) as store:
        pack = pack_release(store, plan.source.base)
    listed, contents = entries(blobs, tops, pack, plan.workspace, wheels)
    local = {image.reference: image for image in layouts}
    custom = [image.model_copy(update={"reference": image.reference.partition("@")[0]}) for image in plan.images.images]
    record = Record(
        difykit=own_version(),
        engine=ENGINE,
        name=folder_name(workspace),
        release=plan.source.release,
        base=plan.source.base,
        source=plan.source.commit,
        platform=plan.origin.platform,
        project=workspace.settings.deploy.project,
        images=tuple(image.bundled for image in layouts),
        custom=tuple(image.model_copy(update={"image_id": local[image.reference].config}) for image in custom),
        files=listed,
    )
    return record, contents


def _check_target(target: Path) -> None:
    """Raises DifyKitError where no bundle can be written, or something else than one would be lost."""
    if target.is_dir() or not target.parent.is_dir():
        problem = "is a folder" if target.is_dir() else f"cannot be written: there is no folder {target.parent}"
        raise DifyKitError(f"{target} {problem}", hint="name a file: difykit bundle.save dify.tar")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise DifyKitError(f"your user may not write into {target.parent.absolute()}", hint="name a file elsewhere")
    if target.exists() and not archive.is_bundle(target):
        raise DifyKitError(f"{target} is there and is no bundle; it stays", hint="name another file, or remove it")


def _check_room(target: Path, size: int) -> None:
    free = shutil.disk_usage(target.parent).free
    if free < size:
        raise DifyKitError(
            f"there is no space for {target}: it has {mb(size)}, and the disk {mb(free)}; nothing was written",
            hint="make room, or name a file on another disk; what was brought together is kept",
        )
