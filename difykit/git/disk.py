"""What is wrong here and not with the network, as git says it: a disk, or an upstream that is not whole."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from difykit.core.errors import DifyKitError

_AGAIN = "then run the command again: what is there already is used"
_HINTS = {
    errno.ENOSPC: f"make room there (df -h; df -i), {_AGAIN}",
    errno.EDQUOT: f"make room within your quota there (quota -s), {_AGAIN}",
    errno.EROFS: f"have it mounted for writing, {_AGAIN}",
    errno.EACCES: f"let your user write there (ls -ld), {_AGAIN}",
    errno.EPERM: f"let your user write there (ls -ld; lsattr), {_AGAIN}",
    errno.EMFILE: "raise the limit of open files (ulimit -n 4096), then run the command again",
    errno.ENFILE: "end other programs: the machine has no open file left; then run the command again",
    errno.EFBIG: "raise the limit of a file's size (ulimit -f unlimited), then run the command again",
    errno.EIO: "the disk fails (dmesg): put the workspace on another one, then run the command again",
}
_SAYS = {number: os.strerror(number) for number in _HINTS}
_WORDS = {**_SAYS, errno.ENOSPC: "no space left on device"}
_NO_SPACE = "Out of diskspace"
"""What git says for a file that took a part of what was written, whatever the reason was."""
_VAGUE = ("unable to write", "unable to create", "failed to write", "write error", "short write", _NO_SPACE)
_PROBE = 1 << 20
_FEW = 100
"""Files: a fetch makes fewer than these."""


def disk_fault(output: str, path: Path, doing: str) -> DifyKitError | None:
    """The error for a git that could not write at `path` what it had to for `doing`; None where that is not why."""
    number = _in_words(output)
    if not number and any(words in output for words in _VAGUE):
        number = _probed(path) or (errno.ENOSPC if _NO_SPACE in output or _is_nearly_full(path) else 0)
    if not number:
        return None
    free = _free(path) if number in {errno.ENOSPC, errno.EDQUOT} else ""
    return DifyKitError(f"cannot {doing}: {_WORDS[number]} at {path}{free}", hint=_HINTS[number])


def _in_words(output: str) -> int:
    """The fault of this machine that git names; what the other side says of its own is not ours."""
    for line in output.splitlines():
        text = line.strip()
        if text.startswith(("remote:", "ssh:")) or "publickey" in text or "password" in text:
            continue
        for number, words in _SAYS.items():
            if words in text and _is_local(number, text):
                return number
    return 0


def _is_local(number: int, text: str) -> bool:
    """Whether a refusal is about a file: those who ask a server for one are refused in the same words."""
    about = (
        "unable to create",
        "unable to write",
        "could not open",
        "cannot open",
        "could not create",
        "cannot create",
    )
    return number not in {errno.EACCES, errno.EPERM} or any(words in text.lower() for words in about)


def _probed(target: Path) -> int:
    """What keeps a file from being written: git's parallel check-out does not say."""
    folder = _folder(target)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * _PROBE)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno if error.errno in _HINTS else 0
    return 0


def _folder(path: Path) -> Path:
    """The nearest folder to a path that is there."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _is_nearly_full(path: Path) -> bool:
    """Whether there is no more room than what git gave back when it failed."""
    counts = os.statvfs(_folder(path))
    return bool(counts.f_files and counts.f_favail < _FEW) or counts.f_bavail * counts.f_frsize < 4 * _PROBE


def _free(target: Path) -> str:
    folder = _folder(target)
    room, counts = shutil.disk_usage(folder), os.statvfs(folder)
    inodes = f", {counts.f_favail} files" if counts.f_files and counts.f_favail < 10 * _FEW else ""
    return f", and the {_size(room.free)}{inodes} that are free there, of {_size(room.total)}, are not enough"


def _size(count: int) -> str:
    units: Sequence[tuple[str, int]] = (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10))
    return next((f"{count / size:.1f} {unit}" for unit, size in units if count >= size), f"{count} bytes")


def partial_clone_fault(url: str, output: str) -> DifyKitError | None:
    """The error for an upstream that answers, and lacks files itself since it is a partial clone; None for others."""
    if "lazy fetching disabled" not in output and "from promisor remote" not in output:
        return None
    return DifyKitError(
        f"{url} is a partial clone, and lacks files of the release itself",
        hint="name in difykit.yaml the repository that it was cloned from; or fetch the rest there",
    )
