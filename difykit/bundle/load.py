"""`bundle.load`: every byte looked at first, then the images, then the workspace, each whole before the next."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from difykit import docker
from difykit.bundle.archive import Bundle, examine
from difykit.bundle.byte_count import ByteMeter
from difykit.bundle.import_images import check_engine, is_it, load_images, missing, name_of
from difykit.bundle.push import aims, push
from difykit.bundle.record import SOURCE, BundledImage
from difykit.bundle.wheels import own_version
from difykit.bundle.workspace_files import OWNER, Placing, plan_place, refuse_changed, write_files
from difykit.core import files, transaction
from difykit.core.errors import DifyKitError, MissingTool
from difykit.core.progress import Progress, Silent
from difykit.git import Store, git_version, unpack_release
from difykit.images.definition import has_digest, pull
from difykit.source.sync import ENGINE, check_edits, sync
from difykit.workspace import state
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class LoadPlan:
    """What a load would do."""

    bundle: Bundle
    placing: Placing
    missing: tuple[BundledImage, ...]
    """Of the engine."""
    to: str

    def describe(self) -> dict[str, Any]:
        """As `--json` has it."""
        names = [name_of(image) for image in self.missing]
        destination: dict[str, Any] = {"to": self.to} if self.to else {"load": names}
        return {**self.bundle.summary.describe(), **destination, **self.placing.describe()}


def look(file: Path, progress: Progress, *, seal: str = "") -> Bundle:
    """A bundle whose every byte is right, and that this toolkit can use. Raises DifyKitError for any other."""
    meter = ByteMeter(f"checking {file.name}", progress)
    with progress.step(f"check {file}"):
        bundle = examine(file.resolve(), meter.at, seal=seal)
    record, running_version = bundle.record, own_version()
    if record.engine != ENGINE:
        raise DifyKitError(
            f"the bundle was made by difykit {record.difykit}, which makes other sources than this one,"
            f" {running_version}; nothing was touched",
            hint="install the one that is in it: docs/bundle.md says how",
        )
    if record.difykit != running_version:
        progress.warn(f"the bundle was made by difykit {record.difykit}, and this is {running_version}")
    return bundle


def plan_load(bundle: Bundle, into: Path | None, to: str = "") -> LoadPlan:
    """What a load would do; nothing is touched.

    Raises DifyKitError when the folder, the engine or the registry's name cannot be used.
    """
    docker.need_engine()
    if not git_version():
        raise MissingTool("git is not installed", hint="install git and run bundle.load again")
    folder = _folder(bundle, into)
    end_pending(folder)
    placing = plan_place(bundle, folder)
    lacking = tuple(missing(bundle))
    if to:
        aims(bundle, to)
    else:
        check_engine(bundle, lacking)
    if (placing.folder / "difykit.yaml").is_file():
        check_edits(Workspace.open(placing.folder))  # the bundle's source would take them away
    return LoadPlan(bundle, placing, lacking, to)


def end_pending(folder: Path) -> None:
    """End a load that was cut off between two files. Raises DifyKitError where something else was."""
    pending = transaction.pending(folder)
    if pending and pending.owner == OWNER:
        transaction.finish(folder, Silent())
    transaction.refuse_pending(folder)


def _folder(bundle: Bundle, into: Path | None) -> Path:
    """Where the workspace goes: the folder that is named, the workspace around, or one called as at home."""
    current = Path.cwd()
    if into is None:
        into = current if (current / "difykit.yaml").is_file() else current / bundle.record.name
    return Path(os.path.normpath(into.absolute()))  # `resolve` would follow a link that stands there


def load(plan: LoadPlan, progress: Progress, *, replace: bool = False) -> Workspace:
    """Bring images and workspace of a bundle here; afterwards `sync`, `build` and `deploy` ask nobody outside.

    With `replace`, files that were changed here are kept aside and taken from the bundle.
    Raises DifyKitError when something stands in the way; a run that was cut off is finished by the next.
    """
    if not replace:
        refuse_changed(plan.placing)
    bundle, folder = plan.bundle, plan.placing.folder
    pushed: dict[str, str] = {}
    if plan.to:
        pushed = push(bundle, plan.to, progress)
        _pull_custom(bundle, pushed, progress)
    else:
        load_images(bundle, plan.missing, progress)
    if plan.placing.new:
        with _all_or_nothing(folder) as new:
            _fill(bundle, new, plan.placing, pushed, progress)
    else:
        with files.locked(folder / ".difykit" / "bundle.lock", "difykit bundle.load"):
            placing = plan_place(bundle, folder)
            if not replace:
                refuse_changed(placing)
            _fill(bundle, folder, placing, pushed, progress)
    progress.ok(f"{folder}: Dify {bundle.record.release}, source {bundle.record.source[:12]}")
    return Workspace.open(folder)


@contextmanager
def _all_or_nothing(folder: Path) -> Iterator[Path]:
    """A folder that gets its name when the block ends well; what a killed run left of it goes first."""
    new = folder.with_name(f".{folder.name}.loading")
    lock = new / ".difykit" / "bundle.lock"
    if new.exists():
        with files.locked(lock, "difykit bundle.load", scope=f"on {folder}"):
            shutil.rmtree(new)
    with files.locked(lock, "difykit bundle.load", scope=f"on {folder}"):
        try:
            yield new
            new.rename(folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)


def _pull_custom(bundle: Bundle, pushed: Mapping[str, str], progress: Progress) -> None:
    """Bring the custom images from the registry into the engine, under the names that `build` looks for."""
    custom = {image.reference for image in bundle.record.custom}
    for image in bundle.record.images:
        if image.reference in custom:
            reference = pushed[image.reference]
            info = docker.inspect(reference)
            if not is_it(image, info):
                info = pull(reference, progress)
            if not (is_it(image, info) or has_digest(reference, info)):
                raise DifyKitError(
                    f"the engine has another image as {reference} than the bundle",
                    hint=f"docker image rm {reference}; then run bundle.load again",
                )
            docker.tag(reference, name_of(image))


def _fill(bundle: Bundle, folder: Path, placing: Placing, pushed: Mapping[str, str], progress: Progress) -> None:
    """Write the workspace, take its release in, and make its source; the same commit as at home."""
    record = bundle.record
    write_files(bundle, folder, placing, progress)
    if pushed:
        state.write_elsewhere(folder, pushed)
    else:
        (folder / state.REGISTRY).unlink(missing_ok=True)  # the engine has them all now
    workspace = Workspace.open(folder)
    with files.locked(workspace.derived / "lock", "difykit bundle.load"), Store(workspace.store) as store:
        unpack_release(store, record.release, record.base, bundle.read(SOURCE))
    source = sync(workspace, Silent(), keep_lock=True)
    if source.commit != record.source:
        raise DifyKitError(
            f"the workspace gives the source {source.commit[:12]} here, and gave {record.source[:12]} where the bundle"
            f" was made: by difykit {record.difykit}",
            hint="install the difykit that is in the bundle (docs/bundle.md), then run bundle.load again",
        )
    state.write_images(workspace.derived, _images(bundle, pushed))
    custom = {image.reference for image in record.custom}
    state.write_made(workspace.derived, {*state.read_made(workspace.derived), *custom})


def _images(bundle: Bundle, pushed: Mapping[str, str]) -> state.BuiltImages:
    """The custom images as they are here. Raises DifyKitError when the engine has lost one meanwhile."""
    images = []
    ids = docker.inspect_all([image.reference for image in bundle.record.custom])
    for image in bundle.record.custom:
        if image.reference not in ids:
            raise DifyKitError(f"the engine has lost {image.reference}", hint="run bundle.load again")
        fields = {"image_id": ids[image.reference].id, "reference": pushed.get(image.reference, image.reference)}
        images.append(image.model_copy(update=fields))
    return state.BuiltImages(source=bundle.record.source, images=tuple(images))
