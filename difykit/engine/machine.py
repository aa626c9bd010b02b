"""The machine that the engine runs on, and the kind of store that it keeps images in."""

from __future__ import annotations

import json

from difykit import process


def memory() -> int:
    """The memory of the engine's machine in bytes; of Docker Desktop that is its virtual machine.

    Raises CommandFailed when no engine answers.
    """
    return int(process.run(["docker", "info", "--format", "{{.MemTotal}}"]).text)


def digests_are_registrys() -> bool:
    """Whether the engine gives an image a repository digest only by a pull or a push, as the classic store does.

    The containerd store gives one to every image that has a name, also to one that no registry has ever seen.
    Raises CommandFailed when no engine answers.
    """
    status = json.loads(process.run(["docker", "info", "--format", "{{json .DriverStatus}}"]).stdout) or []
    return ["driver-type", "io.containerd.snapshotter.v1"] not in status
