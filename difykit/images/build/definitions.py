"""What an `image.yaml` may not say, seen without looking at a source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from difykit.core.errors import ConfigError, Problem
from difykit.images import definition
from difykit.release.compose import repository
from difykit.workspace.manifest import ImageManifest

# A name of BuildKit's targets; a dot would end it.
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


def check_definitions(definitions: Mapping[str, tuple[Path, ImageManifest]]) -> None:
    """Raises ConfigError with all that is wrong in the images to be made."""
    counts = Counter(repository(manifest.replaces) for _, manifest in definitions.values() if manifest.replaces)
    problems = [
        Problem(f"images/{name}/image.yaml", 0, text)
        for name, (_, manifest) in definitions.items()
        for text in _faults(name, manifest, counts)
    ]
    if problems:
        raise ConfigError(problems)


def _faults(name: str, manifest: ImageManifest, counts: Counter[str]) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield f"the folder {name!r} is not a name of a-z, 0-9 and '-'"
    if counts[repository(manifest.replaces)] > 1:
        yield f"replaces: {manifest.replaces} is replaced by another image too"
    if definition.in_bytes(manifest.memory) < definition.in_bytes(definition.LEAST) and manifest.memory:
        yield f"memory: {manifest.memory} is less than any build needs, which is {definition.LEAST}"
    if not manifest.replaces:
        yield from _own_faults(manifest)
        return
    if "COMMIT_SHA" in manifest.build_args:
        yield "build_args: COMMIT_SHA is set by difykit, to the release's commit"
    if manifest.strategy == "layer" and manifest.build_args:
        yield (
            f"strategy: layer leaves Dify's own Dockerfile alone, and build_args ({', '.join(manifest.build_args)})"
            " have an effect in it only; take one of the two out"
        )


def _own_faults(manifest: ImageManifest) -> Iterator[str]:
    """An image that replaces none is what its Dockerfile says, and nothing else."""
    for key in ("apt", "python"):
        if getattr(manifest, key):
            yield f"{key}: is for images that replace another; say it in {manifest.dockerfile}"
    if manifest.strategy != "auto":
        yield f"strategy: {manifest.strategy} is for images that replace another; leave it out"
