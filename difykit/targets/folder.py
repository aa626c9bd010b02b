"""The data folder before a deployment touches it, and what of a release folder would change."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.release.render import RenderPlan
from difykit.workspace.manifest import OWN

# Room for a release folder, logs, and what the databases write in their first minutes.
_ROOM = 512 * 1024 * 1024


@dataclass(frozen=True)
class DeployFault:
    """Why a deployment cannot begin, and what mends it."""

    text: str
    mend: str


def refuse(faults: Sequence[DeployFault]) -> None:
    """Raises DifyKitError that tells all the faults, when there are any."""
    if faults:
        text = "\n".join(fault.text for fault in faults)
        mends = "\n".join(dict.fromkeys(fault.mend for fault in faults))
        raise DifyKitError(f"{text}\nnothing was touched", hint=mends)


def check_folder(data: Path) -> None:
    """See that the data folder can be written and has room. Raises DifyKitError when not."""
    refuse((*_folder_faults(data), *_part_faults(data)))


def check_parts(data: Path) -> None:
    """See that what difykit keeps in the data folder are folders. Raises DifyKitError when one is something else."""
    refuse(tuple(_part_faults(data)))


def _part_faults(data: Path) -> Iterable[DeployFault]:
    for name in OWN:
        path = data / name
        if os.path.lexists(path) and not path.is_dir():
            yield DeployFault(
                f"{path} is not a folder", f"see what it is: ls -ld {path}; move it away, then: invoke deploy"
            )


def _folder_faults(data: Path) -> Iterable[DeployFault]:
    existing = next(folder for folder in (data, *data.parents) if folder.exists())
    if not existing.is_dir():
        yield DeployFault(f"{existing} is not a folder", "set deploy.data in difykit.yaml to another place")
    elif not os.access(existing, os.W_OK | os.X_OK):
        yield DeployFault(
            f"your user may not write to the data folder {data}",
            f"give it to your user: sudo chown $(id -u) {existing}",
        )
    elif (free := shutil.disk_usage(existing).free) < _ROOM:
        yield DeployFault(
            f"the disk of the data folder {data} has {free // 1024**2} MB left, and a deployment wants 512 MB",
            "make room: docker system df shows what images take, df -h what the disk holds",
        )


def changed_files(folder: Path | None, plan: RenderPlan) -> tuple[str, ...]:
    """The files of a release that the folder does not hold alike; all of them where there is no folder."""
    return tuple(n for n, (_, content) in plan.files.items() if folder is None or not _holds(folder / n, content))


def _holds(path: Path, content: bytes) -> bool:
    try:
        return files.read_bytes(path, limit=files.TREE) == content
    except OSError:
        return False
