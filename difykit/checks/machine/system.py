"""The ground that all stands on: the system, Python and git."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from difykit import git
from difykit.checks.finding import Finding, error, ok, warning
from difykit.checks.workspace.space import text_of

_PYTHON = (3, 11)
# `rev-parse --end-of-options` and `fetch --no-write-fetch-head`.
_GIT = (2, 30)
# The first to obey GIT_CONFIG_GLOBAL, which keeps the user's settings out of object work.
_GIT_ISOLATED = (2, 32)
_MACHINES = {"x86_64", "amd64", "arm64", "aarch64"}
_WINDOWS_DISK = re.compile(r"/mnt/[a-z](?:/|$)")


@dataclass(frozen=True)
class Machine:
    """The system, its processor, whether it is WSL, and the folder that doctor runs in."""

    name: str
    processor: str
    wsl: bool
    folder: str
    python: tuple[int, int, int]


def look_at_machine(start: Path) -> Machine:
    """Ask the system; nothing is raised where there is no /proc."""
    wsl = "microsoft" in text_of(Path("/proc/version")).lower()
    system = os.uname()
    return Machine(system.sysname, system.machine, wsl, str(start), sys.version_info[:3])


def judge_platform(machine: Machine) -> list[Finding]:
    """Linux or macOS, amd64 or arm64; on WSL2 not on a disk of Windows."""
    name = {"Darwin": "macOS"}.get(machine.name, machine.name)
    text = f"{name} on {machine.processor}" + (", in WSL" if machine.wsl else "")
    if machine.name not in {"Linux", "Darwin"}:
        return [error(f"{text}: difykit runs on Linux and macOS", "on Windows use WSL2: wsl --install")]
    finding = ok(text)
    if machine.processor.lower() not in _MACHINES:
        finding = warning(f"{text}: Dify's images are for amd64 and arm64", "use a machine of one of these")
    if machine.wsl and _WINDOWS_DISK.match(machine.folder):
        problem = f"{machine.folder} is on a disk of Windows: slow, and file permissions are lost there"
        return [finding, warning(problem, "move the workspace into WSL's own file system, such as ~/my-dify")]
    return [finding]


def judge_python(machine: Machine) -> list[Finding]:
    """The Python that runs difykit."""
    version = ".".join(map(str, machine.python))
    if machine.python[:2] < _PYTHON:
        return [error(f"{version} is too old: difykit needs 3.11", "install Python 3.11 or newer, and difykit for it")]
    return [ok(version)]


def look_at_git() -> str:
    """The version of git, "" where there is none."""
    return git.git_version()


def judge_git(version: str) -> list[Finding]:
    """A git that has what difykit asks of it."""
    if not version:
        return [error("git is not installed; sync needs it", "install it, on Debian: apt-get install git")]
    have = tuple(int(part) for part in version.split(".")[:2])
    if have < _GIT:
        return [error(f"{version} is too old: difykit needs 2.30", "upgrade git: https://git-scm.com/downloads")]
    if have < _GIT_ISOLATED:
        text = f"{version} lets your own git settings reach what sync makes; 2.32 does not"
        return [warning(text, "upgrade git: https://git-scm.com/downloads")]
    return [ok(version)]
