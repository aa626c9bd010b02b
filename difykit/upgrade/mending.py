"""Edits that do not fit the new release: a copy of the overlay.yaml is laid out for a person to mend."""

from __future__ import annotations

from pathlib import Path

from difykit import files
from difykit.errors import ConfigError
from difykit.upgrade.chain import Release
from difykit.upgrade.journal import Places, Stop
from difykit.upgrade.merging import Workbench
from difykit.upgrade.resolutions import Memory
from difykit.workspace import Workspace


def mended(places: Places, staged: Workspace) -> None:
    """Put what was mended so far into the staged workspace."""
    for place in sorted(places.mend.glob("*/overlay.yaml")):
        target = staged.root / "overlays" / place.parent.name / "overlay.yaml"
        if target.is_file():
            files.write(target, files.read_bytes(place, limit=files.TREE), mode=target.stat().st_mode & 0o7777)


def mend(bench: Workbench, staged: Workspace, error: ConfigError, target: Release) -> Stop | None:
    """Lay out the overlay.yaml of the first problem, or what was made of it before: then the text is "".

    None where the problem is not one of an overlay of the workspace.
    """
    own = {f"overlays/{path.parent.name}/overlay.yaml": path for path in staged.root.glob("overlays/*/overlay.yaml")}
    first = next((problem for problem in error.problems if problem.file in own), None)
    if first is None:
        return None
    place = own[first.file]
    name = place.parent.name
    laid_out = bench.places.mend / name / "overlay.yaml"
    stop = Stop(kind="edits", name=name, labels=(f"Dify {target.ref}", f"overlays/{name}"))
    if not laid_out.exists():
        known = bench.memory.mend(files.read_bytes(place, limit=files.TREE))
        files.write(laid_out, known or files.read_bytes(place, limit=files.TREE))
        if known:
            return stop
    text = "\n".join(str(problem) for problem in error.problems if problem.file == first.file)
    return stop.model_copy(update={"text": text})


def remember(places: Places, root: Path, memory: Memory) -> None:
    """Keep what was mended, by the overlay.yaml that it was made from."""
    for place in places.mend.glob("*/overlay.yaml"):
        original = root / "overlays" / place.parent.name / "overlay.yaml"
        if original.is_file() and files.read_bytes(original, limit=files.TREE) != files.read_bytes(
            place, limit=files.TREE
        ):
            memory.keep_mend(files.read_bytes(original, limit=files.TREE), files.read_bytes(place, limit=files.TREE))
