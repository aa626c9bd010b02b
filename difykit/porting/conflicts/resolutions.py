"""What people resolved before: kept by the content of the conflict, so that the same one is not asked twice.

Three memories, the surest first: a whole merge by its three trees, a file by its three sides, a hunk by git's rerere.
They outlive `abort`, and are as derived as the rest of `.difykit`. Beside them stands what each is about; an older
difykit wrote none of that.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from difykit.core import files
from difykit.git import Blob, Store, tree_ids
from difykit.porting.apply.journal import Stop, UnresolvedPath
from difykit.porting.conflicts.judgement import Judgement
from difykit.porting.conflicts.notebook import How, Notebook, Resolution
from difykit.porting.strategies import INVALID

WHOLE = frozenset({"content", "add/add", "modify/delete", "rename/delete", "binary", "mode", INVALID})
"""The kinds of conflict that are about one path alone."""
MODES = ("100644", "100755", "120000")


class Memory:
    """The resolutions in a folder."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self.notebook = Notebook(folder)
        self._store = store

    @property
    def rr_cache(self) -> Path:
        """Where git's rerere keeps hunks."""
        return self.folder / "rr-cache"

    def forget(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def forget_one(self, note: Resolution) -> None:
        """Forget one resolution, in whatever memory it is."""
        self.notebook.forget(note)
        for key in note.memories:
            if key.startswith("merges/"):
                self._store.let_go(f"resolved/{key.partition('/')[2]}")

    def merge(self, key: str) -> str | None:
        """The commit that a person made of the merge of this key, or None."""
        path = self.folder / key
        if not path.is_file():
            return None
        return self._store.resolve(files.read_text(path, encoding="ascii", limit=files.TREE).strip())

    def keep_merge(self, key: str, commit: str) -> None:
        """Remember what became of a merge."""
        path = self.folder / key
        self._store.keep(f"resolved/{path.name}", commit)
        files.write(path, commit + "\n")

    def merge_key(self, base: str, ours: str, theirs: str) -> str:
        """By what a merge is remembered: its three trees."""
        return f"merges/{_digest(tree_ids(self._store, (base, ours, theirs)))}"

    def file(self, clash: UnresolvedPath) -> tuple[Blob | None] | None:
        """What a person made of this very file, in a tuple; None where nobody did."""
        path = self.folder / file_key(clash)
        for mode in MODES:
            if (content := path.with_name(f"{path.name}.{mode}")).is_file():
                return ((mode, files.read_bytes(content, limit=files.TREE)),)
        return (None,) if path.with_name(f"{path.name}.gone").is_file() else None

    def keep_file(self, clash: UnresolvedPath, blob: Blob | None) -> tuple[str, ...]:
        """Remember what became of a file in conflict; where, nowhere if its kind is about more than one path."""
        if clash.kind not in WHOLE:
            return ()
        path = self.folder / file_key(clash)
        for old in path.parent.glob(f"{path.name}.*"):
            old.unlink()
        name = f"{path.name}.{blob[0] if blob else 'gone'}"
        files.write(path.with_name(name), blob[1] if blob else b"")
        return (f"files/{name}",)

    @property
    def has_mends(self) -> bool:
        """Whether a person mended a file of an overlay."""
        return any((self.folder / "overlays").glob("*"))

    def mend(self, original: bytes) -> bytes | None:
        """What a person made of this file of an overlay, or None."""
        path = self.folder / mend_key(original)
        return files.read_bytes(path, limit=files.TREE) if path.is_file() else None

    def keep_mend(self, original: bytes, mended: bytes) -> None:
        """Remember what became of a file of an overlay."""
        files.write(self.folder / mend_key(original), mended)


def about(stop: Stop, clash: UnresolvedPath, how: How = "resolved") -> Resolution:
    """The note on a file in conflict."""
    key = file_key(clash).partition("/")[2]
    return Resolution(
        name=key[:12],
        path=clash.path,
        kind=clash.kind,
        layer=stop.label,
        release=stop.labels[0].removeprefix("Dify "),
        how=how,
        base=clash.base,
        ours=clash.ours,
        theirs=clash.theirs,
    )


def how_of(judgement: Judgement, path: str) -> How:
    """How a path was resolved."""
    return "accepted" if path in judgement.accepted else "dropped" if path in judgement.dropped else "resolved"


def file_key(clash: UnresolvedPath) -> str:
    """By what a file is remembered: its path, the kind of its conflict and its three sides."""
    sides = [f"{side.mode} {side.oid}" if side else "" for side in (clash.base, clash.ours, clash.theirs)]
    return f"files/{_digest([clash.path, clash.kind, *sides])}"


def mend_key(original: bytes) -> str:
    """By what a mended file of an overlay is remembered: the one that it was made from."""
    return mend_key_of(hashlib.sha256(original).hexdigest())


def mend_key_of(digest: str) -> str:
    """The same by the digest of that one."""
    return f"overlays/{digest}"


def _digest(words: Iterable[str]) -> str:
    return hashlib.sha256(json.dumps(list(words)).encode()).hexdigest()
