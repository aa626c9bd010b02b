"""What is to become of the files that a release and its overlays bring below the data folder: looked at, not touched.

What the user did not change follows the release. What somebody changed stays: difykit tells that by what it recorded
when it put a file there, and in a data folder from before that record by what the releases at hand have at its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from difykit.git import blob_id
from difykit.release.data_files.current import CurrentFile, current_file
from difykit.release.data_files.difference import difference
from difykit.release.data_files.record import DataRecord, RecordedFile

File = tuple[int, bytes]
"""A file's permissions and its content."""
Earlier = Callable[[str], Collection[str]]
"""The digests that releases of before have of a file of the data folder."""

_FOLDER_MARK = ".gitkeep"
GONE = "it is shipped no more"


class Action(Enum):
    """What becomes of a file."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    KEEP = "keep"


@dataclass(frozen=True)
class DataFile:
    """A file that is not as the release has it."""

    path: str
    action: Action
    mode: int = 0
    content: bytes = b""
    before: str = ""
    """The digest of what is to be replaced or removed."""
    why: str = ""
    """Why it stays, other than that it was changed."""
    diff: tuple[str, ...] = ()
    news: bool = False
    """Whether the release brings a version of a file that stays which the user was not shown yet."""

    @property
    def marks_folder(self) -> bool:
        """Whether it is there for its folder alone, so that the folder is the user's; nobody reads it."""
        return self.path.rpartition("/")[2] == _FOLDER_MARK

    def describe(self) -> dict[str, object]:
        """As JSON has it."""
        kept: dict[str, object] = {"diff": list(self.diff), "why": self.why} if self.action is Action.KEEP else {}
        return {"path": self.path, "action": self.action.value, **kept}


@dataclass(frozen=True)
class DataPlan:
    """The files that differ, and what the record says of files while they are changed and afterwards."""

    files: tuple[DataFile, ...]
    record: DataRecord
    """As it is."""
    under_way: Mapping[str, RecordedFile]
    after: Mapping[str, RecordedFile]

    @property
    def work(self) -> tuple[DataFile, ...]:
        """The files that are to be written or removed."""
        return tuple(file for file in self.files if file.action is not Action.KEEP)

    @property
    def kept(self) -> tuple[DataFile, ...]:
        """The files that stay though the release has them otherwise."""
        return tuple(file for file in self.files if file.action is Action.KEEP)


def plan_data_files(
    shipped: Mapping[str, File], data: Path, record: DataRecord, earlier: Earlier, *, release: str
) -> DataPlan:
    """Compare what a release brings, by its path below `data`, with what is there; `release` is its name in diffs.

    A .gitkeep is there for its folder alone: it is added where it is missing, and nothing else is asked of it.
    """
    changes: list[DataFile] = []
    after: dict[str, RecordedFile] = {}
    for path, file in shipped.items():
        current = current_file(data / path)
        if path.rpartition("/")[2] == _FOLDER_MARK:
            changes += [DataFile(path, Action.ADD, *file)] if current.absent else []
            continue
        pair = _Pair(path, file, current, record.files.get(path))
        change = _shipped(pair, data / path, earlier, release)
        changes += [change] if change else []
        after[path] = _recorded(pair, change)
    for path in sorted(record.files.keys() - shipped.keys()):
        changes += _unshipped(path, current_file(data / path), record.files[path])
    recorded = [change for change in changes if change.action is not Action.KEEP and not change.marks_folder]
    under_way = {change.path: _either(record.files.get(change.path), change) for change in recorded}
    return DataPlan(tuple(changes), record, under_way, after)


@dataclass(frozen=True)
class _Pair:
    """A file as a release has it, and as it is."""

    path: str
    file: File
    current: CurrentFile
    recorded: RecordedFile | None


def _shipped(pair: _Pair, place: Path, earlier: Earlier, release: str) -> DataFile | None:
    path, (mode, content), current, recorded = pair.path, pair.file, pair.current, pair.recorded
    if current.absent:
        return DataFile(path, Action.ADD, mode, content)
    if current.content is None:
        return DataFile(path, Action.KEEP, why=current.obstacle, news=_news(recorded, content))
    if current.content == content:
        by_us = recorded and recorded.put and recorded.executable in {None, current.executable} and not current.obstacle
        turned = by_us and current.executable != bool(mode & 0o100)
        return DataFile(path, Action.CHANGE, _mode(current, mode), content, current.digest) if turned else None
    if not current.obstacle and current.digest in (recorded.put if recorded else earlier(path)):
        return DataFile(path, Action.CHANGE, _mode(current, mode), content, current.digest)
    diff = difference(current.content, content, str(place), f"{path} of Dify {release}")
    return DataFile(path, Action.KEEP, why=current.obstacle, diff=diff, news=_news(recorded, content))


def _mode(current: CurrentFile, shipped: int) -> int:
    """The permissions that a file has, but for who may run it."""
    kept = current.mode & 0o666
    return kept | (kept & 0o444) >> 2 if shipped & 0o100 else kept


def _news(recorded: RecordedFile | None, content: bytes) -> bool:
    return recorded is None or recorded.offered != blob_id(content)


def _unshipped(path: str, current: CurrentFile, recorded: RecordedFile) -> list[DataFile]:
    """What becomes of a file that was shipped before: what difykit put goes, what was changed is the user's own now."""
    if current.absent:
        return []
    if current.digest in recorded.put and not current.obstacle:
        return [DataFile(path, Action.REMOVE, before=current.digest)]
    return [DataFile(path, Action.KEEP, why=GONE, news=True)]


def _recorded(pair: _Pair, change: DataFile | None) -> RecordedFile:
    """What the record says of a shipped file once all is done."""
    mode, digest = pair.file[0], blob_id(pair.file[1])
    if change is None:
        return RecordedFile((digest,), pair.current.executable, digest)
    if change.action is Action.KEEP:
        return replace(pair.recorded or RecordedFile(), offered=digest)
    return RecordedFile((digest,), bool(mode & 0o100), digest)


def _either(recorded: RecordedFile | None, change: DataFile) -> RecordedFile:
    """While a file is replaced both versions are difykit's doing: whoever is killed between has changed nothing."""
    new = (blob_id(change.content),) if change.action is not Action.REMOVE else ()
    old = (change.before,) if change.before else ()
    return replace(recorded or RecordedFile(), put=tuple(dict.fromkeys((*old, *new))), executable=None)
