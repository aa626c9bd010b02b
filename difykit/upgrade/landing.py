"""Landing: the staged workspace takes the place of the old one, all or nothing, whatever kills it.

Before the first file moves, both sides are whole on disk, and `landing.json` says what moves: from there on the way
forward and the way back are the same loop over files, and either can be begun again.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from difykit import files
from difykit.errors import DifyKitError
from difykit.git import Entry
from difykit.git.home import Head, Home
from difykit.upgrade import journal
from difykit.upgrade.journal import Git, Landing, Move, Places, Stage
from difykit.upgrade.staging import listed


def moves(root: Path, staged: Path) -> tuple[Move, ...]:
    """What has to change in the workspace so that it is the staged one, in the order in which it is committed."""
    old, new = listed(root), listed(staged)
    differing = [path for path in sorted({*old, *new}) if _look(root / path) != _look(staged / path)]
    found = [
        Move(path=path, before=_bits(old.get(path)), after=_bits(new.get(path)), phase=_phase(path, old, new))
        for path in differing
    ]
    return tuple(sorted(found, key=lambda move: ("pin", "ported", "dropped", "lock").index(move.phase)))


def _phase(path: str, old: Mapping[str, Path], new: Mapping[str, Path]) -> journal.Phase:
    if path in {"difykit.yaml", "difykit.lock"}:
        return "pin" if path == "difykit.yaml" else "lock"
    if path in new:
        return "dropped" if path == "patches/series" else "ported"
    overlay = "/".join([*path.split("/")[:2], ""])
    moved = overlay.startswith("overlays/") and any(each.startswith(overlay) for each in new.keys() - old.keys())
    return "ported" if moved else "dropped"


def _look(place: Path) -> tuple[int, bytes] | None:
    """A file's mode bits and content; None where there is none."""
    if place.is_symlink():
        return stat.S_IFLNK, os.fsencode(place.readlink())
    return (stat.S_IMODE(place.stat().st_mode), files.read_bytes(place, limit=files.TREE)) if place.is_file() else None


def _bits(place: Path | None) -> int | None:
    seen = _look(place) if place else None
    return seen[0] if seen else None


def prepare(root: Path, places: Places, found: Iterable[Move]) -> None:
    """Keep the files that will change in `before`, times and modes and all."""
    with files.fresh_folder(places.before) as kept:
        for move in found:
            if move.before is not None:
                target = kept / move.path
                target.parent.mkdir(parents=True, exist_ok=True)
                files.copy(root / move.path, target)
                _to_disk(target)
    for move in found:
        if move.after is not None:
            _to_disk(places.staged / move.path)


def _to_disk(place: Path) -> None:
    if not place.is_symlink():
        with files.opened(place) as file:
            os.fsync(file.fileno())


def forward(root: Path, places: Places, landing: Landing) -> None:
    """Put every file in its place, then index and branch. Raises DifyKitError for a file that was changed meanwhile."""
    _check_known(root, places, landing)
    home = _home(root, landing)
    with _alone(home, landing.git):
        for move in landing.moves:
            _put(root, places.staged, move.path, gone=move.after is None)
        if home and landing.git:
            git = landing.git
            home.set_branch(git.branch, git.tip)
            home.move_index({path: _entry(stage) for path, stage in git.entries.items()}, places.index)
            home.switch(Head(f"refs/heads/{git.branch}", git.tip))


def check_alone(root: Path, git: Git | None) -> None:
    """Raises DifyKitError while another git is at work in the user's repository."""
    with _alone(Home(root) if git else None, git):
        pass


def _alone(home: Home | None, git: Git | None) -> AbstractContextManager[None]:
    return home.alone(git.branch) if home and git else nullcontext()


def backward(root: Path, places: Places, landing: Landing) -> None:
    """Put everything back as it was. Raises DifyKitError for a file that was changed meanwhile."""
    _check_known(root, places, landing)
    home = _home(root, landing)
    with _alone(home, landing.git):
        for move in landing.moves:
            _put(root, places.before, move.path, gone=move.before is None)
        if home and landing.git:
            git = landing.git
            home.switch(Head(git.old_branch, git.old_commit))
            home.restore_index(places.old_index, {path: _entry(stage) for path, stage in git.before.items()})
            home.set_branch(git.branch, "")


