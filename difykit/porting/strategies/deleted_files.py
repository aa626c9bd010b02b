"""Files that one side took away or moved: what follows for sure."""

from __future__ import annotations

from collections import Counter

from difykit.git import Changes, GitEntry, Store
from difykit.porting.strategies.model import Conflict, Solved, Trees
from difykit.porting.strategies.pycheck import lacking
from difykit.porting.strategies.tokens import language
from difykit.porting.strategies.whitespace import same

_ALIKE = 0.4  # of the lines; git asks for half


def stays_gone(conflict: Conflict) -> tuple[Changes, Solved] | None:
    """A file that the customised side took away for good goes with what the release changed in it, or where it went."""
    if conflict.kind not in {"modify/delete", "rename/delete"} or conflict.theirs or not conflict.ours:
        return None
    note = "the release changed it, and the patch says Stay-deleted"
    return {conflict.path: None}, Solved(conflict.path, "stay deleted", note)


def stay_gone(store: Store, conflict: Conflict) -> tuple[Changes, Solved] | None:
    """A file that upstream took away stays away where the other side changed no more than its layout."""
    base, theirs = conflict.base, conflict.theirs
    if conflict.kind != "modify/delete" or conflict.ours or not base or not theirs or base.mode != theirs.mode:
        return None
    was, now = (store.blob(entry.oid).decode("utf-8", "surrogateescape") for entry in (base, theirs))
    if "\0" in was or not same(was, now, language(conflict.path)):
        return None
    note = "upstream has no such file any more; your side changed only its layout"
    return {conflict.path: None}, Solved(conflict.path, "layout and notes only", note)


def follow_folder(store: Store, conflict: Conflict, trees: Trees) -> tuple[Changes, Solved] | None:
    """A file added in a folder that upstream renamed goes there, if no file of that side names its old place."""
    if conflict.kind != "file location" or not conflict.theirs or conflict.ours or conflict.base:
        return None
    old = [path for path, entry in trees.theirs.entries.items()
           if entry == conflict.theirs and path.rpartition("/")[2] == conflict.path.rpartition("/")[2]]  # fmt: skip
    if len(old) != 1 or old[0] in trees.base.entries or _named(store, old[0], trees):
        return None
    content = store.blob(conflict.theirs.oid)
    if conflict.path.endswith(".py") and not _finds_all(conflict.path, content, trees):
        return None
    changes: Changes = {conflict.path: (conflict.theirs.mode, content)}
    return changes, Solved(conflict.path, "folder renamed", f"it was {old[0]}; upstream renamed the folder")


def new_place(store: Store, conflict: Conflict, trees: Trees) -> str | None:
    """Where upstream has a file that it took away here: one new file of that name with much of it, or None."""
    if conflict.ours or not conflict.base or not conflict.theirs:
        return None
    name = conflict.path.rpartition("/")[2]
    candidates = [
        path
        for path in trees.ours.entries
        if path.rpartition("/")[2] == name and path not in trees.base.entries and path not in trees.theirs.entries
    ]
    was = _lines(store, conflict.base)
    alike = [path for path in candidates if _share(was, _lines(store, trees.ours.entries[path])) >= _ALIKE]
    return alike[0] if len(alike) == 1 and not _named(store, conflict.path, trees) else None


def _finds_all(path: str, content: bytes, trees: Trees) -> bool:
    """Whether a Python file finds what it imports of its own tree."""
    try:
        return not any(lacking(path, content.decode(), trees))
    except ValueError:
        return False


def _lines(store: Store, entry: GitEntry) -> Counter[bytes]:
    return Counter(line.strip() for line in store.blob(entry.oid).split(b"\n") if len(line.strip()) > 3)


def _share(old: Counter[bytes], new: Counter[bytes]) -> float:
    return (old & new).total() / max(old.total(), new.total(), 1)


def _named(store: Store, path: str, trees: Trees) -> bool:
    """Whether a file that the customised side wrote has the path, or the module, in it."""
    stem = path.rsplit(".", 1)[0]
    parts = stem.split("/")
    names = {path, *("/".join(parts[at:]) for at in range(max(1, len(parts) - 1)))}
    names |= {own_path.replace("/", ".") for own_path in names if "/" in own_path} | {
        f"./{parts[-1]}",
        f".{parts[-1]} import",
    }
    own = [entry for own_path, entry in trees.theirs.entries.items()
           if trees.base.entries.get(own_path) != entry and own_path != path]  # fmt: skip
    store.prefetch(entry.oid for entry in own)
    return any(own_path.encode() in store.blob(entry.oid) for entry in own for own_path in names)
