"""Which difykit runs, as exactly as its installation tells: by what pip noted, and by the checkout that it leads to."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from difykit.core import files
from difykit.core.errors import MissingTool
from difykit.git.command import git

_SHORT_SSH = re.compile(r"(?P<user>[^\s/:@]+)@(?P<host>[^\s/:@]+):(?P<path>[^\s]+)")


@dataclass(frozen=True)
class Installed:
    """What `toolkit` of `difykit.yaml` would say of the difykit that runs; empty where `why` says why not."""

    toolkit: str
    why: str = ""

    def is_the_one(self, toolkit: str) -> bool:
        """Whether `toolkit` names this difykit: the same commit, or the same wheel, wherever each came from."""
        return _exact_part(self.toolkit) == _exact_part(toolkit)


def installed() -> Installed:
    """How the distribution that runs was installed."""
    try:
        raw = metadata.distribution("difykit").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return Installed("", "it runs without having been installed")
    if not raw:
        return Installed("", "it was installed by its name alone")
    try:
        return from_record(json.loads(raw))
    except (ValueError, MissingTool) as error:
        return Installed("", f"what pip noted of it cannot be followed: {str(error).splitlines()[0]}")


def from_record(record: dict[str, Any]) -> Installed:
    """What a `direct_url.json` (PEP 610) tells."""
    url = _without_login(str(record.get("url", "")))
    if commit := (record.get("vcs_info") or {}).get("commit_id"):
        if record["vcs_info"].get("vcs") != "git":
            return Installed("", "it comes from something that is not git")
        if record.get("subdirectory"):
            return Installed("", "it is not at the top of its repository")
        return Installed(f"git+{url}@{commit}")
    if "archive_info" in record:
        return _archive(url, record["archive_info"] or {})
    folder = Path(unquote(urlsplit(url).path))
    if not (record.get("dir_info") or {}).get("editable"):
        return Installed("", f"it is a copy of the folder {folder}, which may have changed since")
    return _checkout(folder)


def _archive(url: str, info: dict[str, Any]) -> Installed:
    if not url.endswith(".whl"):
        return Installed("", "it was not installed as a wheel")
    digest = (info.get("hashes") or {}).get("sha256") or str(info.get("hash", "")).partition("sha256=")[2]
    wheel = Path(unquote(urlsplit(url).path))
    if not digest and url.startswith("file://") and wheel.is_file():
        digest = hashlib.sha256(files.read_bytes(wheel, limit=files.TREE)).hexdigest()
    return Installed(f"{url}#sha256={digest}") if digest else Installed("", "pip did not note its hash")


def _checkout(folder: Path) -> Installed:
    def ask(*words: str) -> str:
        return git("-C", str(folder), *words, check=False).text.strip()

    if ask("rev-parse", "--show-prefix") or not (commit := ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")):
        return Installed("", f"{folder} is not the top of a git repository with a commit")
    if ask("status", "--porcelain"):
        return Installed("", f"{folder} has changes that are in no commit")
    holders = ask("branch", "--remotes", "--contains", commit, "--format=%(refname:lstrip=2)").splitlines()
    remotes = [name for name in ask("remote").splitlines() if any(branch.startswith(f"{name}/") for branch in holders)]
    if not remotes:
        return Installed("", f"the commit {commit[:12]} of {folder} is on no remote branch")
    address = _address(ask("remote", "get-url", "origin" if "origin" in remotes else remotes[0]))
    return (
        Installed(f"git+{address}@{commit}")
        if address
        else Installed("", f"the remote of {folder} is no https, ssh or file")
    )


def _address(url: str) -> str:
    if match := _SHORT_SSH.fullmatch(url):
        return f"ssh://{match['user']}@{match['host']}/{match['path'].lstrip('/')}"
    if url.startswith("/"):
        return Path(url).as_uri()
    return _without_login(url) if url.startswith(("https://", "ssh://", "file://")) else ""


def _without_login(url: str) -> str:
    """The URL without what logs in; the user of ssh is a part of the address."""
    parts = urlsplit(url)
    login, mark, host = parts.netloc.rpartition("@")
    user = login.partition(":")[0] + mark if parts.scheme == "ssh" else ""
    return urlunsplit((parts.scheme, user + host, parts.path, "", ""))


def _exact_part(toolkit: str) -> str:
    return toolkit.rpartition("@" if toolkit.startswith("git+") else "#")[2] if toolkit else ""
