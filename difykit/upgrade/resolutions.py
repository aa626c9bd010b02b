"""What people resolved before: kept by the content of the conflict, so that the same one is not asked twice.

Three memories, the surest first: a whole merge by its three trees, a file by its three sides, a hunk by git's rerere.
They outlive `abort`, and are as derived as the rest of `.difykit`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from difykit import files
from difykit.git import Blob, Changes, Store
from difykit.git.borrowed import tree_ids
from difykit.merge import INVALID
from difykit.upgrade.journal import Clash

_WHOLE = frozenset({"content", "add/add", "modify/delete", "rename/delete", "binary", "mode", INVALID})
"""The kinds of conflict that are about one path alone."""


class Memory:
    """The resolutions in a folder."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self._store = store

    @property
    def rr_cache(self) -> Path:
        """Where git's rerere keeps hunks."""
        return self.folder / "rr-cache"

    def forget(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def merge(self, base: str, ours: str, theirs: str) -> str | None:
        """The commit that a person made of this very merge, or None."""
        if not (self.folder / "merges").is_dir():
            return None
        place = self._merge(base, ours, theirs)
        return (
            self._store.resolve(files.read_text(place, encoding="ascii", limit=files.TREE).strip())
            if place.is_file()
            else None
        )

    def keep_merge(self, base: str, ours: str, theirs: str, commit: str) -> None:
        """Remember what became of a merge."""
        place = self._merge(base, ours, theirs)
        self._store.keep(f"resolved/{place.name}", commit)
        files.write(place, commit + "\n")

    def _merge(self, base: str, ours: str, theirs: str) -> Path:
        return self.folder / "merges" / _digest(tree_ids(self._store, (base, ours, theirs)))

    def file(self, clash: Clash) -> tuple[Blob | None] | None:
        """What a person made of this very file, in a tuple; None where nobody did."""
        place = self._file(clash)
        for mode in ("100644", "100755", "120000"):
            if (found := place.with_name(f"{place.name}.{mode}")).is_file():
                return ((mode, files.read_bytes(found, limit=files.TREE)),)
        return (None,) if place.with_name(f"{place.name}.gone").is_file() else None

    def keep_file(self, clash: Clash, blob: Blob | None) -> None:
        """Remember what became of a file in conflict."""
        if clash.kind not in _WHOLE:
            return
        place = self._file(clash)
        for old in place.parent.glob(f"{place.name}.*"):
            old.unlink()
        files.write(place.with_name(f"{place.name}.{blob[0] if blob else 'gone'}"), blob[1] if blob else b"")

    def _file(self, clash: Clash) -> Path:
        sides = [f"{side.mode} {side.oid}" if side else "" for side in (clash.base, clash.ours, clash.theirs)]
        return self.folder / "files" / _digest([clash.path, clash.kind, *sides])

    def known(self, clashes: tuple[Clash, ...]) -> Changes:
        """What is remembered of these files."""
        found = {clash.path: self.file(clash) for clash in clashes}
        return {path: each[0] for path, each in found.items() if each}

    def mend(self, manifest: bytes) -> bytes | None:
        """The overlay.yaml that a person made of this one, or None."""
        place = self._mend(manifest)
        return files.read_bytes(place, limit=files.TREE) if place.is_file() else None

    def keep_mend(self, manifest: bytes, mended: bytes) -> None:
        """Remember what became of an overlay.yaml."""
        files.write(self._mend(manifest), mended)

    def _mend(self, manifest: bytes) -> Path:
        return self.folder / "overlays" / hashlib.sha256(manifest).hexdigest()


def _digest(words: list[str]) -> str:
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()
