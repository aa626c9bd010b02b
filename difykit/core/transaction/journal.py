"""The journal of a transaction: `.difykit/transaction`, which appears whole and goes when all of it is in place.

`journal.json` lists the steps, `back.json` is its name once it was decided to go back. Beside it, by the number of the
step, lie what is to be (`3.new`, until it is in its place) and what was (`3.old`).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from difykit.core import files
from difykit.core.errors import Damaged, DifyKitError
from difykit.core.scratch_files import remove
from difykit.core.transaction.change import FOLDER, Change, Write, digest, store, to_disk

NAME = "transaction"
FORWARD, BACK = "journal.json", "back.json"
_WORDS = re.compile(r"[\w .-]{1,80}")


@dataclass(frozen=True)
class Owner:
    """Who writes: the name by which the rest of the work is found again, and words for people."""

    name: str
    doing: str
    """Such as "a finish"."""
    verb: str
    """What ends it."""


class Broken(Damaged):
    """A journal that cannot be carried out; `folder` is what holds it, `again` the end of a hint."""

    def __init__(self, folder: Path, owner: Owner, fault: str) -> None:
        text = f"{owner.doing} was cut off between two files, and {fault}"
        super().__init__(text, hint="difykit sync puts what it had begun aside; your edits in the work tree stay")
        self.folder = folder
        self.again = f", then: {owner.verb}" if owner.verb else ""


_NOBODY = Owner("", "a change of several files", "")


@dataclass(frozen=True)
class Step:
    """One path, and the digests of what was and what is to be there."""

    number: int
    path: str
    before: str
    after: str
    through: bool = False


@dataclass(frozen=True)
class Journal:
    """The steps of a transaction under way, and what its owner noted for the rest of the work."""

    root: Path
    folder: Path
    owner: Owner
    note: Mapping[str, Any]
    steps: tuple[Step, ...]
    back: bool = False
    live: bool = False
    """Whether this process began it: then links of the user's are known to be the user's."""
    source: str = ""
    """The journal of an older difykit that this one stands for, below `.difykit`."""

    def new(self, step: Step) -> Path:
        """Where what a step puts in place waits."""
        return self.folder / f"{step.number}.new"

    def old(self, step: Step) -> Path:
        """Where what a step replaces is kept."""
        return self.folder / f"{step.number}.old"

    def target(self, step: Step) -> Path:
        """The path of a step in the workspace."""
        path = self.root / step.path
        return Path(os.path.realpath(path)) if step.through and self.live else path

    def current_digest(self, step: Step) -> str:
        """The digest of what is at a step's path, but for what other steps have below it."""
        target = self.target(step)
        below = f"{step.path}/"
        own = {self.target(inner) for inner in self.steps if inner.path.startswith(below)} if target.is_dir() else ()
        return digest(target, own)


@dataclass(frozen=True)
class Known:
    """A change of which somebody else knows what was there before."""

    change: Change
    before: str
    original: Path | None = None


def folder_of(root: Path) -> Path:
    """Where the journal of a workspace is."""
    return Path(os.path.realpath(root)) / ".difykit" / NAME


def tidy(root: Path) -> None:
    """Remove what a kill left of a journal that never came to be, or had ended; for who holds the workspace's lock."""
    folder = folder_of(root)
    files.forget_unfinished(folder.parent, f"{NAME}.*")
    if folder.is_dir() and not any(os.path.lexists(folder / name) for name in (FORWARD, BACK)):
        remove(folder)


def write_down(
    root: Path, changes: Iterable[Change | Known], owner: Owner, note: Mapping[str, Any], *, source: str, back: bool
) -> Journal:
    """Write the journal, whole and on the disk. Raises OSError, with nothing changed, where the disk does not take it.

    Raises DifyKitError for a path that leaves the workspace, and for one where something stands that is no file.
    """
    folder = folder_of(root)
    tidy(root)
    journal = Journal(folder.parents[1], folder, owner, note, (), back=back, live=not source, source=source)
    with files.fresh_folder(folder) as new:
        journal = _described(replace(journal, folder=new), changes)
        rows = [vars(step) for step in journal.steps]
        record = {"version": 1, "owner": vars(owner), "note": note, "source": source, "steps": rows}
        files.write(new / (BACK if back else FORWARD), json.dumps(record, indent=1) + "\n")
        to_disk(new)
    files.flush(folder.parent)
    return replace(journal, folder=folder)


