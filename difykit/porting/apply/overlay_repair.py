"""What of an overlay does not fit the new release: a copy of the file is laid out for a person to mend."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from difykit.core.errors import ConfigError, DifyKitError
from difykit.porting.apply.journal import Places, Stop
from difykit.porting.conflicts.notebook import Resolution, paths_with
from difykit.porting.conflicts.resolutions import Memory, mend_key
from difykit.porting.plan.chain import ChainRelease
from difykit.porting.plan.merging import Workbench
from difykit.porting.strategies import flaws
from difykit.workspace.manifest import OverlayManifest, read_manifest
from difykit.workspace.workspace import Workspace, presets

_MANIFEST = "overlay.yaml"


@dataclass(frozen=True)
class Mend:
    """A copy of an overlay's file that a person may mend, and the file that it was made from."""

    copy: Path
    original: Path
    overlay: str
    file: str
    """The path in the overlay."""

    @property
    def path(self) -> str:
        """The path in the workspace."""
        return f"overlays/{self.overlay}/{self.file}"

    @property
    def changed(self) -> bool:
        return self.original.is_file() and _read(self.original) != _read(self.copy)


def mended(places: Places, staged: Workspace) -> None:
    """Put what was mended so far into the staged workspace."""
    for mend in _laid_out(places, staged.root):
        if mend.original.is_file():
            files.write(mend.original, _read(mend.copy), mode=mend.original.stat().st_mode & 0o7777)


def _laid_out(places: Places, root: Path) -> Iterator[Mend]:
    """Every file that was laid out, with that of the workspace at `root`."""
    for copy in sorted(places.mend.rglob("*")):
        if copy.is_file():
            path = copy.relative_to(places.mend).as_posix()
            name, _, file = path.partition("/")
            yield Mend(copy, root / "overlays" / path, name, file)


def mend(bench: Workbench, staged: Workspace, error: ConfigError, target: ChainRelease) -> Stop | None:
    """Lay out the file of the first problem, or what was made of it before: then the text is "".

    None where the problem is not in a file of an overlay of the workspace.
    """
    own = [problem for problem in error.problems if _is_own(staged, problem.file)]
    if not own:
        return None
    path = own[0].file
    name, _, file = path.removeprefix("overlays/").partition("/")
    laid_out = Mend(bench.places.mend / name / file, staged.root / path, name, file)
    stop = Stop(kind="edits", name=name, file=file, labels=(f"Dify {target.ref}", f"overlays/{name}"))
    if not laid_out.copy.exists():
        original = _read(laid_out.original)
        remembered = bench.memory.mend(original)
        files.write(laid_out.copy, original if remembered is None else remembered)
        faults = () if remembered is None else tuple(_faults(laid_out, bench.memory))
        if remembered is not None and not faults:
            return stop
        files.write(laid_out.copy, original)
        stop = stop.model_copy(update={"refused": tuple(f"{path}{fault}" for fault in faults)})
    text = "\n".join(str(problem) for problem in own if problem.file == path)
    return stop.model_copy(update={"text": text})


def _is_own(staged: Workspace, file: str) -> bool:
    return file.startswith("overlays/") and (staged.root / file).is_file()


def take(places: Places, root: Path, memory: Memory, release: str, accept: Collection[str]) -> None:
    """Take what was mended, and remember it. Raises DifyKitError with all of it that may not stand."""
    open_faults = list(_open_faults(places, root, memory, accept))
    if open_faults:
        raise DifyKitError(
            f"the {open_faults[0][0].file} is not mended yet:" + "".join(f"\n  {text}" for _, text in open_faults),
            hint="mend it, or remove it to begin again with your own; then: difykit upgrade.continue;"
            " or give up: difykit upgrade.abort",
        )
    remember(places, root, memory, release, accept)


