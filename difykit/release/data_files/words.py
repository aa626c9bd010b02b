"""What is said of the files of a data folder: what became of them, what would, and what stays, with the way to it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from difykit.core.progress import Progress
from difykit.release.data_files.folder import VolumesFolder, shipped_in
from difykit.release.data_files.plan import GONE, Action, DataFile, Earlier

_DONE = {
    Action.ADD: "data folder: {path}",
    Action.CHANGE: "data folder: {path}: now as Dify {release} with the overlays has it",
    Action.REMOVE: "data folder: {path}: removed, since Dify {release} with the overlays has it no more",
}
_WOULD = {
    Action.ADD: "data folder: would add {path}",
    Action.CHANGE: "data folder: would change {path}",
    Action.REMOVE: "data folder: would remove {path}",
}


def tell_done(done: Iterable[DataFile], release: str, progress: Progress) -> None:
    """Say what was written and removed."""
    for file in done:
        progress.ok(_DONE[file.action].format(path=file.path, release=release))


def tell_kept(
    kept: Iterable[DataFile], folder: Path, release: str, progress: Progress, *, again: str = "invoke deploy"
) -> None:
    """Say what stays though the release has it otherwise, and how; as a warning where that is new."""
    for file in kept:
        say = progress.warn if file.news else progress.skip
        say("\n".join([_stays(file, release), *file.diff]))
        if file.why != GONE:
            path = folder / file.path
            flag = "-r " if path.is_dir() and not path.is_symlink() else ""
            progress.hint(f"to have the release's instead: rm {flag}{path}; {again}")


_LATER = {Action.CHANGE: "changes with the next deploy", Action.REMOVE: "is removed by the next deploy"}


def tell_later(files: Iterable[DataFile], progress: Progress) -> None:
    """Say what waits for a deployment, since the release that is live has its files there now."""
    for file in files:
        if file.action in _LATER:
            progress.skip(f"data folder: {file.path}: {_LATER[file.action]}")


def would(files: Iterable[DataFile]) -> list[str]:
    """What `--check` says of the files that are to be written or removed."""
    return [_WOULD[file.action].format(path=file.path) for file in files]


def _stays(file: DataFile, release: str) -> str:
    if file.why == GONE:
        return f"data folder: {file.path} stays, as yours: you changed it, and Dify {release} has it no more"
    if file.why:
        return f"data folder: {file.path} stays as it is: {file.why}; Dify {release} with the overlays has another one"
    return f"data folder: {file.path} stays as you changed it; Dify {release} with the overlays has another one"


def follow(folder: VolumesFolder, release: Path, name: str, earlier: Earlier, progress: Progress) -> None:
    """Bring the data folder to where the release folder `release`, of the Dify `name`, has it; and say so.

    Raises DifyKitError where the data folder may not be written.
    """
    shipped = shipped_in(release)
    if shipped is not None:
        plan = folder.plan(shipped, earlier, release=name)
        tell_done(folder.carry_out(plan), name, progress)
        tell_kept(plan.kept, folder.files, name, progress)
