"""Resolutions as a text file, for git or a colleague: who has the same conflict is not asked again.

What comes in is a stranger's: its paths are contained, its contents are those of their digests, and by what it is
remembered follows from what it says. It is looked at like any other memory before it is used; what the other person
insisted on, or dropped, is asked again.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
from pathlib import Path
from typing import Annotated, Literal

from difykit.core import files
from difykit.core.errors import DifyKitError, Unreadable, visible
from difykit.core.progress import Progress
from difykit.git import Blob, Store
from difykit.porting.apply.journal import IndexStage, Places, UnresolvedPath
from difykit.porting.conflicts.notebook import Resolution
from difykit.porting.conflicts.resolutions import WHOLE, Memory, file_key, mend_key_of
from difykit.workspace.manifest import Model, Pattern, TreePath
from difykit.workspace.workspace import Workspace

_MOST = 10_000  # resolutions of one file; an upgrade of 200 patches had some 100
_Sha256 = Annotated[str, Pattern("[0-9a-f]{64}", "64 hex digits")]
_Line = Annotated[str, Pattern(r"[^\x00-\x1f\x7f]{0,300}", "a text of one line")]
_Side = Annotated[str, Pattern(r"(100644|100755|120000|160000) [0-9a-f]{40,64}|", "a mode and an id of git's")]


class Shared(Model):
    """One resolution as a file hands it on: its content by lines, or in Base64 where it is no text."""

    path: TreePath
    kind: _Line
    layer: _Line = ""
    release: _Line = ""
    when: _Line = ""
    base: _Side = ""
    ours: _Side = ""
    theirs: _Side = ""
    made_from: Annotated[str, Pattern("[0-9a-f]{64}|", "64 hex digits")] = ""
    """Of a file of an overlay: the digest of the one that was mended."""
    mode: Literal["100644", "100755", "120000", "gone"]
    sha256: _Sha256
    lines: tuple[str, ...] = ()
    base64: str = ""

    @property
    def content(self) -> bytes:
        """What the file holds. Raises ValueError for what is neither text nor Base64."""
        return base64.b64decode(self.base64, validate=True) if self.base64 else "".join(self.lines).encode()


class SharedList(Model):
    """A file of resolutions."""

    version: Literal[1] = 1
    resolutions: tuple[Shared, ...]


def export_to(workspace: Workspace, path: Path) -> tuple[int, tuple[str, ...]]:
    """Write the resolutions into a file: how many, and what is not among them and why."""
    with Store(workspace.store) as store:
        memory = Memory(Places(workspace.derived).resolutions, store)
        notes = sorted(memory.notebook.every(), key=lambda note: (note.path, note.name))
        pairs = [(note, _shared(memory, note)) for note in notes]
    shared = tuple(entry for _, entry in pairs if entry)
    files.write(path, SharedList(resolutions=shared).model_dump_json(indent=1, exclude_defaults=True) + "\n")
    why = "is only on this machine: an older difykit remembered it, or it is about more than one file"
    return len(shared), tuple(f"{note.label} {why}" for note, entry in pairs if entry is None)


def _shared(memory: Memory, note: Resolution) -> Shared | None:
    keys = [key for key in note.memories if key.startswith(("files/", "overlays/")) and memory.notebook.holds(key)]
    if not keys or not note.path or visible(note.path) != note.path:
        return None
    gone = keys[0].endswith(".gone")
    content = b"" if gone else files.read_bytes(memory.folder / keys[0], limit=files.TREE)
    edits = keys[0].startswith("overlays/")
    return Shared(
        path=note.path,
        kind=note.kind,
        layer=note.layer,
        release=note.release,
        when=note.when,
        base=_side(note.base),
        ours=_side(note.ours),
        theirs=_side(note.theirs),
        made_from=keys[0].partition("/")[2] if edits else "",
        mode="100644" if edits else keys[0].rpartition(".")[2],  # type: ignore[arg-type]  # as keys are made
        sha256=hashlib.sha256(content).hexdigest(),
        lines=_lines(content),
        base64="" if _lines(content) else base64.b64encode(content).decode(),
    )


def _lines(content: bytes) -> tuple[str, ...]:
    """A text by its lines; none for what is no text."""
    try:
        return tuple(content.decode().splitlines(keepends=True))
    except UnicodeDecodeError:
        return ()


def _side(stage: IndexStage | None) -> str:
    return f"{stage.mode} {stage.oid}" if stage else ""


def import_from(workspace: Workspace, path: Path, progress: Progress) -> tuple[int, tuple[str, ...]]:
    """Take in the resolutions of a file: how many, and which are not among them and why.

    Raises DifyKitError for a file in which anything is wrong; then none of it is taken in.
    """
    shared = _read(path)
    with (
        files.locked(workspace.derived / "lock", "difykit upgrade.resolutions", on_wait=progress.skip),
        Store(workspace.store) as store,
    ):
        memory = Memory(Places(workspace.derived).resolutions, store)
        faults = [fault for entry in shared if (fault := _take(memory, entry))]
    return len(shared) - len(faults), tuple(faults)


def _read(path: Path) -> tuple[Shared, ...]:
    try:
        shared = SharedList.model_validate_json(files.read_bytes(path, limit=files.STATE)).resolutions
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise _refused(path, _reason(error)) from error
    if len(shared) > _MOST:
        raise _refused(path, f"it has {len(shared)} resolutions, and no more than {_MOST} are taken in")
    for number, entry in enumerate(shared):
        if fault := _fault(entry):
            raise _refused(path, f"resolutions.{number}: {fault}")
    return shared


def _refused(path: Path, reason: str) -> DifyKitError:
    hint = "ask for a file that difykit upgrade.resolutions --export wrote; nothing was taken in"
    return DifyKitError(f"{path} is not taken in: {reason}", hint=hint)


def _reason(error: BaseException) -> str:
    """The first problem, of those that a model tells on several lines."""
    lines = str(error).splitlines() or [type(error).__name__]
    if len(lines) > 2 and " validation error" in lines[0]:
        return f"{lines[1]}: {lines[2].strip().partition(' [type=')[0]}"
    return lines[0]


def _fault(shared: Shared) -> str:
    """What is wrong with a resolution by itself, "" for nothing."""
    try:
        content = shared.content
    except ValueError:
        return "its content is neither text nor Base64"
    if hashlib.sha256(content).hexdigest() != shared.sha256:
        return "its content is not that of its digest"
    if shared.made_from:
        parts = shared.path.split("/")
        right = len(parts) > 2 and parts[0] == "overlays" and shared.kind == "edits"
        return "" if right and shared.mode == "100644" else "it is not one of an overlay's file"
    if shared.kind not in WHOLE:
        return f"{shared.kind!r} is no kind of conflict of one file"
    if shared.mode == "120000" and _leads_out(shared.path, content.decode("utf-8", "replace")):
        return "it is a link that leads out of the source"
    return ""


def _leads_out(path: str, target: str) -> bool:
    if target.startswith("/"):
        return True
    return bool(files.path_fault(posixpath.normpath(posixpath.join(posixpath.dirname(path), target))))


def _take(memory: Memory, shared: Shared) -> str:
    """Remember a resolution; why not, where another one is remembered already."""
    if shared.made_from:
        key = mend_key_of(shared.made_from)
        note = _note(shared, key, UnresolvedPath(path=shared.path, kind=shared.kind))
        if (memory.folder / key).is_file() and files.read_bytes(memory.folder / key) != shared.content:
            return _other(note)
        files.write(memory.folder / key, shared.content)
        memory.notebook.write(note.model_copy(update={"memories": (key,)}))
        return ""
    base, ours, theirs = (_stage(text) for text in (shared.base, shared.ours, shared.theirs))
    clash = UnresolvedPath(path=shared.path, kind=shared.kind, base=base, ours=ours, theirs=theirs)
    note = _note(shared, file_key(clash), clash)
    blob: Blob | None = None if shared.mode == "gone" else (shared.mode, shared.content)
    remembered = memory.file(clash)
    if remembered is not None:
        return "" if remembered[0] == blob else _other(note)
    memory.notebook.write(note.model_copy(update={"memories": memory.keep_file(clash, blob)}))
    return ""


def _stage(text: str) -> IndexStage | None:
    mode, _, oid = text.partition(" ")
    return IndexStage(mode=mode, oid=oid) if text else None


def _note(shared: Shared, key: str, clash: UnresolvedPath) -> Resolution:
    return Resolution(
        name=key.partition("/")[2][:12],
        kind=shared.kind,
        path=shared.path,
        layer=shared.layer,
        release=shared.release,
        when=shared.when,
        base=clash.base,
        ours=clash.ours,
        theirs=clash.theirs,
    )


def _other(note: Resolution) -> str:
    return (
        f"{note.path}: another resolution of this conflict is remembered, and stays; to take this one in, first:"
        f" difykit upgrade.resolutions --forget {note.name}"
    )
