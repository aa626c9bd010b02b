"""What of an overlay does not fit the new release: a copy of the file is laid out for a person to mend."""

from __future__ import annotations

from collections.abc import Iterator
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
    for place, path in _laid_out(places):
        target = staged.root / "overlays" / path
        if target.is_file():
            files.write(target, files.read_bytes(place, limit=files.TREE), mode=target.stat().st_mode & 0o7777)


def _laid_out(places: Places) -> Iterator[tuple[Path, str]]:
    """The files that were laid out, each with its path below `overlays`."""
    for place in sorted(places.mend.rglob("*")):
        if place.is_file():
            yield place, place.relative_to(places.mend).as_posix()


def mend(bench: Workbench, staged: Workspace, error: ConfigError, target: Release) -> Stop | None:
    """Lay out the file of the first problem, or what was made of it before: then the text is "".

    None where the problem is not in a file of an overlay of the workspace.
    """
    own = [problem for problem in error.problems if _is_own(staged, problem.file)]
    if not own:
        return None
    path = own[0].file.removeprefix("overlays/")
    name, _, file = path.partition("/")
    place, laid_out = staged.root / "overlays" / path, bench.places.mend / path
    stop = Stop(kind="edits", name=name, file=file, labels=(f"Dify {target.ref}", f"overlays/{name}"))
    if not laid_out.exists():
        known = bench.memory.mend(files.read_bytes(place, limit=files.TREE))
        files.write(laid_out, known or files.read_bytes(place, limit=files.TREE))
        if known:
            return stop
    text = "\n".join(str(problem) for problem in own if problem.file == own[0].file)
    return stop.model_copy(update={"text": text})


def _is_own(staged: Workspace, file: str) -> bool:
    return file.startswith("overlays/") and (staged.root / file).is_file()


def remember(places: Places, root: Path, memory: Memory) -> None:
    """Keep what was mended, by the file that it was made from."""
    for place, path in _laid_out(places):
        original = root / "overlays" / path
        if original.is_file() and files.read_bytes(original, limit=files.TREE) != files.read_bytes(
            place, limit=files.TREE
        ):
            memory.keep_mend(files.read_bytes(original, limit=files.TREE), files.read_bytes(place, limit=files.TREE))