def remember(places: Places, root: Path, memory: Memory, release: str, accept: Collection[str] = ()) -> tuple[str, ...]:
    """Keep what was mended, by the file that it was made from; what may not stand is told, and not kept."""
    for mend in _mends(places, root):
        if not list(_faults(mend, memory, accept)):
            original, content = _read(mend.original), _read(mend.copy)
            same = memory.mend(original) == content and insisted(memory, mend)
            memory.keep_mend(original, content)
            key = mend_key(original)
            note = Resolution(
                name=key.partition("/")[2][:12],
                kind="edits",
                path=mend.path,
                layer=f"overlay {mend.overlay}",
                release=release,
                how="accepted" if mend.path in accept or same else "resolved",
                memories=(key,),
            )
            memory.notebook.write(note)
    return tuple(text for _, text in _open_faults(places, root, memory, accept))


def faults_of(places: Places, root: Path, memory: Memory) -> tuple[str, ...]:
    """What of the mended files may not stand, each with its place and why."""
    return tuple(text for _, text in _open_faults(places, root, memory, ()))


def changed_by_hand(places: Places, root: Path, name: str) -> tuple[Mend, ...]:
    """The files of an overlay that a person mended."""
    return tuple(mend for mend in _mends(places, root) if mend.overlay == name)


def may_be_mended(places: Places, root: Path, memory: Memory, name: str) -> bool:
    """Whether a file of an overlay is laid out to be mended, or was mended in an upgrade before."""
    if any(mend.overlay == name for mend in _laid_out(places, root)):
        return True
    folder = root / "overlays" / name
    return memory.has_mends and any(
        memory.mend(_read(path)) is not None
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    )


def insisted(memory: Memory, mend: Mend) -> str:
    """What a note adds where a person insisted on a mended file; else ""."""
    notes = memory.notebook.of(mend_key(_read(mend.original)))
    return f", taken as it is: {mend.path}" if mend.path in paths_with(notes, "accepted") else ""


def _open_faults(places: Places, root: Path, memory: Memory, accept: Collection[str]) -> Iterator[tuple[Mend, str]]:
    for mend in _mends(places, root):
        yield from ((mend, f"{mend.copy}{fault}") for fault in _faults(mend, memory, accept))


def _mends(places: Places, root: Path) -> Iterator[Mend]:
    """Every file that a person changed."""
    return (mend for mend in _laid_out(places, root) if mend.changed)


def _faults(mend: Mend, memory: Memory, accept: Collection[str] = ()) -> Iterator[str]:
    """Why a mended file may not stand, each as what follows its path."""
    content, before = _read(mend.copy), _read(mend.original)
    note = memory.notebook.get(mend_key(before).partition("/")[2][:12])
    accepted_before = note is not None and note.how == "accepted" and memory.mend(before) == content
    insists = accepted_before or mend.path in accept
    keep = f"difykit upgrade.continue --accept {mend.path}"
    wrong = flaws(mend.file, ("100644", content), [("100644", before)])
    if mend.file != _MANIFEST:
        faults = () if insists else wrong
        yield from (f"{flaw.at('')}; mend it; or keep it as it is: {keep}" for flaw in faults)
        return
    if wrong:
        yield from (flaw.at("") for flaw in wrong)
        return
    try:
        manifest = read_manifest(OverlayManifest, mend.copy, _MANIFEST)
    except ConfigError as error:
        yield from (str(problem).removeprefix(_MANIFEST) for problem in error.problems)
        return
    if owner := "" if insists else _owner(content, manifest, mend.original):
        yield f": it is that of the overlay {owner}; keep it all the same: {keep}"


def _owner(content: bytes, manifest: OverlayManifest, original: Path) -> str:
    """The overlay whose overlay.yaml it is, where that is another one than it was made from; else ""."""
    before = _described(original)
    for folder in (original.parents[1], presets() / "overlays"):
        for path in sorted(folder.glob(f"*/{_MANIFEST}")):
            if path.parent.name == original.parent.name:
                continue
            same = files.as_text(_read(path)) == files.as_text(content)
            if same or (manifest.description == _described(path) != before):
                return path.parent.name
    return ""


def _described(path: Path) -> str:
    try:
        return read_manifest(OverlayManifest, path, path.name).description
    except ConfigError:
        return ""


def _read(path: Path) -> bytes:
    return files.read_bytes(path, limit=files.TREE)
