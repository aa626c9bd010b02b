"""What the verbs leave for the next verb in `.difykit/`: the source that `sync` made, the images that `build` made."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from difykit.core import fifos, files
from difykit.core.errors import DifyKitError
from difykit.workspace.manifest import ImageId, ImageName, Model, PinnedReference, Reference


class SourceLayer(Model):
    """One commit of the source: what made it, from which inputs."""

    kind: str  # patch, overlay or wiring
    name: str
    key: str
    commit: str


class Source(Model):
    """The pinned release plus patches, overlays and wiring, as commits in the store."""

    release: str  # the ref of the pin
    base: str
    commit: str
    layers: tuple[SourceLayer, ...]


class Image(Model):
    """One custom image: what it replaces, how it was made, and where it is."""

    name: str
    replaces: ImageName
    strategy: str
    reference: Reference  # name:tag, and @digest when a registry has it
    image_id: ImageId

    @property
    def built(self) -> bool:
        """Whether it was built and proved: then it has an id."""
        return bool(self.image_id)


class PlannedImage(Image):
    """One custom image by the name that a build would give it; no file ever holds one."""

    image_id: str = ""


class PublishedImage(Image):
    """An image in a registry, its reference the one that it has there, as `publish`, `--json` and `images.json` say.

    What it says beyond an image is for those who read the file.
    """

    digest: str = ""
    size: int = 0
    pushed: int = 0  # bytes of layers that went there then
    tags: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()


class PublishedImages(Model):
    """What `images.json` holds."""

    source: str
    images: tuple[PublishedImage, ...]


class BuiltImages(Model):
    """The images that belong to one source."""

    source: str
    images: tuple[Image, ...]


class Elsewhere(Model):
    """Where a registry has the images of the stack, by the names that Dify, overlays and builds have for them."""

    images: dict[Reference, PinnedReference]  # name:tag → where it is


class EngineContent(Model):
    """What builds left in the engine."""

    references: tuple[Reference, ...]  # name:tag


class BuiltSettings(Model):
    """The settings that the images of the last build were built for."""

    settings: dict[str, str]


class StoreFiles(Model):
    """How the files of the store looked when a sync had seen that they are sound: each with its size and time."""

    files: dict[str, list[int]]


STORE_FILES = "store.json"
BUILT_SETTINGS = "settings.json"


REGISTRY = "registry.json"
"""The file of a workspace that `bundle.load --to` writes."""

M = TypeVar("M", bound=Model)


def read_record(model: type[M], path: Path) -> M | None:
    """A record, or None where its file does not hold one. Raises Unreadable for what is no file."""
    try:
        return model.model_validate_json(files.read_bytes(path, limit=files.STATE))
    except (FileNotFoundError, IsADirectoryError, ValidationError):
        return None  # derived: what cannot be read is made again


def read_source(derived: Path) -> Source | None:
    """What the last `sync` made; None when there is none to build on."""
    return read_record(Source, derived / "source.json")


def write_source(derived: Path, source: Source) -> None:
    files.write(derived / "source.json", _json(source.model_dump()))


def read_images(derived: Path) -> BuiltImages | None:
    """What the last `build` made; None when there is none to build on."""
    return read_record(BuiltImages, derived / "images.json")


def check_images(derived: Path) -> tuple[Image, ...]:
    """The images of the last `build`, () when there was none. Raises DifyKitError for a file that cannot be read."""
    path = derived / "images.json"
    try:
        return BuiltImages.model_validate_json(files.read_bytes(path, limit=files.STATE)).images
    except FileNotFoundError:
        return ()
    except ValidationError as error:
        raise DifyKitError(
            f"{path} cannot be read, so the images of the last build are not known: {_first(error)}",
            hint="invoke build",
        ) from error


def write_images(derived: Path, images: BuiltImages) -> None:
    files.write(derived / "images.json", _json(images.model_dump()))


def read_made(derived: Path) -> tuple[str, ...]:
    """The names that builds of this workspace gave to images, as far as it remembers."""
    record = read_record(EngineContent, derived / "made.json")
    return record.references if record else ()


def write_made(derived: Path, references: Iterable[str]) -> None:
    files.write(derived / "made.json", _json(EngineContent(references=tuple(sorted(set(references)))).model_dump()))


def read_built_settings(derived: Path) -> dict[str, str]:
    """The settings that the images of the last `build` were built for."""
    record = read_record(BuiltSettings, derived / BUILT_SETTINGS)
    return record.settings if record else {}


def write_built_settings(derived: Path, settings: Mapping[str, str]) -> None:
    """Remember them; where there are none, there is no such file."""
    if settings:
        files.write(derived / BUILT_SETTINGS, _json(BuiltSettings(settings=dict(settings)).model_dump()))
    else:
        (derived / BUILT_SETTINGS).unlink(missing_ok=True)


def read_elsewhere(root: Path) -> dict[str, str]:
    """What `registry.json` of the workspace says, {} without one. Raises DifyKitError for one that cannot be read."""
    path = root / REGISTRY
    try:
        return dict(Elsewhere.model_validate_json(files.read_bytes(path, limit=files.STATE)).images)
    except FileNotFoundError:
        return {}
    except ValidationError as error:
        text = f"{path} is not as bundle.load writes it: {_first(error)}"
        raise DifyKitError(text, hint="run bundle.load --to again, or remove it") from error


def write_elsewhere(root: Path, images: Mapping[str, str]) -> None:
    files.write(root / REGISTRY, _json(Elsewhere(images=dict(sorted(images.items()))).model_dump()))


def _read_file(path: Path) -> bytes:
    return files.read_bytes(path, limit=files.STATE)


def need_source(derived: Path, pin: str = "") -> Source:
    """What the last `sync` made.

    Raises DifyKitError when it has not run, or, where `pin` is given, when it was for another release.
    """
    if source := read_source(derived):
        if pin and source.release != pin:
            text = f"the source is of Dify {source.release}, and difykit.yaml pins {pin}"
            raise DifyKitError(text, hint="make it anew: invoke sync")
        return source
    if os.path.lexists(derived / "source.json"):
        raise DifyKitError(f"{derived / 'source.json'} cannot be read", hint="make it again: invoke sync")
    raise DifyKitError("there is no source yet", hint="make it: invoke sync")


def need_images(derived: Path, source: Source) -> BuiltImages:
    """The images of this source. Raises DifyKitError when `build` has not run since the last `sync`."""
    images = read_images(derived)
    if images and images.source == source.commit:
        return images
    if images is None:
        check_images(derived)
    problem = "the images were built from another source" if images else "no image of this workspace has been built yet"
    raise DifyKitError(problem, hint="make them: invoke build")


def read_published(path: Path, read: Callable[[Path], bytes] = _read_file) -> PublishedImages | None:
    """What a file of images says; None where there is none. Raises DifyKitError for one that is not such a file."""
    try:
        return PublishedImages.model_validate_json(read(path))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise DifyKitError(
            f"{path} is not a list of images as build writes it: {_first(error)}",
            hint="build writes .difykit/images.json, and publish images.json",
        ) from error


def images_of(path: Path, source: Source) -> BuiltImages:
    """The images that a file or pipe of the command line names, as `build` wrote it.

    Raises DifyKitError when they are of another source.
    """
    named = read_published(path, fifos.read_argument)
    if named is None:
        raise DifyKitError(f"there is no file {path}", hint="build and publish write it")
    keys = set(Image.model_fields)
    plain = tuple(Image(**image.model_dump(include=keys)) for image in named.images)
    images = BuiltImages(source=named.source, images=plain)
    if images.source != source.commit:
        raise DifyKitError(
            f"the images in {path} were built from the source {images.source[:12]}, and this workspace's is"
            f" {source.commit[:12]}",
            hint="take the workspace to the commit that the images were built from, then: invoke sync deploy",
        )
    return images


def _first(error: ValidationError) -> str:
    """The first fault of a file, and what in it is wrong."""
    fault = error.errors()[0]
    location = ".".join(map(str, fault["loc"]))
    return f"{location}: {fault['msg'].removeprefix('Value error, ')}" if location else str(fault["msg"])


def read_store_files(derived: Path) -> dict[str, list[int]] | None:
    """What the last `sync` saw of the store; None when it is to be looked at anew."""
    look = read_record(StoreFiles, derived / STORE_FILES)
    return look.files if look else None


def write_store_files(derived: Path, look: Mapping[str, list[int]]) -> None:
    files.write(derived / STORE_FILES, json.dumps({"files": look}) + "\n")


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, indent=1) + "\n"
