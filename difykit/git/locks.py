"""Git's own locks, taken as git takes them, and told apart from those of any other git.

A lock of git's is a file whose making fails where it exists. Difykit's are links to a file of its own, so that each
says whose it is from its first moment on: one that a killed difykit left is known by its content, and is the only kind
that is ever removed. While they are held, difykit lets git work on copies, in a folder of its own, and puts the outcome
in place by rename: the git that it runs takes no lock of the user's repository.
"""

from __future__ import annotations

import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DifyKitError

_OWN = re.compile(r"difykit [0-9a-f-]{36} \(process \d+\)")
PATIENCE = 5.0
"""Seconds that are waited for another git: one that is not asking its user anything has done by then."""


class Locks:
    """The locks of one repository; who uses them holds a lock of difykit's that nobody else with this `owner` holds.

    `place` tells where git keeps a file such as "index" or "refs/heads/main".
    """

    def __init__(self, folder: Path, path_of: Callable[[str], Path], *, owner: str = "") -> None:
        self._folder = folder
        self._place = path_of
        self._token = f"difykit-lock-{owner}" if owner else "difykit-lock"
        self._mark = f" for {owner}" if owner else ""

    def recover(self, *names: str) -> None:
        """Take away the locks that a difykit left when it was killed, and no others.

        Those of `names` are known also where the file is lost that they are links to.
        """
        token = self._place(self._token)
        try:
            content = files.read_bytes(token)
        except OSError:
            content = b""
        noted = content.decode("utf-8", "replace").split("\n")[1:]
        for name in filter(None, {*noted, *names}):
            lock = self._lock(name)
            if lock.is_file() and (self._is_own(lock) or (content and _reads(lock, content)) or _is_link(lock, token)):
                lock.unlink()
        if token.is_dir():
            shutil.rmtree(token)
        token.unlink(missing_ok=True)

    def check(self, *names: str) -> None:
        """Raises DifyKitError when another git holds one of these locks, and goes on to; nothing is changed then."""
        self.recover(*names)
        if busy := self._wait(names, PATIENCE):
            raise self._refusal(busy)

    @contextmanager
    def hold(self, *names: str, patience: float = PATIENCE) -> Iterator[None]:
        """Hold the locks of these files for the block.

        Raises DifyKitError, with nothing changed, when another git holds one of them for longer than `patience`.
        """
        self.recover(*names)
        if busy := self._wait(names, patience):
            raise self._refusal(busy)
        token = self._place(self._token)
        content = os.fsencode("\n".join([f"difykit {uuid.uuid4()} (process {os.getpid()}){self._mark}", *names]))
        files.write(token, content)
        try:
            for name in names:
                self._take(name, token, content, patience)
            yield
        finally:
            self.recover()

    def _wait(self, names: tuple[str, ...], patience: float) -> Path | None:
        """The first of the locks that another git holds, and goes on to hold."""
        until = time.monotonic() + patience
        while busy := next((self._lock(name) for name in names if os.path.lexists(self._lock(name))), None):
            if time.monotonic() >= until:
                break
            time.sleep(0.05)
        return busy

    def _take(self, name: str, token: Path, content: bytes, patience: float) -> None:
        lock, until = self._lock(name), time.monotonic() + patience
        lock.parent.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                _link(token, lock, content)
            except FileExistsError:
                if time.monotonic() >= until:
                    raise self._refusal(lock) from None
                time.sleep(0.05)
            else:
                return

    def _is_own(self, lock: Path) -> bool:
        with files.opened(lock) as source:
            line = source.read(200).partition(b"\n")[0].decode("utf-8", "replace")
        return line.endswith(self._mark) and bool(_OWN.fullmatch(line.removesuffix(self._mark)))

    def _lock(self, name: str) -> Path:
        path = self._place(name)
        return path.with_name(f"{path.name}.lock")

    def _refusal(self, lock: Path) -> DifyKitError:
        return DifyKitError(
            f"another git is at work in {self._folder}: it holds {lock}",
            hint=f"finish it (a commit waits for its editor), then run this again; if no git runs there: rm {lock}",
        )


def _link(token: Path, lock: Path, content: bytes) -> None:
    try:
        os.link(token, lock)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        with lock.open("xb") as file:
            file.write(content)


def _reads(lock: Path, content: bytes) -> bool:
    return lock.stat().st_size == len(content) and files.read_bytes(lock) == content


def _is_link(lock: Path, token: Path) -> bool:
    return token.exists() and lock.samefile(token)
