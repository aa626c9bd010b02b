"""What of a damaged upgrade may be work of a person's: put aside whole, before anything of it goes."""

from __future__ import annotations

from difykit.core import files, transaction
from difykit.core.errors import Damaged
from difykit.core.progress import Progress
from difykit.porting.apply.journal import Places, read_journal, read_landing
from difykit.porting.conflicts import work_tree
from difykit.workspace.derived import put_aside


def unreadable(places: Places, progress: Progress) -> bool:
    """Put an upgrade aside whose journal or landing cannot be read; False where both can. Resolutions stay."""
    try:
        read_journal(places)
        landed = read_landing(places)
    except Damaged as error:
        derived = places.top.parent
        landing_folder = transaction.folder_of(derived.parent)
        cut_off = files.present(landing_folder) or files.present(derived / transaction.LANDING)
        why = f"an upgrade whose journal is damaged: {error.message}"
        new, *more = [
            put_aside(folder, derived, why) for folder in (places.top, landing_folder) if files.present(folder)
        ]
        if (new / places.resolutions.name).is_dir():
            places.top.mkdir()
            (new / places.resolutions.name).rename(places.resolutions)
        progress.warn(f"{error.message}; all of the upgrade was put aside, in {new}")
        if cut_off:
            was, staged = (f"{more[0]}/*.old", f"{more[0]}/*.new") if more else (places.before.name, places.staged.name)
            progress.hint(
                f"it was cut off while it put new files in place: the workspace's files as they were are in"
                f" {new / was}, and as they were to be in {new / staged};"
                " compare: git status, git diff; put back what differs"
            )
        return True
    return landed is None and without_journal(places, progress)


def without_journal(places: Places, progress: Progress) -> bool:
    """Put aside what a person may have worked on in an upgrade whose journal is lost; False where nothing is."""
    if places.journal.exists():
        return False
    folders = [folder for folder in (places.work, places.mend) if folder.is_dir() and any(folder.iterdir())]
    for folder in folders:
        new = put_aside(folder, places.top.parent, "an upgrade whose journal is lost")
        progress.warn(f"{folder} belongs to an upgrade whose journal is lost: it was put aside, in {new}")
    if folders:
        places.clear(keep_before=True)
    return bool(folders)


def work(places: Places, progress: Progress) -> bool:
    """Put the work tree of a conflict aside where git cannot say what was resolved in it; False where it can."""
    fault = work_tree.damage(places)
    if fault:
        new = put_aside(places.work, places.top.parent, f"the work tree of an upgrade is damaged: {fault}")
        progress.warn(f"{places.work} is damaged: {fault}; it was put aside, with what you resolved in it, in {new}")
    return bool(fault)
