"""A journal carried out, step after step, or taken back; either can be cut off at any moment, and begun again."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.scratch_files import remove
from difykit.core.transaction.change import FOLDER, digest, move, temporary_path
from difykit.core.transaction.journal import BACK, FORWARD, Journal, Step


def changed(journal: Journal) -> list[str]:
    """The paths at which stands neither what was nor what is to be, so that something of the user's would be lost."""
    return [step.path for step in journal.steps if not _safe(journal, step)]


def _safe(journal: Journal, step: Step) -> bool:
    current = journal.current_digest(step)
    if current in {step.before, step.after}:
        return True
    if not current and step.before.startswith(FOLDER) and os.path.lexists(journal.old(step)):
        return True  # the folder went aside, and the new thing is not there yet
    return not journal.back and _placed(journal, step)


def _placed(journal: Journal, step: Step) -> bool:
    """Whether a step has put its file in place: then what is there by now is the user's own, and stays."""
    return bool(step.after) and not os.path.lexists(journal.new(step))


def carry_out(journal: Journal) -> tuple[str, ...]:
    """Put everything in its place; the paths that were put there before, and changed since: they stay as they are.

    Raises DifyKitError, with nothing changed, where a file was changed by somebody else meanwhile. Raises OSError where
    the disk does not take it: what this process began is taken back then.
    """
    _check(journal)
    edited = [
        step.path for step in journal.steps if _placed(journal, step) and journal.current_digest(step) != step.after
    ]
    try:
        for step in journal.steps:
            _forward(journal, step)
        _settle(journal)
    except OSError:
        if journal.live:
            end(take_back(journal))
        raise
    return tuple(edited)


def take_back(journal: Journal) -> Journal:
    """Put everything back as it was; the journal, which knows from the first step on that it goes back.

    Raises DifyKitError, with nothing changed, where a file was changed by somebody else meanwhile.
    """
    if not journal.back:
        journal = turned(journal)
    _check(journal)
    for step in reversed(journal.steps):
        _backward(journal, step)
    _settle(journal)
    return journal


def turned(journal: Journal) -> Journal:
    """The journal, decided to go back: that is a rename, which needs no room on the disk."""
    (journal.folder / FORWARD).rename(journal.folder / BACK)
    files.flush(journal.folder)
    return replace(journal, back=True)


def end(journal: Journal) -> None:
    """Everything is as it is to be: the journal goes, its list first."""
    for name in (FORWARD, BACK):
        (journal.folder / name).unlink(missing_ok=True)
    files.flush(journal.folder)
    remove(journal.folder)


def keep_originals(journal: Journal, folder: Path) -> None:
    """Copy what was there before to `folder`, made anew, by its paths."""
    with files.fresh_folder(folder) as originals:
        for step in journal.steps:
            if os.path.lexists(old := journal.old(step)):
                (originals / step.path).parent.mkdir(parents=True, exist_ok=True)
                files.copy(old, originals / step.path)


def _check(journal: Journal) -> None:
    if paths := changed(journal):
        shown = "".join(f"\n  {path}" for path in paths)
        raise DifyKitError(
            f"{journal.owner.doing} was cut off, and these files were changed since by somebody else:{shown}",
            hint=f"put them back as they were, then: {journal.owner.verb}; or drop what it had begun:"
            f" rm -r {journal.folder}",
        )


def _forward(journal: Journal, step: Step) -> None:
    target, new, old = journal.target(step), journal.new(step), journal.old(step)
    remove(temporary_path(target))
    if not step.after:
        _aside(target, old) if step.before.startswith(FOLDER) else _delete(journal.root, target)
    elif os.path.lexists(new):
        if step.before.startswith(FOLDER) and not os.path.lexists(old):
            _aside(target, old)
        if step.after.startswith(FOLDER) and journal.current_digest(step) == step.after:
            return  # it was copied there, from another disk
        _clear(target)
        move(new, target)


def _backward(journal: Journal, step: Step) -> None:
    target, new, old = journal.target(step), journal.new(step), journal.old(step)
    remove(temporary_path(target))
    if journal.current_digest(step) == step.before:
        return
    is_file_again = step.before and FOLDER not in {step.before[:7], step.after[:7]}
    if step.after and not is_file_again and journal.current_digest(step) == step.after:
        remove(target) if os.path.lexists(new) else move(target, new)
        _prune(journal.root, target)
    if step.before:
        _clear(target)
        move(old, target)


def _aside(target: Path, old: Path) -> None:
    if os.path.lexists(target):
        move(target, old)


def _delete(root: Path, target: Path) -> None:
    if target.is_symlink() or target.is_file():
        target.unlink()
        _prune(root, target)


def _prune(root: Path, target: Path) -> None:
    if target.is_relative_to(root):
        files.prune_empty(target, root)


def _clear(target: Path) -> None:
    """Take away a folder in which no file is, so that something else can stand there."""
    if target.is_dir() and not target.is_symlink() and not digest(target):
        remove(target)


def _settle(journal: Journal) -> None:
    """Let the names of all that was moved be on the disk before the journal goes."""
    places = [journal.target(step) for step in journal.steps]
    above = {folder for path in places for folder in path.parents if folder.is_relative_to(journal.root)}
    for folder in sorted({path.parent for path in places} | above):
        if folder.is_dir():
            files.flush(folder)
