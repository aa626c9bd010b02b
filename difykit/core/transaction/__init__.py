"""Several files written as one: all of it or nothing, whatever cuts it off, and never over an edit of the user's.

    describe    changes as values: `Write`, `Link`, `Take`, `Delete`
    begin       the journal is on the disk, with what is to be and what was; nothing of the workspace has changed
    carry_out   one path after the other, by rename; the owner then does what else is to be done
    end         the journal goes

Whoever comes next after a kill finishes it (`resume`, `carry_out`, `end`) or takes it back (`take_back`, `end`).
All of it is for those who hold the workspace's lock; `pending` only looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.core.scratch_files import remove
from difykit.core.transaction import earlier, journal
from difykit.core.transaction.carry import carry_out, changed, end, keep_originals, take_back, turned
from difykit.core.transaction.change import Change, Delete, Link, Take, Write, as_git, digest, settings, store
from difykit.core.transaction.earlier import ADOPTION, FINISH, LANDING, Earlier, landing_of
from difykit.core.transaction.journal import Broken, Journal, Owner, folder_of, tidy

__all__ = [
    "ADOPTION",
    "FINISH",
    "LANDING",
    "PATIENCE",
    "Broken",
    "Change",
    "Delete",
    "Earlier",
    "Journal",
    "Link",
    "Owner",
    "Take",
    "Write",
    "as_git",
    "begin",
    "carry_out",
    "changed",
    "digest",
    "end",
    "finish",
    "folder_of",
    "forward",
    "keep_originals",
    "landing_of",
    "pending",
    "refuse_pending",
    "remove",
    "resume",
    "settings",
    "store",
    "take_back",
    "tidy",
    "turned",
]

PATIENCE = 20.0
"""Seconds for which whoever finds a transaction under way waits for the difykit that may be at work on it."""


def begin(root: Path, changes: Iterable[Change], owner: Owner, note: Mapping[str, Any] | None = None) -> Journal:
    """Write down what is to become of paths below `root`, and what is there now; nothing else is changed.

    `note` is what the owner needs for the rest of the work, as JSON has it.
    Raises DifyKitError while another transaction is under way, for a path that leaves the workspace and for what is no
    file; OSError where the disk does not take it.
    """
    refuse_pending(root)
    return journal.write_down(root, changes, owner, note or {}, source="", back=False)


def pending(root: Path) -> Journal | Earlier | None:
    """The transaction that was cut off in a workspace, of whichever difykit; None where there is none.

    Raises Broken, or for an older difykit's Damaged, for one that cannot be carried out.
    """
    return journal.read(root) or earlier.read(root)


def refuse_pending(root: Path, again: str = "") -> None:
    """Raises DifyKitError, and says what ends it and what comes then, where a transaction was cut off."""
    if unfinished := pending(root):
        text = f"{unfinished.owner.doing} was cut off between two files"
        raise DifyKitError(text, hint=f"end it: {unfinished.owner.verb}{again}")


def resume(root: Path) -> Journal | None:
    """The transaction that was cut off, as `pending`, to be carried out; an older difykit's is written down anew."""
    unfinished = journal.read(root)
    journal.tidy(root)
    if unfinished is None and (old := earlier.read(root)):
        journal.write_down(root, old.changes, old.owner, old.note, source=old.source, back=old.back)
        unfinished = journal.read(root)
    if unfinished and unfinished.source:
        earlier.forget(root, unfinished.source)
    return unfinished


def finish(root: Path, progress: Progress) -> None:
    """End a transaction that was cut off and needs nothing else; what was changed since stays, and is named.

    Raises DifyKitError as `carry_out`, and when another difykit is at work.
    """
    with files.locked(root / ".difykit" / "lock", "difykit", patience=PATIENCE, on_wait=progress.skip):
        if unfinished := resume(root):
            take_back(unfinished) if unfinished.back else forward(unfinished, progress)
            end(unfinished)


def forward(unfinished: Journal, progress: Progress) -> None:
    """Carry out, and name what was in its place before and was changed since: it stays. Raises as `carry_out`."""
    for path in carry_out(unfinished):
        progress.warn(f"{path} was changed since it was written, and stays as it is")
