"""Git's own merge of three trees, in the object database: the tree it makes and every path that it leaves."""

from __future__ import annotations

import re
from dataclasses import dataclass

from difykit.errors import CommandFailed
from difykit.git import Entry, Store
from difykit.git.call import git

_WHO = b"difykit <difykit@example.invalid> 1 +0000"
_SETTINGS = {
    "merge.conflictStyle": "zdiff3",
    "merge.renames": "true",
    "merge.renameLimit": "65535",
    "diff.renameLimit": "65535",
    "merge.directoryRenames": "conflict",  # `solve` follows them by name
}
_KIND = re.compile(r"CONFLICT \(([^)]*)\)")
_CONTENT = {"contents": "content", "distinct modes": "mode", "distinct types": "file/directory"}


@dataclass(frozen=True)
class Left:
    """A path that git did not merge: its three entries, and git's kinds of conflict with the other paths in each."""

    path: str
    base: Entry | None
    ours: Entry | None
    theirs: Entry | None
    kinds: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def kind(self) -> str:
        """The one word for it: what happened to the path counts before what happened in the file."""
        words = [kind for kind, _ in self.kinds]
        return next((word for word in words if word != "content"), "content")


@dataclass(frozen=True)
class Raw:
    """What git made of three trees; `labels` are the names that its markers have for ours and theirs."""

    tree: str
    left: tuple[Left, ...]
    labels: tuple[str, str]


def merge_trees(store: Store, base: str, ours: str, theirs: str) -> Raw:
    """Merge two commits or trees whose common past is `base`. Raises CommandFailed when git cannot."""
    past = loose_commit(store, base)
    pair = (loose_commit(store, ours, past), loose_commit(store, theirs, past))
    settings = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
    done = git(*settings, "merge-tree", "--write-tree", "-z", *pair, git_dir=store.path, check=False)
    if done.code > 1:
        raise CommandFailed([done.argv[0], "merge-tree"], done.code, done.stderr.decode("utf-8", "replace"))
    tree, _, rest = done.stdout.decode("utf-8", "surrogateescape").partition("\0")
    listed, _, said = rest.partition("\0\0")
    return Raw(tree, _left(listed, _messages(said)), pair)


def loose_commit(store: Store, rev: str, parent: str = "") -> str:
    """A commit of this tree that nothing refers to: merge-tree wants a past in common, and git 2.39 cannot be told."""
    lines = [b"tree " + store.tree_id(rev).encode()]
    lines += [b"parent " + parent.encode()] if parent else []
    content = b"\n".join([*lines, b"author " + _WHO, b"committer " + _WHO, b"", b"merge\n"])
    return git("hash-object", "-t", "commit", "-w", "--stdin", git_dir=store.path, stdin=content).text.strip()


def _left(listed: str, messages: list[tuple[str, tuple[str, ...]]]) -> tuple[Left, ...]:
    stages: dict[str, dict[str, Entry]] = {}
    for record in filter(None, listed.split("\0")):
        meta, path = record.split("\t", 1)
        mode, oid, stage = meta.split(" ")
        stages.setdefault(path, {})[stage] = Entry(mode, oid)
    return tuple(
        Left(path, of.get("1"), of.get("2"), of.get("3"), tuple(each for each in messages if path in each[1]))
        for path, of in sorted(stages.items())
    )


def _messages(said: str) -> list[tuple[str, tuple[str, ...]]]:
    found: list[tuple[str, tuple[str, ...]]] = []
    words = said.split("\0")
    at = 0
    while at < len(words) and words[at].isdigit():
        paths, at = tuple(words[at + 1 : at + 1 + int(words[at])]), at + 1 + int(words[at])
        short, text = words[at : at + 2]
        at += 2
        if short.startswith("CONFLICT"):
            match = _KIND.match(text)
            kind = match.group(1) if match else short.removeprefix("CONFLICT").strip(" ()")
            found.append((_CONTENT.get(kind, kind), paths))
    return found
