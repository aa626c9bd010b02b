"""Images in the engine's own store."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from difykit import process
from difykit.errors import CommandFailed, DifyKitError


@dataclass(frozen=True)
class ImageInfo:
    """What the engine knows of an image."""

    id: str
    digests: tuple[str, ...]
    labels: Mapping[str, str]
    user: str


def inspect(reference: str) -> ImageInfo | None:
    """The image of this name in the engine's store, or None. Raises CommandFailed when no engine answers."""
    argv = ["docker", "image", "inspect", "--", reference]
    done = process.run(argv, check=False)
    if done.code == 0:
        found = json.loads(done.stdout)[0]
        config = found.get("Config") or {}
        return ImageInfo(
            id=found["Id"],
            digests=tuple(found.get("RepoDigests") or ()),
            labels=config.get("Labels") or {},
            user=config.get("User") or "",
        )
    said = done.stderr.decode("utf-8", "replace")
    if "no such image" in said.lower():
        return None
    raise CommandFailed(argv, done.code, said, hint="start the Docker engine; docker info says whether it runs")


def pull(reference: str, on_line: Callable[[str], None]) -> ImageInfo:
    """Fetch an image from its registry. Raises DifyKitError that names the image when that is not to be had."""
    try:
        process.stream(["docker", "pull", "--", reference], on_line)
    except CommandFailed as error:
        reason = error.output.strip().splitlines()[-1:] or ["no reason given"]
        raise DifyKitError(
            f"the official image {reference} is not on this machine and cannot be pulled: {reason[0]}",
            hint=f"see that the registry can be reached and has it: docker pull {reference}",
        ) from error
    info = inspect(reference)
    assert info is not None
    return info


def tag(reference: str, name: str) -> None:
    """Give an image one more name. Raises CommandFailed when there is no such image."""
    process.run(["docker", "image", "tag", reference, name])


def remove_tree(folder: Path, reference: str = "busybox:latest") -> None:
    """Remove what containers wrote into a folder as other users, which the caller may not be allowed to remove.

    Raises CommandFailed when the engine cannot do it.
    """
    if folder.is_dir():
        argv = ["docker", "run", "--rm", "--network", "none", "--volume", f"{folder}:/it", reference]
        process.run([*argv, "sh", "-c", "rm -rf -- /it/* /it/.[!.]* /it/..?*"])


def untag(name: str) -> None:
    """Take a name away, and the image with it when nothing else holds it; quiet when there is no such name."""
    process.run(["docker", "image", "rm", "--", name], check=False)
