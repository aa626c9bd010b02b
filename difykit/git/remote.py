"""An upstream's releases: which there are, and fetching those that are missing in one go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from difykit.core import process, redact
from difykit.core.errors import CommandFailed, DifyKitError
from difykit.git.command import fetch_env, git, git_fetch
from difykit.git.disk import disk_fault, partial_clone_fault
from difykit.git.quarantine import fetch_apart
from difykit.git.scratch_repository import borrowing
from difykit.git.store import Store, release_ref

_PATIENCE = 60
_KEPT = "refs/difykit/releases/"


def list_tags(url: str) -> tuple[str, ...]:
    """The tags of the upstream. Raises DifyKitError when it cannot be reached."""
    command = ["git", "ls-remote", "--tags", "--refs", "--", url]
    try:
        completed = process.run(command, env=fetch_env(), check=False, timeout=_PATIENCE)
    except CommandFailed:
        raise _unreachable(url, f"no answer within {_PATIENCE} s") from None
    if completed.code:
        raise _unreachable(url, _why(completed.stderr.decode("utf-8", "replace")))
    return tuple(line.partition("\trefs/tags/")[2] for line in completed.text.splitlines())


def kept_releases(store: Store) -> dict[str, str]:
    """The releases that were fetched before; ref → commit id."""
    if not (store.path / "HEAD").is_file():
        return {}
    form = "%(refname)%00%(objecttype) %(objectname)%00%(*objecttype) %(*objectname)"  # a tag, and what it is put on
    text = git("for-each-ref", f"--format={form}", _KEPT, git_dir=store.path).text
    rows = [line.split("\0") for line in text.splitlines()]
    peeled = [(name, part.partition(" ")) for name, *parts in rows for part in parts]
    return {_ref(name): oid for name, (kind, _, oid) in peeled if kind == "commit"}


def _ref(name: str) -> str:
    return name.removeprefix(_KEPT).replace("%2F", "/")


def fetch_tags(store: Store, url: str, tags: Sequence[str], on_line: Callable[[str], None]) -> None:
    """Fetch these tags in one go, one commit deep, and keep each as its release.

    Raises DifyKitError when the upstream has one of them not, or cannot be reached.
    """
    specs = [f"+refs/tags/{tag}:{release_ref(tag)}" for tag in tags]
    words = ["--depth=1", "--no-tags", "--progress", "--no-write-fetch-head", "--", url, *specs]
    code, output = fetch_apart(store.path, *words, on_line=on_line)
    if code:
        if fault := disk_fault(output, store.path, f"fetch {len(tags)} releases of Dify"):
            raise fault
        raise partial_clone_fault(url, output) or _unreachable(url, _why(output))


def tag_dates(url: str, tags: Sequence[str], on_line: Callable[[str], None]) -> Mapping[str, int]:
    """When each of these tags was committed, in seconds since 1970, from the commits alone.

    An upstream that cannot send commits without their files sends the files too, which are thrown away.
    Raises DifyKitError when it cannot be reached.
    """
    with borrowing() as scratch:
        specs = [f"+refs/tags/{tag}:refs/tags/{tag}" for tag in tags]
        words = ["--depth=1", "--filter=tree:0", "--no-tags", "--progress", "--no-write-fetch-head", "--", url]
        code, output = git_fetch(scratch.path, *words, *specs, on_line=on_line)
        if code:
            if fault := disk_fault(output, scratch.path, "ask for the dates of releases"):
                raise fault
            raise _unreachable(url, _why(output))
        words = ["for-each-ref", "--format=%(refname:lstrip=2)%00%(committerdate:unix)%(*committerdate:unix)"]
        rows = (line.split("\0") for line in git(*words, "refs/tags", git_dir=scratch.path).text.splitlines())
        return {tag: int(date) for tag, date in rows if date}


def commit_dates(store: Store, commits: Sequence[str]) -> dict[str, int]:
    """When each of these commits was made, in seconds since 1970."""
    if not commits:  # git would take HEAD then
        return {}
    words = ["log", "--no-walk=unsorted", "--format=%H %ct", "--stdin"]
    text = git(*words, git_dir=store.path, stdin="".join(f"{oid}\n" for oid in commits).encode()).text
    return {oid: int(date) for oid, date in (line.split(" ") for line in text.splitlines())}


def _why(output: str) -> str:
    lines = output.splitlines()
    shown = [line for line in lines if line.startswith(("fatal:", "error:", "ssh:"))] or lines or ["no reason given"]
    return redact.text(shown[0].removeprefix("fatal: "))  # `insteadOf` may put a login in


def _unreachable(url: str, why: str) -> DifyKitError:
    return DifyKitError(
        f"cannot reach {url}: {why}", hint="check the network and upstream.url in difykit.yaml, then run it again"
    )
