"""The files of a data folder brought to where a release has them; whoever is killed meanwhile has lost nothing."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.release.data_files.current import current_file, writable
from difykit.release.data_files.earlier import SEEDS
from difykit.release.data_files.plan import Action, DataFile, DataPlan, Earlier, File, plan_data_files
from difykit.release.data_files.record import NAME, DataRecord, read_record, write_record


@dataclass(frozen=True)
class VolumesFolder:
    """Where the files are, and where the record of them is kept."""

    files: Path
    record_file: Path

    @classmethod
    def of(cls, volumes: Path) -> VolumesFolder:
        """The folder that services mount parts of; what difykit notes of it stands beside it."""
        return cls(volumes, volumes.parent / NAME)

    def plan(self, shipped: Mapping[str, File], earlier: Earlier, *, release: str) -> DataPlan:
        """What `carry_out` would do; `shipped` has its paths as they are below the folder.

        Raises Unreadable for a record that is none.
        """
        return plan_data_files(shipped, self.files, read_record(self.record_file), earlier, release=release)

    def carry_out(self, plan: DataPlan, *, only_new: bool = False) -> tuple[DataFile, ...]:
        """Write and remove what the plan says, and return what was; with `only_new` only what is not there yet.

        The record says first what is to come, then what was done, so that a file is never taken for the user's because
        somebody was killed. A file that was changed since it was looked at stays.
        Raises DifyKitError where the data folder may not be written; then no file was. OSError where the disk is full.
        """
        work = tuple(file for file in plan.work if file.action is Action.ADD or not only_new)
        if closed := [self.files / file.path for file in work if not writable(self.files / file.path)]:
            raise self._closed(closed[0], "Permission denied")
        try:
            return self._do(plan, work, only_new=only_new)
        except PermissionError as error:
            if (
                not work
            ):  # the record alone: without it files are known as they were before, and it is made another time
                return ()
            raise self._closed(Path(error.filename or self.files), error.strerror or str(error)) from error

    def _do(self, plan: DataPlan, work: tuple[DataFile, ...], *, only_new: bool) -> tuple[DataFile, ...]:
        record = plan.record
        for cut_off in (self.files / name for name, row in record.files.items() if row.put and row.executable is None):
            files.forget_unfinished(cut_off.parent, f"{glob.escape(cut_off.name)}.*")
        unread = record.unread | {file.path for file in work if not file.marks_folder}
        if work:
            rows = {file.path: plan.under_way[file.path] for file in work if not file.marks_folder}
            write_record(self.record_file, DataRecord({**record.files, **rows}, unread))
        done = tuple(file for file in work if _do(self.files / file.path, file))
        if only_new:
            new = {file.path: plan.after[file.path] for file in done if not file.marks_folder}
            rows = {**record.files, **new}
        else:
            undone = {file.path for file in work} - {file.path for file in done}
            rows = {**plan.after, **{path: record.files[path] for path in undone & record.files.keys()}}
        if (after := DataRecord(rows, unread)) != record:
            write_record(self.record_file, after)
        return done

    def unread(self) -> tuple[Path, ...]:
        """The files that were changed since services last started with them."""
        return tuple(self.files / path for path in sorted(read_record(self.record_file).unread))

    def mark_read(self) -> None:
        """Note that every service has the files as they are."""
        record = read_record(self.record_file)
        if record.unread:
            write_record(self.record_file, DataRecord(record.files))

    def _closed(self, path: Path, why: str) -> DifyKitError:
        hint = f"give it to your user: sudo chown -R $(id -u) {self.files}"
        return DifyKitError(f"cannot write {path}: {why}", hint=hint)


def _do(path: Path, file: DataFile) -> bool:
    if current_file(path).digest != file.before:
        return False
    if file.action is Action.REMOVE:
        path.unlink()
        return True
    files.write(path, file.content, mode=file.mode)
    return True


def shipped_in(folder: Path) -> dict[str, File] | None:
    """What a release folder has for the data folder; None for one that does not say."""
    seeds = folder / SEEDS
    if not seeds.is_dir():
        return None
    return {path: files.with_mode(place) for path, place in files.tree_files(seeds)}
