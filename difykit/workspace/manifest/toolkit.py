"""`toolkit` in `difykit.yaml`: which difykit, so exactly that a machine without one can install just that."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

from difykit.core.files import TREE, path_fault, read_bytes

FORMS = (
    "git+https://HOST/OWNER/difykit.git@COMMIT, or a wheel's URL or path in the workspace with #sha256=HASH behind it"
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^]]*\])?\s*(?:[=<>!~;].*)?")
_ODD = re.compile(r"[\s\x00-\x1f\x7f\"'`$\\]")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HASH = re.compile(r"sha256=[0-9a-f]{64}")
_WHEEL = re.compile(r"difykit-[^/]+\.whl")


def exact_toolkit(value: str) -> str:
    """The text of `toolkit`, "" for none. Raises ValueError for what does not say exactly one difykit."""
    if not value:
        return value
    if _NAME.fullmatch(value) and not value.endswith(".whl"):
        raise ValueError(f"{value!r} is a name: an index has it from whoever registered it there; write {FORMS}")
    if _ODD.search(value):
        raise ValueError(f"{_shown(value)!r} holds a space or a character that a shell reads")
    if value.startswith("git+"):
        return _git(value)
    return _wheel(value)


def _git(value: str) -> str:
    address, separator, commit = value.removeprefix("git+").rpartition("@")
    _check_address(address if separator else value.removeprefix("git+"), ("https", "ssh", "file"))
    if not _COMMIT.fullmatch(commit):
        raise ValueError(
            f"{_shown(value)!r} ends in no full commit: a branch or a tag may move; write …@ and its 40 hex digits"
        )
    if "#" in address or "?" in address:
        raise ValueError(f"{_shown(value)!r} has more than an address and a commit")
    return value


def _wheel(value: str) -> str:
    address, mark, digest = value.partition("#")
    if "://" in address:
        _check_address(address, ("https", "file"))
        if "?" in address:
            raise ValueError("has a query, which may hold a login; leave that to pip")
    elif fault := path_fault(address) or _leaves_folder(address):
        raise ValueError(f"{address!r} {fault}")
    if not _WHEEL.fullmatch(address.rpartition("/")[2]):
        raise ValueError(f"{address!r} is no wheel of difykit: write {FORMS}")
    if not mark or not _HASH.fullmatch(digest):
        raise ValueError(
            f"{address!r} has no hash: write it behind it, as #sha256= and 64 hex digits (sha256sum tells them)"
        )
    return value


def wheel_path(toolkit: str) -> str:
    """The path in the workspace of the wheel that a `toolkit` names, "" where it names none there."""
    address = toolkit.partition("#")[0]
    return "" if "://" in address else address


def wheel_fault(root: Path, toolkit: str) -> str:
    """Why the wheel that a `toolkit` names in the workspace at `root` is not there as it says, or ""."""
    wheel = wheel_path(toolkit)
    if not wheel:
        return ""
    if not (root / wheel).is_file():
        return f"difykit.yaml names {wheel} as its toolkit, and there is no such file"
    digest = hashlib.sha256(read_bytes(root / wheel, limit=TREE)).hexdigest()
    return "" if toolkit.endswith(digest) else f"{wheel} has another hash than `toolkit` in difykit.yaml: {digest}"


def this_machine_only(toolkit: str) -> bool:
    """Whether a `toolkit` names what only this machine has, such as a repository in one of its folders."""
    return toolkit.removeprefix("git+").startswith("file:")


def _leaves_folder(path: str) -> str:
    """Why a wheel at this path is not the workspace's own, "" where it may be."""
    if path[0] in "~-":
        return f"starts with {path[0]}, which programs do not take for a name in the workspace"
    top = path.partition("/")[0]
    if "/" in path and top in {".difykit", "data"}:
        return f"lies in {top}, which neither git nor a bundle carries to another machine; put it into wheels/"
    return ""


def _check_address(address: str, schemes: tuple[str, ...]) -> None:
    try:
        parts = urlsplit(address)
        host, user, password = parts.hostname or "", parts.username, parts.password
    except ValueError as error:
        raise ValueError("is not a URL") from error
    if password or (user and parts.scheme != "ssh"):
        raise ValueError("holds a login; leave that to git's credential helpers, or to pip's")
    if parts.scheme not in schemes:
        raise ValueError(f"goes by {parts.scheme or 'no'}://, and must go by {', '.join(schemes)}")
    if parts.scheme != "file" and (not host or parts.netloc.startswith("-") or host.startswith("-")):
        raise ValueError("has no host")


def _shown(value: str) -> str:
    return re.sub(r"//[^/@]*@", "//", value)
