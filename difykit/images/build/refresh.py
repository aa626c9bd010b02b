"""`lock.refresh`: the digests that the official images have in their registries now, for `difykit.lock`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any

from difykit import docker
from difykit.core.errors import DifyKitError
from difykit.core.files import locked
from difykit.core.progress import Progress
from difykit.git import Store
from difykit.images.build.pins import mirrors_of
from difykit.images.build.plan import plan_build
from difykit.images.definition import ask_first
from difykit.workspace import state
from difykit.workspace.lock import Lock, read_lock, write_lock
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class Refresh:
    """What becomes of the digests in the lock, by name:tag of an image."""

    moved: Mapping[str, tuple[str, str]]  # from, to
    new: Mapping[str, str]
    same: tuple[str, ...]
    dropped: tuple[str, ...]  # no image of the workspace names them any more, or their registry has them no more
    unknown: tuple[str, ...]  # which their registry does not have, so that the lock cannot hold them
    digests: Mapping[str, str]

    @property
    def changes(self) -> bool:
        """Whether the lock would be another one."""
        return bool(self.moved or self.new or self.dropped)

    def describe(self) -> dict[str, Any]:
        """The outcome as JSON has it."""
        moved = {name: {"from": old, "to": new} for name, (old, new) in self.moved.items()}
        return {**asdict(self), "moved": moved, "changes": self.changes}


def compare(before: Mapping[str, str], current: Mapping[str, str | None], resting: Collection[str] = ()) -> Refresh:
    """What changes from the digests of the lock to those of the registries; None is an image that none has.

    Images that are `resting`, built from source for the time being, keep what they have, as `build` does it.
    """
    answered = {name: digest for name, digest in current.items() if digest}
    retained = {name: digest for name, digest in before.items() if name in resting and name not in current}
    return Refresh(
        moved={name: (before[name], new) for name, new in answered.items() if before.get(name, new) != new},
        new={name: digest for name, digest in answered.items() if name not in before},
        same=tuple(name for name, digest in answered.items() if before.get(name) == digest),
        dropped=tuple(name for name in before if name not in answered and name not in retained),
        unknown=tuple(name for name, digest in current.items() if not digest),
        digests=dict(sorted((answered | retained).items())),
    )


def refresh(workspace: Workspace, progress: Progress, *, check: bool = False) -> Refresh:
    """Ask the registries for the official images that the workspace's images stand on, and write the lock.

    With `check` nothing is written. Raises DifyKitError when there is no source, when the lock is not the one of the
    source, or when a registry cannot be asked; MissingTool without an engine. The lock is then as it was.
    """
    with nullcontext() if check else locked(workspace.derived / "lock", "difykit lock.refresh"):
        source = state.need_source(workspace.derived, workspace.settings.upstream.ref)
        lock = _lock_of(workspace, source)
        used, resting = _official(workspace, source)
        docker.need_engine()
        mirrors = mirrors_of(workspace)
        outcome = compare(lock.images, {name: _ask(mirrors.mirrored(name), progress) for name in used}, resting)
        if not check and outcome.changes:
            write_lock(workspace.lock_file, lock.model_copy(update={"images": dict(outcome.digests)}))
        return outcome


def _lock_of(workspace: Workspace, source: state.Source) -> Lock:
    lock = read_lock(workspace.lock_file)
    if lock is None or lock.upstream.commit != source.base:
        raise DifyKitError("difykit.lock does not belong to the present source", hint="bring both up: invoke sync")
    return lock


def _official(workspace: Workspace, source: state.Source) -> tuple[list[str], set[str]]:
    """The official images that end up inside an image of the workspace, and those of images built from source."""
    with Store(workspace.store) as store:
        plan = plan_build(workspace, source, store)
    named = [image_plan for image_plan in plan.images if image_plan.official]
    used = {image_plan.official for image_plan in named if image_plan.strategy in {"official", "layer"}}
    return sorted(used), {image_plan.official for image_plan in named} - used


def _ask(name: str, progress: Progress) -> str | None:
    with progress.step(f"ask the registry for {name}"):
        ask_first(name)
        return docker.remote_digest(name)
