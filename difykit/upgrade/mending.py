"""Edits that do not fit the new release: a copy of the overlay.yaml is laid out for a person to mend."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from difykit import files
from difykit.errors import ConfigError, DifyKitError
from difykit.manifest import OverlayManifest, read_manifest
from difykit.merge import flaws
from difykit.upgrade.chain import Release
from difykit.upgrade.journal import Places, Stop
from difykit.upgrade.merging import Workbench
from difykit.upgrade.notebook import Resolution, held
from difykit.upgrade.resolutions import Memory, mend_key
from difykit.workspace import Workspace, presets


def mended(places: Places, staged: Workspace) -> None:
    """Put what was mended so far into the staged workspace."""
    for place in sorted(places.mend.glob("*/overlay.yaml")):
        target = staged.root / "overlays" / place.parent.name / "overlay.yaml"
        if target.is_file():
            files.write(target, _read(place), mode=target.stat().st_mode & 0o7777)


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
        original = _read(place)
        known = bench.memory.mend(original)
        files.write(laid_out, original if known is None else known)
        faults = () if known is None else tuple(_faults(laid_out, place, bench.memory))
        if known is not None and not faults:
            return stop
        files.write(laid_out, original)
        stop = stop.model_copy(update={"refused": tuple(f"{first.file}{fault}" for fault in faults)})
    text = "\n".join(str(problem) for problem in error.problems if problem.file == first.file)
    return stop.model_copy(update={"text": text})


def take(places: Places, root: Path, memory: Memory, release: str, accept: Collection[str]) -> None:
    """Take what was mended, and remember it. Raises DifyKitError with all of it that may not stand."""
    left = list(_left(places, root, memory, accept))
    if left:
        raise DifyKitError(
            "the overlay.yaml is not mended yet:" + "".join(f"\n  {text}" for text in left),
            hint="mend it, or remove it to begin again with your own; then: difykit upgrade.continue;"
            " or give up: difykit upgrade.abort",
        )
    remember(places, root, memory, release, accept)


def remember(places: Places, root: Path, memory: Memory, release: str, accept: Collection[str] = ()) -> tuple[str, ...]:
    """Keep what was mended, by the overlay.yaml that it was made from; what may not stand is told, and not kept."""
    for place, original in _mends(places, root):
        if not list(_faults(place, original, memory, accept)):
            manifest, content = _read(original), _read(place)
            path = f"overlays/{place.parent.name}/overlay.yaml"
            same = memory.mend(manifest) == content and insisted(memory, root, place.parent.name)
            memory.keep_mend(manifest, content)
            key = mend_key(manifest)
            note = Resolution(
                name=key.partition("/")[2][:12],
                kind="edits",
                path=path,
                layer=f"overlay {place.parent.name}",
                release=release,
                how="accepted" if path in accept or same else "resolved",
                memories=(key,),
            )
            memory.notebook.write(note)
    return tuple(_left(places, root, memory, accept))


def faults_of(places: Places, root: Path, memory: Memory) -> tuple[str, ...]:
    """What of the mended files may not stand, each with its place and why."""
    return tuple(_left(places, root, memory, ()))


def changed_by_hand(places: Places, root: Path) -> frozenset[str]:
    """The overlays whose overlay.yaml a person mended."""
    return frozenset(place.parent.name for place, _ in _mends(places, root))


def insisted(memory: Memory, root: Path, name: str) -> str:
    """What a note adds where a person insisted on a mended overlay.yaml; else ""."""
    path = f"overlays/{name}/overlay.yaml"
    notes = memory.notebook.of(mend_key(_read(root / path)))
    return f", taken as it is: {path}" if path in held(notes, "accepted") else ""


def _left(places: Places, root: Path, memory: Memory, accept: Collection[str]) -> Iterator[str]:
    for place, original in _mends(places, root):
        yield from (f"{place}{fault}" for fault in _faults(place, original, memory, accept))


def _mends(places: Places, root: Path) -> Iterator[tuple[Path, Path]]:
    """Each overlay.yaml that a person changed, and the one that it was made from."""
    for place in sorted(places.mend.glob("*/overlay.yaml")):
        original = root / "overlays" / place.parent.name / "overlay.yaml"
        if original.is_file() and _read(original) != _read(place):
            yield place, original


def _faults(place: Path, original: Path, memory: Memory, accept: Collection[str] = ()) -> Iterator[str]:
    """Why a mended overlay.yaml may not stand, each as what follows its path."""
    content, before = _read(place), _read(original)
    name = "overlay.yaml"
    if wrong := flaws(name, ("100644", content), [("100644", before)]):
        yield from (flaw.at("") for flaw in wrong)
        return
    try:
        manifest = read_manifest(OverlayManifest, place, name)
    except ConfigError as error:
        yield from (str(problem).removeprefix(name) for problem in error.problems)
        return
    path = f"overlays/{original.parent.name}/overlay.yaml"
    note = memory.notebook.get(mend_key(before).partition("/")[2][:12])
    known = note is not None and note.how == "accepted" and memory.mend(before) == content
    other = "" if known or path in accept else _owner(content, manifest, original)
    if other:
        yield f": it is that of the overlay {other}; keep it all the same: difykit upgrade.continue --accept {path}"


def _owner(content: bytes, manifest: OverlayManifest, original: Path) -> str:
    """The overlay whose overlay.yaml it is, where that is another one than it was made from; else ""."""
    before = _described(original)
    for folder in (original.parents[1], presets() / "overlays"):
        for place in sorted(folder.glob("*/overlay.yaml")):
            if place.parent.name == original.parent.name:
                continue
            same = files.as_text(_read(place)) == files.as_text(content)
            if same or (manifest.description == _described(place) != before):
                return place.parent.name
    return ""


def _described(place: Path) -> str:
    try:
        return read_manifest(OverlayManifest, place, place.name).description
    except ConfigError:
        return ""


def _read(place: Path) -> bytes:
    return files.read_bytes(place, limit=files.TREE)
