"""Landing: the staged workspace takes the place of the old one, all or nothing, whatever kills it.

The files are a transaction, which is on disk before the first of them moves; index and branch of the user's repository
follow before it ends. The way back is the same the other way round, and either can be begun again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from difykit.core import files, transaction
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.core.transaction import Delete, Journal, Take
from difykit.git import GitEntry, Head, Home
from difykit.porting.apply import journal
from difykit.porting.apply.journal import BranchMove, FileMove, IndexStage, Landing, Places
from difykit.porting.apply.staging import listed


def moves(root: Path, staged: Path) -> tuple[FileMove, ...]:
    """What has to change in the workspace so that it is the staged one, in the order in which it is committed."""
    old, new = listed(root), listed(staged)
    differing = [path for path in sorted({*old, *new}) if _look(root / path) != _look(staged / path)]
    file_moves = [FileMove(path=path, gone=path not in new, phase=_phase(path, old, new)) for path in differing]
    return tuple(sorted(file_moves, key=lambda move: ("pin", "ported", "dropped", "lock").index(move.phase)))


def _phase(path: str, old: Mapping[str, Path], new: Mapping[str, Path]) -> journal.Phase:
    if path in {"difykit.yaml", "difykit.lock"}:
        return "pin" if path == "difykit.yaml" else "lock"
    if path in new:
        return "dropped" if path == "patches/series" else "ported"
    overlay = "/".join([*path.split("/")[:2], ""])
    moved = overlay.startswith("overlays/") and any(name.startswith(overlay) for name in new.keys() - old.keys())
    return "ported" if moved else "dropped"


def _look(path: Path) -> tuple[int, bytes] | None:
    """A file's mode bits and content; None where there is none."""
    if path.is_symlink():
        return stat.S_IFLNK, os.fsencode(path.readlink())
    return (stat.S_IMODE(path.stat().st_mode), files.read_bytes(path, limit=files.TREE)) if path.is_file() else None


def begin(root: Path, places: Places, moves: Iterable[FileMove], landing: Landing) -> Journal:
    """Write down what moves; from here on the landing is finished, or taken back, by whoever comes next."""
    changes = (Delete(move.path) if move.gone else Take(move.path, places.staged / move.path) for move in moves)
    return transaction.begin(root, changes, transaction.landing_of(landing.to), landing.model_dump())


def forward(places: Places, log: Journal, landing: Landing, progress: Progress) -> None:
    """Put every file in its place, then index and branch. Raises DifyKitError for a file that was changed meanwhile."""
    home = _home(log, landing)
    with _alone(home, landing.git):
        transaction.forward(log, progress)
        if home and landing.git:
            git = landing.git
            home.set_branch(git.branch, git.tip)
            home.move_index({path: _entry(stage) for path, stage in git.entries.items()}, places.index)
            home.switch(Head(f"refs/heads/{git.branch}", git.tip))
        else:
            transaction.keep_originals(log, places.before)


def check_alone(root: Path, git: BranchMove | None) -> None:
    """Raises DifyKitError while another git is at work in the user's repository."""
    with _alone(Home(root) if git else None, git):
        pass


def _alone(home: Home | None, git: BranchMove | None) -> AbstractContextManager[None]:
    return home.alone(git.branch) if home and git else nullcontext()


def backward(places: Places, log: Journal, landing: Landing) -> None:
    """Put everything back as it was. Raises DifyKitError for a file that was changed meanwhile."""
    log = log if log.back else transaction.turned(log)
    home = _home(log, landing)
    with _alone(home, landing.git):
        transaction.take_back(log)
        if home and landing.git:
            git = landing.git
            home.switch(Head(git.old_branch, git.old_commit))
            home.restore_index(places.old_index, {path: _entry(stage) for path, stage in git.before.items()})
            home.set_branch(git.branch, "")


def _entry(stage: IndexStage | None) -> GitEntry | None:
    return GitEntry(stage.mode, stage.oid) if stage else None


def _home(log: Journal, landing: Landing) -> Home | None:
    """The user's repository. Raises DifyKitError when something was changed, or else was checked out, since."""
    git = landing.git
    _check_changed(log, landing)
    if git is None:
        return None
    home = Home(log.root)
    head = home.head()
    expected_heads = {(git.old_branch, git.old_commit), (f"refs/heads/{git.branch}", git.tip)}
    if (head.branch, head.commit) not in expected_heads:
        was = git.old_branch.removeprefix("refs/heads/") or git.old_commit[:12]
        raise DifyKitError(
            f"the upgrade to {landing.to} was cut off while it landed, and since then something else was checked out",
            hint=f"git switch {was}, or where it is, move its newest commits to another branch; then run this again",
        )
    return home


def _check_changed(log: Journal, landing: Landing) -> None:
    for path in transaction.changed(log)[:1]:
        step = next(step for step in log.steps if step.path == path)
        raise DifyKitError(
            f"{log.root / path} was changed since the upgrade to {landing.to} was cut off while it landed",
            hint=f"keep your version elsewhere and put {log.old(step)} back; then run this again",
        )


def with_git(
    root: Path, places: Places, file_moves: tuple[FileMove, ...], to: str, messages: Mapping[journal.Phase, str]
) -> BranchMove | None:
    """Commit the moves, phase by phase, in the user's repository; None where the workspace is in none.

    Nothing refers to the commits yet. `messages` has one for each phase.
    """
    home = Home.around(root, "difykit.yaml")
    if home is None:
        return None
    head = home.head()
    tip = head.commit
    entries: dict[str, IndexStage | None] = {}
    versioned = home.taken([move.path for move in file_moves])
    for phase, message in messages.items():
        paths = [move for move in file_moves if move.phase == phase and move.path in versioned]
        if not paths:
            continue
        changes = {move.path: None if move.gone else _git_blob(places.staged / move.path) for move in paths}
        tip, committed = home.commit(tip, changes, message, places.index)
        entries |= {path: _stage(entry) for path, entry in committed.items()}
    home.save_index(places.old_index)
    return BranchMove(
        branch=home.free_branch(f"difykit/upgrade-{to}"),
        tip=tip,
        old_branch=head.branch,
        old_commit=head.commit,
        entries=entries,
        before={path: _stage(entry) for path, entry in home.entries(list(entries)).items()},
    )


def _git_blob(path: Path) -> tuple[str, bytes]:
    file = _look(path)
    assert file is not None
    bits, content = file
    return ("120000" if bits == stat.S_IFLNK else "100755" if bits & stat.S_IXUSR else "100644"), content


def _stage(entry: tuple[str, str] | None) -> IndexStage | None:
    return IndexStage(mode=entry[0], oid=entry[1]) if entry else None
