"""Single files of a patch: which change is of which, and the patch without it, to the byte."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from difykit.core.errors import DifyKitError
from difykit.source.patch.model import FileChange, Patch
from difykit.source.patch.paths import printable


@dataclass(frozen=True)
class Trim:
    """What is to be taken out of a patch, and what stays in it, by paths; both names of a file that it renames."""

    patch: str
    goes: tuple[str, ...]
    stays: tuple[str, ...]

    def describe(self) -> dict[str, object]:
        """It, as `--json` prints it."""
        return {"patch": self.patch, "goes": list(self.goes), "stays": list(self.stays)}


def trim(patch: Patch, paths: Sequence[str]) -> Trim:
    """What goes and what stays when the patch no longer touches `paths`; all goes where none is named.

    Raises DifyKitError for a path that the patch does not touch, with the nearest that it does.
    """
    names = {path: None for change in patch.changes for path in _paths(change)}
    wrong = [path for path in paths if path not in names]
    if wrong:
        nearest = dict.fromkeys(name for path in wrong for name in _nearest(path, list(names)))
        shown = "".join(f"\n  {printable(name)}" for name in nearest)
        raise DifyKitError(
            f"nothing was changed: patches/{patch.name} does not touch {', '.join(map(printable, wrong))}"
            + (f"; it touches:{shown}" if nearest else ""),
            hint=f"difykit patch.show {patch.name} shows all that it does",
        )
    chosen = [change for change in patch.changes if not paths or _is_of(change, paths)]
    goes = {path: None for change in chosen for path in _paths(change)}
    stays = {path: None for change in patch.changes if change not in chosen for path in _paths(change)}
    return Trim(patch.name, tuple(goes), tuple(stays))


def trimmed(raw: bytes, patch: Patch, paths: Sequence[str]) -> bytes:
    """The patch file `raw` without its changes of `paths`: message and other changes stay as they are.

    A table of changed files before the diff goes: it would count what is gone.
    """
    lines = BytesIO(raw).readlines()  # splits at \n only, as the patch was read
    starts = [change.patch_line - 1 for change in patch.changes]
    ends = [*starts[1:], len(lines)]
    head = lines[: starts[0]]
    mark = next((number for number, line in enumerate(head) if line.rstrip() == b"---"), len(head))
    remaining = [
        line
        for change, start, end in zip(patch.changes, starts, ends, strict=True)
        if not _is_of(change, paths)
        for line in lines[start:end]
    ]
    return b"".join([*head[: mark + 1], *remaining])


def _paths(change: FileChange) -> tuple[str, ...]:
    """A copied file's source is only read."""
    ends = (change.new_path,) if change.kind == "copy" else (change.old_path, change.new_path)
    return tuple(dict.fromkeys(path for path in ends if path is not None))


def _is_of(change: FileChange, paths: Sequence[str]) -> bool:
    return any(path in paths for path in _paths(change))


def _nearest(path: str, names: Sequence[str]) -> list[str]:
    last = path.rpartition("/")[2]
    same = [name for name in names if name.rpartition("/")[2] == last]
    return (same + difflib.get_close_matches(path, names, n=3, cutoff=0.4))[:3] or list(names)[:3]
