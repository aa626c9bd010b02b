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

from difykit import files
from difykit.dify import containers, layout
from difykit.dify.containers import API_UID
from difykit.doctor.finding import Said, fail, ok, skip, warn
from difykit.doctor.ports import Wanted
from difykit.doctor.space import Space, is_folder
from difykit.engine import EngineFacts

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
    try:
        first = int(files.read_text(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start"), encoding="ascii"))
    except (OSError, ValueError):
        first = _LOW
    user, ranges = _ranges()
    storage = space.data / "volumes" / "app" / "storage" if space.data else None
    there = storage if storage and is_folder(storage) else None
    return Users(
        first_port=first,
        may_bind_low=_may_bind_low(),
        user=user,
        ranges=ranges,
        storage=str(there or ""),
        owner=there.stat().st_uid if there else 0,
        settled=bool(there and _exists(there / containers.STORAGE_FLAG)),
        api_is_root=_api_is_root(space),
    )


def _exists(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:
        return True  # closed to us, as the api would leave it


def _may_bind_low() -> bool:
    """Whether rootlesskit was given the right to low ports: setcap cap_net_bind_service=ep."""
    place = shutil.which("rootlesskit")
    try:
        return bool(place and os.getxattr(place, "security.capability"))
    except (OSError, AttributeError):  # AttributeError: macOS has no such call
        return False


def _ranges() -> tuple[str, tuple[tuple[int, int], ...]]:
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    try:
        text = files.read_text(Path("/etc/subuid"), errors="replace")
    except OSError:
        return user, ()
    rows = re.findall(r"(?m)^([^:#\s]+):(\d+):(\d+)\s*$", text)
    return user, tuple((int(start), int(count)) for name, start, count in rows if name in {user, str(os.getuid())})


def _api_is_root(space: Space) -> bool:
    try:
        text = files.read_text(space.source / layout.API_DOCKERFILE, errors="replace") if space.source else "USER"
    except OSError:
        return False
    return containers.runs_as_root(text)


def mapped(uid: int, ranges: Sequence[tuple[int, int]]) -> int | None:
    """The id on this machine of a container's user in a rootless engine; None where the ranges do not hold it."""
    left = uid - 1  # 0 is the engine's own user
    for start, count in ranges:
        if left < count:
            return start + left
        left -= count
    return None


def rootless_said(engine: EngineFacts, users: Users, wanted: Sequence[Wanted]) -> list[Said]:
    """A rootless engine can publish the ports, and has an id for the api's user."""
    if engine.problem:
        return [skip("needs an engine")]
    if not engine.rootless:
        return [ok("the engine is not rootless: any port, any user")]
    if not engine.local:
        return [skip("the engine's users and ports are not this machine's own")]
    said = []
    low = [each for each in wanted if 0 < each.number < users.first_port]
    if low and not users.may_bind_low:
        numbers = ", ".join(str(each.number) for each in low)
        text = f"a rootless engine cannot publish {numbers}: ports start at {users.first_port} here"
        higher = " and ".join(f"{each.key}={8000 + each.number}" for each in low)
        first = min(each.number for each in low)
        said.append(fail(text, f"set {higher} in .env, or: sudo sysctl -w net.ipv4.ip_unprivileged_port_start={first}"))
    if mapped(API_UID, users.ranges) is None:
        text = f"/etc/subuid gives {users.user} no id for a container's user {API_UID}, as which Dify's api runs"
        said.append(
            fail(text, f"sudo usermod --add-subuids {_IDS} --add-subgids {_IDS} {users.user}, then restart the engine")
        )
    return said or [ok(f"low ports are open, and a container's user {API_UID} has an id here")]


def storage_said(space: Space, engine: EngineFacts, users: Users) -> list[Said]:
    """The api may write its storage (facts §8: langgenius/dify#28791 and many more)."""
    if space.root is None or not space.containers:
        return [skip("no workspace" if space.root is None else space.target)]
    if not users.storage:
        return [ok("none yet, the first start makes it")]
    if not engine.local or engine.remapped:
        text = "the engine maps users in a way that cannot be seen from here"
        return [skip("needs an engine" if engine.problem else text)]
    expected = mapped(API_UID, users.ranges) if engine.rootless else API_UID
    if users.api_is_root or users.owner == expected:
        return [ok(f"{users.storage} is the api's own")]
    if not users.settled:
        return [ok(f"{users.storage}: the next start gives it to the api's user")]
    text = f"{users.storage} belongs to the user {users.owner}, and the api (user {expected} here) cannot write it"
    return [
        warn(
            text,
            f"docker run --rm -v {shlex.quote(users.storage)}:/it busybox chown -R {API_UID}:{API_UID} /it",
        )
    ]
