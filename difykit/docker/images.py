"""Images in the engine's own store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from difykit.core.errors import CommandFailed, EngineLost
from difykit.docker import program


@dataclass(frozen=True)
class ImageInfo:
    """What the engine knows of an image."""

    id: str
    digests: tuple[str, ...]
    labels: Mapping[str, str]
    user: str
    platform: str
    """Such as linux/arm64 or linux/arm/v7."""
    layers: tuple[str, ...] = ()
    """The digests of its layers, unpacked."""


def inspect(reference: str) -> ImageInfo | None:
    """The image of this name in the engine's store, or None. Raises CommandFailed when no engine answers."""
    return inspect_all([reference]).get(reference)


def inspect_all(references: Sequence[str]) -> dict[str, ImageInfo]:
    """Those of the images that the engine has. Raises CommandFailed when no engine answers."""
    if not references:
        return {}
    try:
        rows = json.loads(program.run(["image", "inspect", "--", *references]).stdout)
    except EngineLost:
        raise
    except CommandFailed as error:
        if "no such image" not in error.output.lower():
            raise
        if len(references) == 1:
            return {}
    else:  # one answer for each, in order
        return {name: _info(row) for name, row in zip(references, rows, strict=True)}
    singles = [inspect_all([reference]) for reference in references]
    return {name: info for single in singles for name, info in single.items()}


def _info(row: Mapping[str, Any]) -> ImageInfo:
    config = row.get("Config") or {}
    return ImageInfo(
        id=row["Id"],
        digests=tuple(row.get("RepoDigests") or ()),
        labels=config.get("Labels") or {},
        user=config.get("User") or "",
        platform="/".join(filter(None, (row.get("Os"), row.get("Architecture"), row.get("Variant")))),
        layers=tuple((row.get("RootFS") or {}).get("Layers") or ()),
    )


def missing(references: Sequence[str]) -> list[str]:
    """Those of the images that the engine does not have, in order. Raises CommandFailed when no engine answers."""
    present = inspect_all(references)
    return [reference for reference in references if reference not in present]


def tag(reference: str, name: str) -> None:
    """Give an image one more name. Raises CommandFailed when there is no such image."""
    program.run(["image", "tag", reference, name])


def remove_tree(folder: Path) -> None:
    """Remove what containers wrote into a folder as other users, which the caller may not be allowed to remove.

    Raises CommandFailed when the engine cannot do it.
    """
    if folder.is_dir():
        argv = ["run", "--rm", "--network", "none", "--volume", f"{folder}:/it", "busybox:latest"]
        program.run([*argv, "sh", "-c", "rm -rf -- /it/* /it/.[!.]* /it/..?*"])


def untag(name: str) -> None:
    """Take a name away, and the image with it when nothing else holds it; quiet when there is no such name."""
    program.run(["image", "rm", "--", name], check=False)


def own_sizes(ids: Iterable[str]) -> dict[str, int]:
    """For each of the images, the bytes that no other image shares with it. Raises DifyKitError without an engine.

    The engine's own count, which takes it a while where there are many images. With containerd's store it counts each
    layer as it was sent too, and says nothing of how these are shared: as the unpacked ones, it is taken here.
    """
    from difykit.docker.client import connect  # noqa: PLC0415

    sizes = {}
    with closing(connect()) as client:
        api: Any = client.api  # without types in types-docker
        rows = {str(row["Id"]): row for row in api.df().get("Images") or ()}
        for image_id in ids:
            if not (row := rows.get(image_id)):
                continue
            shared = max(0, int(row.get("SharedSize", 0)))
            unpacked = sum(int(step.get("Size") or 0) for step in api.history(image_id))
            sent = max(0, int(row["Size"]) - unpacked)
            own = max(0, unpacked - shared)
            sizes[image_id] = own + (sent * own // unpacked if unpacked else 0)
    return sizes


def images_in_use() -> frozenset[str]:
    """The ids of images that containers were made from, running or not. Raises CommandFailed when no engine answers."""
    ids = program.run(["ps", "--all", "--quiet"]).text.split()
    inspected = (
        program.run(["container", "inspect", "--format", "{{.Image}}", "--", *ids], check=False) if ids else None
    )
    return frozenset(inspected.text.split()) if inspected else frozenset()


def image_of_container(name: str) -> str:
    """The id of the image that a container was made from. Raises CommandFailed when there is no such container."""
    return program.run(["container", "inspect", "--format", "{{.Image}}", "--", name]).text.strip()