def _described(journal: Journal, changes: Iterable[Change | Known]) -> Journal:
    """The journal with its steps, those that change nothing left out, and the files of each beside it."""
    before: list[tuple[str | None, Path | None]] = []
    steps: list[Step] = []
    for number, item in enumerate(changes):
        change = item.change if isinstance(item, Known) else item
        through = isinstance(change, Write) and change.through
        step = Step(number, _inside(journal.root, change.path, through=through), "", "", through)
        store(change, journal.new(step))
        steps.append(replace(step, after=digest(journal.new(step))))
        before.append((item.before, item.original) if isinstance(item, Known) else (None, journal.target(step)))
    if len({step.path for step in steps}) < len(steps):
        raise ValueError("a path is changed twice")
    journal = replace(journal, steps=tuple(steps))
    steps = []
    for step, (expected_digest, original) in zip(journal.steps, before, strict=True):
        described = replace(step, before=journal.current_digest(step) if expected_digest is None else expected_digest)
        if not _is_so(journal, described):
            steps.append(described)
            if original and described.before and not described.before.startswith(FOLDER):
                files.copy(original, journal.old(step))
    return replace(journal, steps=tuple(steps))


def _is_so(journal: Journal, step: Step) -> bool:
    """Whether a step changes nothing. Raises DifyKitError where what stands there is no file."""
    target, new = journal.target(step), journal.new(step)
    if "other" in {step.before, step.after}:
        raise DifyKitError(f"{target} is no file, and difykit writes one there", hint=f"move {target} away")
    if step.before != step.after or (step.after and _mode(target) != _mode(new)):
        return False
    remove(new)
    return True


def _mode(path: Path) -> int:
    return path.lstat().st_mode if os.path.lexists(path) else 0


def _inside(root: Path, path: str, *, through: bool) -> str:
    """A path below the workspace, by the folder that it is really in, if that is in the workspace, too."""
    if fault := path_fault(path):
        raise DifyKitError(f"the path {path!r} {fault}")
    target = root / path
    real = Path(os.path.realpath(target) if through else os.path.realpath(target.parent)) / (
        "" if through else target.name
    )
    return real.relative_to(root).as_posix() if real.is_relative_to(root) and real != root else path


def path_fault(path: str) -> str:
    """Why a path may not be in a journal, or ""."""
    own = path.casefold().startswith(f".difykit/{NAME}")
    return files.path_fault(path) or ("is the journal's own" if own else "")


def link_above(root: Path, path: str) -> str:
    """What of the folders above a path is a link, or ""."""
    above = [root / folder for folder in Path(path).parents if folder != Path()]
    return next((str(folder) for folder in above if folder.is_symlink()), "")


def read(root: Path) -> Journal | None:
    """The journal of a transaction that was cut off; None where there is none. Raises Broken for one that is not sound.

    It may be anybody's: a path that leaves the workspace, itself or by a link, is refused.
    """
    folder = folder_of(root)
    name = next((name for name in (FORWARD, BACK) if os.path.lexists(folder / name)), "")
    if not name and not folder.is_symlink():
        return None
    owner = _NOBODY
    if folder.is_symlink():
        raise Broken(folder, owner, f"{folder} is a link")
    try:
        record = files.read_json(folder / name)
        if record["version"] != 1:
            raise Broken(folder, owner, "another version of difykit wrote its journal")
        noted = Owner(**record["owner"])
        owner = noted if all(map(_WORDS.fullmatch, vars(noted).values())) else _NOBODY
        steps = tuple(Step(**row) for row in record["steps"])
        journal = Journal(folder.parents[1], folder, owner, dict(record["note"]), steps, back=name == BACK)
        journal = replace(journal, source=str(record["source"]))
        twice = "" if len({step.path for step in steps}) == len(steps) else "its journal has a path twice"
        fault = twice or next((text for step in steps if (text := _fault(journal, step))), "")
    except Damaged:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Broken(folder, owner, "its journal cannot be read") from error
    if fault:
        raise Broken(folder, owner, fault)
    return journal


def _fault(journal: Journal, step: Step) -> str:
    new, link = journal.new(step), link_above(journal.root, step.path)
    fault = path_fault(step.path) or (f"leads through {link}, which is a link" if link else "")
    if not fault and step.through and journal.target(step).is_symlink():
        fault = "is a link"
    if fault or type(step.number) is not int:
        return f"the path {step.path!r} in its journal {fault}"
    if not step.after or journal.back:
        return ""
    if os.path.lexists(new):
        return "" if digest(new) == step.after else f"the file {new.name} of its journal is broken"
    lost = step.before != step.after and journal.current_digest(step) == step.before
    return f"the file {new.name} of its journal is gone" if lost else ""
