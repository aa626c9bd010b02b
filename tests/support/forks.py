"""A fork of a test's upstream: its own repository, with the upstream's history and commits of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from difykit.core.files import prune_empty
from tests.support.repos import Upstream
from tests.support.trees import Content, write_tree


class Fork:
    """A bare clone of the upstream whose commits stand on one of its releases."""

    def __init__(self, folder: Path, upstream: Upstream, ref: str) -> None:
        self.path = folder / "my-fork.git"
        self._work = folder / "fork-work"
        self._env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        self._env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        self.who("Ann", "ann@example.org")
        self._run("clone", "--quiet", "--bare", upstream.path.as_uri(), str(self.path))
        self._work.mkdir()
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        self.git("config", "uploadpack.allowFilter", "true")
        write_tree(self.path, {"info/attributes": "* -text -eol -filter -ident -working-tree-encoding\n"})
        self.git("checkout", "--quiet", "-B", "main", ref)

    @property
    def url(self) -> str:
        return self.path.as_uri()

    def who(self, name: str, email: str) -> None:
        """Who makes the commits from here on."""
        for role in ("AUTHOR", "COMMITTER"):
            self._env |= {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": email}
            self._env |= {f"GIT_{role}_DATE": "1710000000 +0200"}

    def git(self, *args: str) -> str:
        """Run git in the repository; what it prints."""
        return self._run(f"--git-dir={self.path}", f"--work-tree={self._work}", *args)

    def commit(self, changes: Mapping[str, Content], message: str = "a change") -> str:
        """Commit what is there with `changes` on top, None takes a path away; the commit id."""
        for path in [path for path, content in changes.items() if content is None]:
            (self._work / path).unlink()
            prune_empty(self._work / path, self._work)
        write_tree(self._work, {path: content for path, content in changes.items() if content is not None})
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", f"--message={message}")
        return self.git("rev-parse", "HEAD")

    def tree(self, ref: str = "main") -> str:
        """The id of a commit's tree."""
        return self.git("rev-parse", f"{ref}^{{tree}}")

    def _run(self, *args: str) -> str:
        done = subprocess.run(
            ["git", *args], env=self._env, capture_output=True, check=False, text=True, errors="replace"
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
