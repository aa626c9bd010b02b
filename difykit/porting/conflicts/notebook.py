"""What each remembered resolution is about: its path, its layer, the release, when; and which memories hold it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.porting.apply.journal import IndexStage
from difykit.workspace.manifest import Model, Pattern

How = Literal["resolved", "accepted", "dropped"]
MemoryKey = Annotated[
    str,
    Pattern(
        r"files/[0-9a-f]{64}\.(100644|100755|120000|gone)|(merges|overlays)/[0-9a-f]{64}|rr-cache/[0-9a-f]{40,64}",
        "the place of a memory",
    ),
]
"""A memory by its place below the folder of all."""
_KINDS = {"files": "file", "merges": "merge", "overlays": "edits", "rr-cache": "hunk"}


class Resolution(Model):
    """One file that a person resolved; of what an older difykit remembered, only kind, time and memory are known."""

    name: Annotated[str, Pattern("[0-9a-f]{12}", "the name of a resolution")]
    kind: str
    """That of the conflict; `edits` for a file of an overlay."""
    path: str = ""
    layer: str = ""
    release: str = ""
    when: str = ""
    how: How = "resolved"
    base: IndexStage | None = None
    ours: IndexStage | None = None
    theirs: IndexStage | None = None
    memories: tuple[MemoryKey, ...] = ()

    def describe(self) -> dict[str, str | None]:
        """The resolution as `--json` prints it; null for what is unknown."""
        facts = {"path": self.path, "layer": self.layer, "release": self.release, "when": self.when}
        return {"name": self.name, "kind": self.kind, "how": self.how, **{key: facts[key] or None for key in facts}}

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"{self.name} ({self.path or 'of an unknown path'})"


class Notebook:
    """The notes beside the memories of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._notes = folder / "about"

    def write(self, note: Resolution) -> None:
        """Note a resolution; memories that an earlier note of the same name has stay with it."""
        old = self._read(self._path(note.name))
        keys = dict.fromkeys((*note.memories, *(old.memories if old else ())))
        note = note.model_copy(update={"memories": tuple(keys), "when": note.when or now()})
        files.write(self._path(note.name), note.model_dump_json(indent=1) + "\n")

    def get(self, name: str) -> Resolution | None:
        """The note of this name, or None."""
        return self._read(self._path(name))

    def of(self, memory: str) -> tuple[Resolution, ...]:
        """The resolutions that a memory holds; none for one that an older difykit wrote."""
        return tuple(note for note in self._noted() if memory in note.memories)

    def every(self) -> tuple[Resolution, ...]:
        """Every resolution, by time; what no note is about stands for itself."""
        noted = [note for note in self._noted() if any(self.holds(key) for key in note.memories)]
        noted_keys = {key for note in noted for key in note.memories}
        loose = [self._loose(key) for key in self._memories() if key not in noted_keys]
        return tuple(sorted((*noted, *loose), key=lambda note: (note.when, note.path, note.name)))

    def holds(self, memory: str) -> bool:
        """Whether a memory is there."""
        return (self._folder / memory).exists()

    def named(self, word: str) -> Resolution:
        """The resolution of a name, of its first letters, or of a path. Raises DifyKitError for none, or several."""
        every = self.every()
        exact = [note for note in every if word in (note.name, note.path)]
        chosen = exact or [note for note in every if word and note.name.startswith(word)]
        if len(chosen) == 1:
            return chosen[0]
        listed = ", ".join(note.name for note in chosen[:5])
        raise DifyKitError(
            f"{word} may be any of {len(chosen)} resolutions: {listed}" if chosen else f"no resolution is named {word}",
            hint="list them: difykit upgrade.resolutions",
        )

    def forget(self, note: Resolution) -> None:
        """Remove a resolution from every memory that holds it."""
        for key in note.memories:
            path = self._folder / key
            if key.startswith("rr-cache/"):
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        self._path(note.name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._notes / f"{name}.json"

    def _noted(self) -> Iterator[Resolution]:
        for path in sorted(self._notes.glob("*.json")):
            if note := self._read(path):
                yield note

    def _read(self, path: Path) -> Resolution | None:
        """A note; None for one that is not there or cannot be read: then its memories stand for themselves."""
        try:
            return Resolution.model_validate_json(files.read_bytes(path, limit=files.TEXT))
        except (FileNotFoundError, ValueError):
            return None

    def _memories(self) -> Iterator[str]:
        for folder in _KINDS:
            for path in sorted((self._folder / folder).glob("*")):
                resolved = folder != "rr-cache" or any(path.glob("postimage*"))
                if resolved and not path.name.startswith("."):
                    yield f"{folder}/{path.name}"

    def _loose(self, key: str) -> Resolution:
        folder, _, name = key.partition("/")
        when = _time((self._folder / key).lstat().st_mtime)
        return Resolution.model_construct(name=name[:12], kind=_KINDS[folder], when=when, memories=(key,))


def now() -> str:
    """The moment, as notes have it."""
    return _time(dt.datetime.now(dt.UTC).timestamp())


def _time(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds")


def paths_with(notes: Iterable[Resolution], how: How) -> frozenset[str]:
    """The paths of those that were resolved in one way."""
    return frozenset(note.path for note in notes if note.how == how)
