"""The parent of the process target: starts the services, keeps the gateway, stops all when told.

It holds a lock for as long as it lives, so that others know whether the process id in its file is still its own. The
services end with it, also when it is killed.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from difykit.core import files, streams
from difykit.core.child_process import Child, start
from difykit.core.failure import exit_code_of
from difykit.targets.process.gateway import FAILED, locations, server


def supervise(folder: Path) -> int:
    """Run what `folder/plan.json` says until SIGTERM; 1 when another supervisor holds the folder."""
    with files.appending(folder / "lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 1
        plan = files.read_json(folder / "plan.json")
        children = [_start(folder, name, service) for name, service in plan["services"].items()]
        files.write(folder / "pid", str(os.getpid()))
        gateway = server(plan["port"], locations(plan["template"]), plan["ports"])
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=gateway.shutdown).start())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            gateway.serve_forever(poll_interval=0.2)
        finally:
            gateway.server_close()
            (folder / "pid").unlink(missing_ok=True)
            _stop(children)
    return 0


def _start(folder: Path, name: str, service: dict[str, Any]) -> Child:
    with files.appending(folder / f"{name}.log") as log, Path(os.devnull).open("rb") as nothing:
        return start(
            service["argv"],
            stdin=nothing.fileno(),
            stdout=log.fileno(),
            stderr=log.fileno(),
            cwd=Path(service["cwd"]),
            env=service["env"],
        )


def _stop(children: list[Child]) -> None:
    for child in children:
        child.end()
    for child in children:
        child.wait()


def main(argv: Sequence[str]) -> int:
    """Supervise the folder of the only argument; why that failed is left there, since nobody sees what it says."""
    if len(argv) != 1:
        streams.say("fail", "difykit starts this program itself: FOLDER")
        return 2
    folder = Path(argv[0])

    def tell(line: str) -> None:
        streams.say("fail", line)
        with suppress(OSError):
            files.write(folder / FAILED, f"{line}\n")

    return exit_code_of(lambda: supervise(folder), tell)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
