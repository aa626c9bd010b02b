"""Forks of every odd kind: cut off, partial, borrowed, grafted, damaged, without commits."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support.repos import Upstream
from tests.support.trees import write_tree

Make = Callable[[Upstream, Path], None]


def git(folder: Path, *args: str) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    who = {f"GIT_{role}_{part}": "ann" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **who}
    done = subprocess.run(["git", *args], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def cloned(upstream: Upstream, folder: Path, *options: str, own: bool = True) -> Path:
    """A clone of the newest release, with a commit of its own on it."""
    url = str(upstream.path) if "--shared" in options else upstream.url
    git(folder.parent, "clone", "--quiet", *options, url, str(folder))
    if own:
        write_tree(folder, {"api/own.py": "OWN = 1\n", "api/core/part_2.py": "P = 'ours'\n"})
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message=ours")
    return folder


def shallow(upstream: Upstream, folder: Path) -> None:
    cloned(upstream, folder, "--depth=1")


def shallow_and_filtering(upstream: Upstream, folder: Path) -> None:
    git(cloned(upstream, folder, "--depth=1"), "config", "uploadpack.allowFilter", "true")


def shallow_in_two(upstream: Upstream, folder: Path) -> None:
    made = cloned(upstream, folder, "--depth=1")
    git(made, "commit", "--quiet", "--allow-empty", "--message=more")
    git(made, "fetch", "--quiet", "--deepen=1")


def shallow_since(upstream: Upstream, folder: Path) -> None:
    upstream.git("commit", "--quiet", "--allow-empty", "--message=late", "--date=2030-01-01T00:00:00Z")
    cloned(upstream, folder, "--depth=2")


def shallow_bare(upstream: Upstream, folder: Path) -> None:
    git(folder.parent, "clone", "--quiet", "--bare", "--depth=1", upstream.url, str(folder))


def shallow_and_partial(upstream: Upstream, folder: Path) -> None:
    cloned(upstream, folder, "--depth=1", "--filter=blob:none")


def partial(upstream: Upstream, folder: Path) -> None:
    cloned(upstream, folder, "--filter=blob:none")


def partial_offline(upstream: Upstream, folder: Path) -> None:
    git(cloned(upstream, folder, "--filter=blob:none"), "remote", "set-url", "origin", "https://127.0.0.1:9/x.git")


def partial_of_folders(upstream: Upstream, folder: Path) -> None:
    git(cloned(upstream, folder, "--filter=tree:0"), "remote", "set-url", "origin", "file:///nowhere/x.git")


def _lacking(upstream: Upstream, folder: Path, kind: str, promisor: str) -> None:
    made = cloned(upstream, folder, f"--filter={kind}", "--no-checkout", own=False)
    git(made, "remote", "set-url", "origin", promisor)
    git(made, "config", "uploadpack.allowFilter", "true")


def lacking_gone(upstream: Upstream, folder: Path) -> None:
    _lacking(upstream, folder, "blob:none", "file:///nowhere/x.git")


def lacking_itself(upstream: Upstream, folder: Path) -> None:
    _lacking(upstream, folder, "blob:none", folder.as_uri())


def lacking_folders_itself(upstream: Upstream, folder: Path) -> None:
    _lacking(upstream, folder, "tree:0", folder.as_uri())


def lacking_itself_relative(upstream: Upstream, folder: Path) -> None:
    _lacking(upstream, folder, "blob:none", f"../{folder.name}")


def lacking_itself_dot(upstream: Upstream, folder: Path) -> None:
    _lacking(upstream, folder, "blob:none", ".")


def lacking_each_other(upstream: Upstream, folder: Path) -> None:
    twin = folder.with_name("twin")
    _lacking(upstream, folder, "blob:none", twin.as_uri())
    _lacking(upstream, twin, "blob:none", folder.as_uri())


def borrowed(upstream: Upstream, folder: Path) -> None:
    cloned(upstream, folder, "--shared")


def borrowed_from_nowhere(upstream: Upstream, folder: Path) -> None:
    made = cloned(upstream, folder, "--shared")
    (made / ".git" / "objects" / "info" / "alternates").write_text("/nowhere/objects\n")


def borrowed_in_a_circle(upstream: Upstream, folder: Path) -> None:
    made, twin = cloned(upstream, folder), folder.with_name("twin")
    shutil.copytree(made, twin)
    for one, other in ((made, twin), (twin, made)):
        (one / ".git" / "objects" / "info" / "alternates").write_text(f"{other / '.git' / 'objects'}\n")


def grafted(upstream: Upstream, folder: Path) -> None:
    made = cloned(upstream, folder)
    (made / ".git" / "info" / "grafts").write_text(git(made, "rev-parse", "HEAD") + "\n")


def replaced(upstream: Upstream, folder: Path) -> None:
    made = cloned(upstream, folder)
    (made / "other").write_text("REPLACED = 1\n")
    git(made, "replace", "HEAD:api/own.py", git(made, "hash-object", "-w", "other"))
    git(made, "replace", "HEAD~1", "1.0.0")


def of_a_submodule(upstream: Upstream, folder: Path) -> None:
    made = cloned(upstream, folder)
    git(made, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor/thing")
    git(made, "commit", "--quiet", "--message=submodule")


def work_tree(upstream: Upstream, folder: Path) -> None:
    made = cloned(upstream, folder.with_name("beside"))
    git(made, "branch", "--move", "other")
    git(made, "worktree", "add", "--quiet", str(folder), "-b", "main")


def bare(upstream: Upstream, folder: Path) -> None:
    git(folder.parent, "clone", "--quiet", "--bare", str(cloned(upstream, folder.with_name("beside"))), str(folder))


def without_commits(upstream: Upstream, folder: Path) -> None:  # noqa: ARG001 - as all others
    git(folder.parent, "init", "--quiet", "--initial-branch=main", str(folder))


def unborn(upstream: Upstream, folder: Path) -> None:
    made = cloned(upstream, folder)
    git(made, "branch", "--move", "other")
    git(made, "checkout", "--quiet", "--orphan", "main")


def damaged(upstream: Upstream, folder: Path) -> None:
    made = cloned(upstream, folder)
    oid = git(made, "rev-parse", "HEAD:api/own.py")
    (made / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
