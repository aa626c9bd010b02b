"""A fork of the upstream: its tip, the folders of the upstream's releases, and who changed what in it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from difykit.core import files
from difykit.core.errors import CommandFailed, DifyKitError
from difykit.git.command import git, git_fetch, is_partial, stays_put
from difykit.git.disk import disk_fault
from difykit.git.quarantine import fetch_apart
from difykit.git.store import Store

PLACE = "refs/difykit/adopt/"
_NAME_ONE = "name a tag, a branch or a full commit id of the fork: --ref"
_NOTHING = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git knows it without having it
_BATCH = 500  # an argument list may not be endless
SHORT = ("--no-tags", "--progress", "--no-write-fetch-head")
# Git's word for all commits. Without it git refuses to note where a shallow clone ends, and takes its end for missing.
ALL_COMMITS = "--depth=2147483647"
# Words of git's, of the repository that is fetched from.
_PARTIAL = ("lazy fetching disabled", "from promisor remote")
_DAMAGED = ("git-pack-objects died", "repository corruption", "unable to normalize alternate")


@dataclass(frozen=True)
class Told:
    """What a commit says: its id, who made it and when, its message, and what it did to each path.

    A file is its mode and blob id as one text, "" where there is none.
    """

    oid: str
    author: str
    email: str
    date: str
    message: str
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0].strip()

    @property
    def body(self) -> str:
        return self.message.partition("\n")[2].strip("\n")


def fetch_fork(store: Store, url: str, ref: str, on_line: Callable[[str], None]) -> str:
    """Fetch `ref` of a fork, one commit deep, and hold it until `forget_fork`; its commit id.

    A tag is looked for first, then a branch; a full commit id and HEAD are fetched as they are.
    Raises DifyKitError when the fork has no such ref or cannot be reached, MissingTool for a partial clone on this
    machine that git would go on fetching for.
    """
    return _fetch(store, url, ref, ("--depth=1",), on_line)


def fetch_commits(store: Store, url: str, ref: str, on_line: Callable[[str], None]) -> str:
    """Fetch `ref` with all of its history and files; its commit id, that of `main~2` too.

    Raises DifyKitError as `fetch_fork` does.
    """
    back = re.search(r"(?:[~^][0-9]*)+$", ref)
    name, steps = (ref[: back.start()], back[0]) if back else (ref, "")
    hint = "name a tag, a branch or a full commit id, or so many commits before it: main~2"
    commit = store.resolve(_fetch(store, url, name, (), on_line, hint=hint) + steps)
    if not commit:
        raise DifyKitError(f"{url} has no {ref}: the history of {name} is shorter", hint=hint)
    return commit


def fetch_history(store: Store, url: str, ref: str, on_line: Callable[[str], None]) -> str:
    """Fetch all commits of `ref` with their folders, but no files, into a scratch store.

    Raises DifyKitError as `fetch_fork` does.
    """
    return _fetch(store, url, ref, ("--filter=blob:none", ALL_COMMITS), on_line, fetch=fetch_anew)


def fetch_files(store: Store, url: str, oids: Sequence[str], on_line: Callable[[str], None]) -> None:
    """Fetch these blobs of a history. Raises DifyKitError when they cannot be had."""
    unique_oids = sorted(set(oids))
    for start in range(0, len(unique_oids), _BATCH):
        words = ("--filter=blob:none", *SHORT, "--", url, *unique_oids[start : start + _BATCH])
        code, output = git_fetch(store.path, *words, on_line=on_line)
        if code:
            raise fetch_failed(url, f"{len(unique_oids)} files of the history", output)


def fetch_folders(
    store: Store, url: str, tags: Sequence[str], on_line: Callable[[str], None]
) -> Iterator[tuple[str, str]]:
    """Fetch these releases without their files, as far as they are missing; each with its commit id.

    Raises DifyKitError when the upstream cannot be reached.
    """
    missing = _missing(store, tags)
    _fetch_tags(store, url, missing, on_line)
    _fetch_tags(store, url, _missing(store, [tag for tag in tags if tag not in missing]), on_line)  # made anew
    for tag in tags:
        if commit := store.resolve(f"{PLACE}release/{tag}"):  # a tag may stand on something that is no commit
            yield tag, commit


def _fetch_tags(store: Store, url: str, tags: Sequence[str], on_line: Callable[[str], None]) -> None:
    if not tags:
        return
    words = ("--depth=1", "--filter=blob:none", *SHORT, "--", url)
    specs = [f"+refs/tags/{tag}:{PLACE}release/{tag}" for tag in tags]
    code, output = fetch_anew(store, *words, *specs, on_line=on_line)
    if code:
        raise fetch_failed(url, f"{len(tags)} releases", output)


def _missing(store: Store, tags: Sequence[str]) -> list[str]:
    return [tag for tag in tags if not store.resolve(f"{PLACE}release/{tag}")]


def forget_fork(store: Store) -> None:
    """Let go of what was fetched of a fork."""
    names = git("for-each-ref", "--format=%(refname)", PLACE, git_dir=store.path).text.split()
    lines = "".join(f"delete {name}\n" for name in names)
    git("update-ref", "--stdin", git_dir=store.path, stdin=lines.encode())


def renames(store: Store, old: str, new: str) -> dict[str, str]:
    """The files that have another path in `new`, and are alike by half at least: new path → old path."""
    words = ("diff-tree", "-r", "-z", "--name-status", "--diff-filter=R", "--find-renames=50%", "-l0", old, new)
    fields = git(*words, git_dir=store.path).stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    return {fields[index + 2]: fields[index + 1] for index in range(0, len(fields), 3)}


def sizes(store: Store, oids: Sequence[str]) -> dict[str, int]:
    """How many bytes each of these blobs has. One that is missing is left out."""
    queries = "".join(f"{oid}\n" for oid in oids).encode()
    rows = git(
        "cat-file", "--batch-check=%(objectname) %(objectsize)", git_dir=store.path, stdin=queries
    ).text.splitlines()
    pairs = (row.split(" ") for row in rows)
    return {oid: int(size) for oid, size in pairs if size.isdigit()}


def told(store: Store, commit: str) -> Told:
    """What one commit says, without what it did."""
    raw = git("show", "-s", f"--format={_FORM}", commit, git_dir=store.path).stdout
    return _commit_told(raw.decode("utf-8", "replace").rstrip("\n"), {})


def parent(store: Store, commit: str) -> str:
    """What a commit was made on: its first parent, or the empty tree."""
    return store.resolve(f"{commit}^1") or _NOTHING


@dataclass(frozen=True)
class HistoryCommit:
    """A commit in a history: its id, its tree, its parents."""

    oid: str
    tree: str
    parents: tuple[str, ...]


def history(store: Store, *tips: str) -> list[HistoryCommit]:
    """All commits up to `tips`, children before their parents."""
    words = ("log", "--topo-order", "--format=%H %T %P", "--stdin")
    queries = "".join(f"{tip}\n" for tip in tips).encode()
    rows = (line.split(" ") for line in git(*words, git_dir=store.path, stdin=queries).text.splitlines())
    return [HistoryCommit(row[0], row[1], tuple(filter(None, row[2:]))) for row in rows]


def is_cut_off(store: Store, tip: str) -> bool:
    """Whether the history up to `tip` ends where a shallow clone was cut, and not where it began."""
    file = store.path / "shallow"
    cut = set(files.read_text(file, limit=files.STATE).split()) if file.is_file() else set()
    return bool(cut) and any(node.oid in cut for node in history(store, tip))


def own_commits(store: Store, tip: str, without: Sequence[str]) -> list[Told]:
    """What the commits of `tip` say that none of `without` has, merges left out, the oldest first."""
    words = ("log", "--reverse", "--topo-order", "--no-merges", "--no-renames", "--raw", "--no-abbrev", "-z")
    queries = "".join([f"{tip}\n", *(f"^{oid}\n" for oid in without)]).encode()
    form = f"--format=%x01{_FORM}%x02"
    raw = git(*words, form, "--stdin", git_dir=store.path, stdin=queries).stdout.decode("utf-8", "surrogateescape")
    commits: list[Told] = []
    for record in raw.split("\x01")[1:]:
        head, _, raw_lines = record.partition("\x02")
        fields = raw_lines.lstrip("\0\n").split("\0")
        commits.append(_commit_told(head, dict(map(_change, fields[::2], fields[1::2]))))
    return commits


_FORM = "%H%x1f%an%x1f%ae%x1f%aD%x1f%B"


def _change(meta: str, path: str) -> tuple[str, tuple[str, str]]:
    old_mode, new_mode, old, new, _ = meta.removeprefix(":").split(" ")
    return path, (f"{old_mode} {old}" if old.strip("0") else "", f"{new_mode} {new}" if new.strip("0") else "")


def _commit_told(text: str, changes: Mapping[str, tuple[str, str]]) -> Told:
    oid, author, email, date, message = text.split("\x1f", 4)
    clean = message.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return Told(oid, author, email, date, clean.strip(), changes)


class _Fetch(Protocol):
    def __call__(self, store: Store, *words: str, on_line: Callable[[str], None]) -> tuple[int, str]: ...


def _fetch_plain(store: Store, *words: str, on_line: Callable[[str], None]) -> tuple[int, str]:
    return fetch_apart(store.path, *words, on_line=on_line)


def fetch_anew(store: Store, *words: str, on_line: Callable[[str], None]) -> tuple[int, str]:
    """Fetch into a scratch store; where it lacks files that what comes is told by, into an empty one."""
    code, output = git_fetch(store.path, *words, on_line=on_line)
    own_lines = [line for line in output.splitlines() if not line.startswith("remote: ")]
    if code and any(word in line for line in own_lines for word in _PARTIAL):
        store.close()
        shutil.rmtree(store.path)
        store.ensure()
        code, output = git_fetch(store.path, *words, on_line=on_line)
    return code, output


def _fetch(
    store: Store,
    url: str,
    ref: str,
    options: Sequence[str],
    on_line: Callable[[str], None],
    *,
    fetch: _Fetch = _fetch_plain,
    hint: str = _NAME_ONE,
) -> str:
    names = [ref] if re.fullmatch(r"[0-9a-f]{40}|HEAD", ref) else [f"refs/tags/{ref}", f"refs/heads/{ref}"]
    output = ""
    for name in names:
        words = (*options, *SHORT, "--", url, f"+{name}:{PLACE}tip")
        code, output = fetch(store, *words, on_line=on_line)
        if code == 0:
            return _resolved(store, f"{PLACE}tip", url, ref)
        if fault := disk_fault(output, store.path, f"fetch {ref} of the fork"):
            raise fault
        if "couldn't find remote ref" not in output and "not our ref" not in output:
            raise fetch_failed(url, ref, output)
    raise DifyKitError(f"{url} has no {ref}", hint=hint)


def _resolved(store: Store, revision: str, url: str, ref: str) -> str:
    if commit := store.resolve(revision):
        return commit
    raise DifyKitError(f"{ref} of {url} is not a commit", hint="name a tag, a branch or a full commit id: --ref")


def fetch_failed(url: str, ref: str, output: str) -> DifyKitError:
    lines = output.splitlines()
    if any(word in output for word in _PARTIAL):
        return DifyKitError(
            f"cannot fetch {ref} from {url}: it is a partial clone, which lacks files of it",
            hint="adopt the repository that it was cloned from: --fork URL",
        )
    if any(word in output for word in _DAMAGED):
        why = [line for line in lines if re.match("(remote: )?(fatal|error): unable", line)] or lines[-1:]
        return DifyKitError(
            f"cannot fetch {ref} from {url}: objects of it are missing or damaged there: {_plain(why[0])}",
            hint="git fsck says there what is wrong (also see objects/info/alternates); mend it, then again",
        )
    why = [line for line in lines if line.startswith(("fatal:", "error:", "ssh:", "remote: fatal:"))] or lines or [""]
    hint = "check the network and the URL, then again"
    return DifyKitError(f"cannot fetch {ref} from {url}: {_plain(why[0])}", hint=hint)


def _plain(line: str) -> str:
    return re.sub(r"//[^/\s@]*@", "//", re.sub(r"^(remote: )?((fatal|error): )?", "", line))


def scratch_store(path: Path) -> Store:
    """A store that may lack files: nothing but commits and folders is ever asked of it."""
    store = Store(path)
    try:
        if (path / "HEAD").is_file() and not stays_put() and is_partial(path):
            shutil.rmtree(path)  # a newer git made it, and this one would fetch for it without being asked
        store.ensure()
    except CommandFailed as error:
        raise DifyKitError(f"{path} cannot be used: {error.message}", hint=f"rm -rf {path}, then again") from error
    return store
