"""What listens on a port of this machine."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

from difykit.core import files

_LISTENING = "0A"


def listener(number: int) -> str:
    """What listens on a port of this machine, as far as the system tells; "" for nothing."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", number))
        except OSError as error:
            # Without the right to bind it, the one who has it can still be called.
            if error.errno not in {errno.EADDRINUSE, errno.EACCES, errno.EPERM}:
                return ""
            if error.errno != errno.EADDRINUSE and not _answers(number):
                return ""
        else:
            return ""
    return _process(_sockets(number)) or "another program"


def _answers(number: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", number)) == 0


def _sockets(number: int) -> set[str]:
    """The inodes of the sockets that listen on a port; none where there is no /proc."""
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = [
                line.split()
                for line in files.read_text(Path(table), encoding="ascii", limit=files.STATE).splitlines()[1:]
            ]
        except OSError:
            continue
        inodes |= {row[9] for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == number}
    return inodes


def _process(inodes: set[str]) -> str:
    """The process that holds one of these sockets, as far as this user may see."""
    sockets = {f"socket:[{inode}]" for inode in inodes}
    for folder in Path("/proc").glob("[0-9]*") if sockets else ():
        try:
            if any(str(link.readlink()) in sockets for link in (folder / "fd").iterdir()):
                name = files.read_text(folder / "comm", errors="replace").strip()
                return f"the program {name} (process {folder.name})"
        except OSError:
            continue
    return ""
