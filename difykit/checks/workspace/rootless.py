"""What a rootless engine cannot do by itself: low ports, and the user 1001 that Dify's api runs as."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from difykit.checks.finding import Finding, NotJudged, error, ok, warning
from difykit.checks.workspace.ports import PortSetting
from difykit.checks.workspace.space import Space, is_folder, text_of
from difykit.dify import containers, layout
from difykit.dify.containers import API_UID
from difykit.docker import EngineFacts

_LOW = 1024
_IDS = "100000-165535"


@dataclass(frozen=True)
class Users:
    """From which port on users may bind, the user's subordinate ids, and who owns the api's storage."""

    first_port: int = _LOW
    may_bind_low: bool = False
    user: str = ""
    ranges: tuple[tuple[int, int], ...] = ()
    """Start and count of each range in /etc/subuid."""
    storage: str = ""
    """The storage folder, "" while there is none."""
    owner: int = 0
    settled: bool = False
    """Whether Dify takes the storage's owner as settled."""
    api_is_root: bool = False


def look_at_users(space: Space) -> Users:
    """Read what this machine says; what is not there (on macOS) is left at its default."""
    first = text_of(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")).strip()
    user, ranges = _ranges()
    dockerfile = text_of(space.source / layout.API_DOCKERFILE) if space.source else ""
    path = space.data / "volumes" / "app" / "storage" if space.data else None
    folder = path if path and is_folder(path) else None
    return Users(
        first_port=int(first) if first.isdecimal() else _LOW,
        may_bind_low=_may_bind_low(),
        user=user,
        ranges=ranges,
        storage=str(folder or ""),
        owner=folder.stat().st_uid if folder else 0,
        settled=bool(folder and _exists(folder / containers.STORAGE_FLAG)),
        api_is_root=containers.runs_as_root(dockerfile or "USER"),
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # closed to us, as the api would leave it


def _may_bind_low() -> bool:
    """Whether rootlesskit was given the right to low ports: setcap cap_net_bind_service=ep."""
    program = shutil.which("rootlesskit")
    try:
        return bool(program and os.getxattr(program, "security.capability"))
    except (OSError, AttributeError):  # AttributeError: macOS has no such call
        return False


def _ranges() -> tuple[str, tuple[tuple[int, int], ...]]:
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    rows = re.findall(r"(?m)^([^:#\s]+):(\d+):(\d+)\s*$", text_of(Path("/etc/subuid")))
    return user, tuple((int(start), int(count)) for name, start, count in rows if name in {user, str(os.getuid())})


def mapped(uid: int, ranges: Sequence[tuple[int, int]]) -> int | None:
    """The id on this machine of a container's user in a rootless engine; None where the ranges do not hold it."""
    rest = uid - 1  # 0 is the engine's own user
    for start, count in ranges:
        if rest < count:
            return start + rest
        rest -= count
    return None


def judge_rootless(engine: EngineFacts, users: Users, ports: Sequence[PortSetting]) -> list[Finding]:
    """A rootless engine can publish the ports, and has an id for the api's user."""
    if engine.problem:
        raise NotJudged("needs an engine")
    if not engine.rootless:
        return [ok("the engine is not rootless: any port, any user")]
    if not engine.local:
        raise NotJudged("the engine's users and ports are not this machine's own")
    findings = []
    low = [port for port in ports if 0 < port.number < users.first_port]
    if low and not users.may_bind_low:
        numbers = ", ".join(str(port.number) for port in low)
        text = f"a rootless engine cannot publish {numbers}: ports start at {users.first_port} here"
        higher = " and ".join(f"{port.key}={8000 + port.number}" for port in low)
        first = min(port.number for port in low)
        findings.append(
            error(text, f"set {higher} in .env, or: sudo sysctl -w net.ipv4.ip_unprivileged_port_start={first}")
        )
    if mapped(API_UID, users.ranges) is None:
        text = f"/etc/subuid gives {users.user} no id for a container's user {API_UID}, as which Dify's api runs"
        findings.append(
            error(text, f"sudo usermod --add-subuids {_IDS} --add-subgids {_IDS} {users.user}, then restart the engine")
        )
    return findings or [ok(f"low ports are open, and a container's user {API_UID} has an id here")]


def judge_storage(space: Space, engine: EngineFacts, users: Users) -> list[Finding]:
    """The api may write its storage (facts §8: langgenius/dify#28791 and many more)."""
    space.need_containers()
    if not users.storage:
        return [ok("none yet, the first start makes it")]
    if not engine.local or engine.remapped:
        text = "the engine maps users in a way that cannot be seen from here"
        raise NotJudged("needs an engine" if engine.problem else text)
    expected = mapped(API_UID, users.ranges) if engine.rootless else API_UID
    if users.api_is_root or users.owner == expected:
        return [ok(f"{users.storage} is the api's own")]
    if not users.settled:
        return [ok(f"{users.storage}: the next start gives it to the api's user")]
    text = f"{users.storage} belongs to the user {users.owner}, and the api (user {expected} here) cannot write it"
    folder = shlex.quote(users.storage)
    return [warning(text, f"docker run --rm -v {folder}:/it busybox chown -R {API_UID}:{API_UID} /it")]