def _entry(stage: Stage | None) -> Entry | None:
    return Entry(stage.mode, stage.oid) if stage else None


def _home(root: Path, landing: Landing) -> Home | None:
    """The user's repository. Raises DifyKitError when something else was checked out since."""
    git = landing.git
    if git is None:
        return None
    home = Home(root)
    now = home.head()
    known = {(git.old_branch, git.old_commit), (f"refs/heads/{git.branch}", git.tip)}
    if (now.branch, now.commit) not in known:
        was = git.old_branch.removeprefix("refs/heads/") or git.old_commit[:12]
        raise DifyKitError(
            f"the upgrade to {landing.to} was cut off while it landed, and since then something else was checked out",
            hint=f"git switch {was}, or where it is, move its newest commits to another branch; then run this again",
        )
    return home


def _check_known(root: Path, places: Places, landing: Landing) -> None:
    for move in landing.moves:
        now = _look(root / move.path)
        sides = (
            _look(places.before / move.path) if move.before is not None else None,
            _look(places.staged / move.path) if move.after is not None else None,
        )
        if now not in sides:
            raise DifyKitError(
                f"{root / move.path} was changed since the upgrade to {landing.to} was cut off while it landed",
                hint=f"keep your version elsewhere and put {places.before / move.path} back; then run this again",
            )


def _put(root: Path, source: Path, path: str, *, gone: bool) -> None:
    """Make a file of the workspace that of `source`, by rename, with its times and modes."""
    place, wanted = root / path, source / path
    if gone:
        if place.is_symlink() or place.exists():
            place.unlink()
            files.prune_empty(place, root)
        return
    if _look(place) == _look(wanted):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".landing-", dir=source.parent) as scratch:
        copy = Path(scratch) / "file"
        files.copy(wanted, copy)
        _to_disk(copy)
        _rename(copy, place)


def _rename(copy: Path, place: Path) -> None:
    try:
        copy.replace(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # `.difykit` is on another file system: then the copy is made beside the place.
        beside = place.with_name(f".{place.name}.landing")
        beside.unlink(missing_ok=True)
        files.copy(copy, beside)
        beside.replace(place)


def with_git(
    root: Path, places: Places, found: tuple[Move, ...], to: str, messages: Mapping[journal.Phase, str]
) -> Git | None:
    """Commit the moves, phase by phase, in the user's repository; None where the workspace is in none.

    Nothing refers to the commits yet. `messages` has one for each phase.
    """
    home = Home.around(root, "difykit.yaml")
    if home is None:
        return None
    head = home.head()
    tip = head.commit
    entries: dict[str, Stage | None] = {}
    wanted = home.taken([move.path for move in found])
    for phase, message in messages.items():
        paths = [move for move in found if move.phase == phase and move.path in wanted]
        if not paths:
            continue
        changes = {move.path: None if move.after is None else _git_blob(places.staged / move.path) for move in paths}
        tip, made = home.commit(tip, changes, message, places.index)
        entries |= {path: _stage(entry) for path, entry in made.items()}
    home.save_index(places.old_index)
    return Git(
        branch=home.free_branch(f"difykit/upgrade-{to}"),
        tip=tip,
        old_branch=head.branch,
        old_commit=head.commit,
        entries=entries,
        before={path: _stage(entry) for path, entry in home.entries(list(entries)).items()},
    )


def _git_blob(place: Path) -> tuple[str, bytes]:
    seen = _look(place)
    assert seen is not None
    bits, content = seen
    return ("120000" if bits == stat.S_IFLNK else "100755" if bits & stat.S_IXUSR else "100644"), content


def _stage(entry: tuple[str, str] | None) -> Stage | None:
    return Stage(mode=entry[0], oid=entry[1]) if entry else None
