"""Several images in one run of BuildKit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from difykit.docker import program


def bake(
    file: Path, targets: Sequence[str], on_line: Callable[[str], None], *, cwd: Path, log: Path | None = None
) -> None:
    """Build the targets of a bake file side by side, into the engine's store.

    `cwd` must be above every context in the file: newer buildx reads nothing outside it without asking.
    Raises CommandFailed when a target fails.
    """
    program.stream(bake_argv(file, targets)[1:], on_line, cwd=cwd, log=log)


def bake_argv(file: Path, targets: Sequence[str]) -> list[str]:
    # A provenance record holds the time of the build, so that equal inputs would give unequal images.
    return ["docker", "buildx", "bake", "--file", str(file), "--progress", "plain", "--provenance=false", *targets]
