"""A release made live; when it does not come up, the one before is, where the database allows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from difykit import docker
from difykit.core.errors import DifyKitError, Unhealthy
from difykit.core.progress import Progress
from difykit.docker.project import Stack, starts
from difykit.git import Store
from difykit.release import compose, data_files, history
from difykit.release.render import Manifest, folder_of, render
from difykit.targets.compose import backup, preflight, stack
from difykit.targets.compose.database_revision import Heads, heads_in_log
from difykit.targets.compose.reread import reread
from difykit.targets.compose.start import start
from difykit.workspace.state import BuiltImages
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class _Rollout:
    """What every step of a rollout needs."""

    workspace: Workspace
    images: BuiltImages
    progress: Progress
    lock: int

    @property
    def project(self) -> str:
        return self.workspace.settings.deploy.project

    @property
    def data(self) -> Path:
        return self.workspace.data

    @property
    def log(self) -> Path:
        return self.workspace.logs / "deploy.log"


def rollout(workspace: Workspace, images: BuiltImages, progress: Progress, lock: int) -> tuple[Path, int]:
    """Render, check, dump if the database will change, and make the release live; its folder and its port.

    `lock` is the open file that holds the data folder: what goes on when this process is killed keeps it.
    Raises DifyKitError for whatever stands in the way before anything is touched, Unhealthy when a service does not
    come up: then the release before runs again, or the message says why it cannot and what to do.
    """
    job = _Rollout(workspace, images, progress, lock)
    preflight.check_owner(workspace)
    follows = history.current(job.data) is not None  # else there was nobody to wait for, and `render` has done it
    plan = render(workspace, progress, images=images, deploys=True)
    stack_ahead = Stack.read(workspace.release, job.project)
    preflight.check_release(workspace, stack_ahead, plan, progress)
    workspace.logs.mkdir(parents=True, exist_ok=True)
    before = history.good(job.data)  # not the live one, which a deployment that was killed may have left half up
    folder = history.folder_for(job.data, workspace.release)
    dumps = _dump(job, folder)
    preflight.check_proved(stack_ahead, Manifest.read(folder), images.images)
    if follows:
        _follow(job, folder)
    history.switch(job.data, folder)  # first: also what fails to start is looked at, and stopped, by it
    try:
        port = _start(job, folder, before)
    except Unhealthy as error:
        raise _after_failure(job, error, before, folder, dumps) from error
    history.came_up(job.data, folder)
    _prune(job)
    return folder, port


def _follow(job: _Rollout, folder: Path) -> None:
    """Bring what the release in `folder` has below the data folder there, as far as nobody changed it."""
    manifest = Manifest.read(folder)
    with Store(job.workspace.store) as store:
        earlier = data_files.earlier_files(history.numbered(job.data), store)
        data_folder = folder_of(job.workspace)
        data_files.follow(data_folder, folder, manifest.release if manifest else folder.name, earlier, job.progress)


def _prune(job: _Rollout) -> None:
    live = str(history.live_folder(job.data))
    running = [container for container in docker.project_containers(job.project) if container.state == "running"]
    moments = [container.started for container in running if any(mount.startswith(live) for mount in container.mounts)]
    for old in history.prune(job.data, moments):
        job.progress.skip(f"release folder {old}: removed, the last {history.KEPT} are kept")


def _start(job: _Rollout, folder: Path, before: Path | None) -> int:
    """Bring the release up while `before` runs, and return its port.

    Tables of overlays are migrated before the services of `before` are touched, so that a migration that fails changes
    nothing for anybody. Where Dify's own tables change, those services are stopped first, as Dify's guide has it.
    """
    same_tables = before is not None and Heads.of(before).same_dify(Heads.of(folder))
    live = Stack.read(history.live_folder(job.data), job.project)
    manifest = Manifest.read(folder)
    custom = {name for name, _ in manifest.images} if manifest else set()
    # Names may have been moved since the images were looked at: a dump takes its time, and so do earlier releases.
    proved = preflight.check_proved(live, manifest, job.images.images)
    with job.progress.step(f"start the services of {job.project}"):
        first = compose.MIGRATE if same_tables else ""
        ran = starts(docker.project_containers(job.project))
        containers = start(live, custom, job.progress, job.log, (job.lock,), first=first)
        containers = reread(live, folder_of(job.workspace), ran, containers, job.progress)
    preflight.check_running(containers, proved)
    return stack.port_of(containers)


def _dump(job: _Rollout, folder: Path) -> tuple[Path, ...]:
    """Dump the databases of the live release, when the new one will migrate them.

    One that was made live and failed has been dumped for; before it the database was not yet migrated.
    """
    live = history.current(job.data)
    if live is None or live == folder.resolve() or not Heads.of(live).changed_by(Heads.of(folder)):
        return ()
    old = Stack.read(history.live_folder(job.data), job.project)
    if not backup.databases(old):
        job.progress.warn(
            "the new release may migrate a database that is not the bundled one: see that you have a dump"
        )
        return ()
    return backup.dump(old, job.data / "backups", job.progress, job.log)


def _database(job: _Rollout, folder: Path) -> Heads:
    """Where the release in `folder` has left the database: by its own word, or else where it would have."""
    planned_heads = Heads.of(folder)
    log_lines: list[str] = []
    if planned_heads.overlays:
        live = history.live_folder(job.data)
        docker.compose_logs(live, job.project, log_lines.append, services=(compose.MIGRATE,), tail=200)
    return heads_in_log(log_lines) or planned_heads


def _after_failure(
    job: _Rollout, error: Unhealthy, before: Path | None, folder: Path, dumps: tuple[Path, ...]
) -> DifyKitError:
    """Bring the release before back, or say why not; the error to end with."""
    if reason := docker.available():
        return Unhealthy(
            f"{error.message}\nthe Docker engine does not answer any more: {reason}",
            hint="start it, then go on: invoke deploy",
        )
    if before is None or before == folder.resolve():
        return error
    number = before.name
    if not Heads.of(before).serves_at(_database(job, folder)):
        return Unhealthy(f"{error.message}\n{_stays(number, dumps)}", hint=_way_back(before, dumps))
    job.progress.warn(f"release {folder.name} does not come up; release {number} comes back")
    try:
        _follow(job, before)
    except (DifyKitError, OSError) as fault:
        job.progress.warn(f"files of the data folder stay as release {folder.name} has them: {fault}")
    history.switch(job.data, before)
    try:
        _start(job, before, None)
    except DifyKitError as again:
        text = f"{error.message}\nrelease {number}, which ran before, does not come up again either:\n{again.message}"
        return Unhealthy(text, hint="see what is wrong with both: difykit status; difykit logs; difykit doctor")
    return Unhealthy(
        f"{error.message}\nrelease {number}, which ran before, runs again",
        hint="mend it, then: invoke sync build deploy",
    )


def _stays(number: str, dumps: tuple[Path, ...]) -> str:
    note = f"; the database as it was is in {', '.join(map(str, dumps))}" if dumps else ""
    return (
        f"release {number}, which ran before, is not brought back: the new release may have migrated the database,"
        f" and Dify's older code does not read a newer database{note}"
    )


def _way_back(before: Path, dumps: tuple[Path, ...]) -> str:
    lines = ["mend it, then: invoke sync build deploy"]
    if dumps:
        lines += [
            "or go back, and lose what was written since the dump:",
            "  difykit down",
            *(f"  {line}" for line in backup.how_to_restore(before, dumps)),
            "  take the workspace back to its earlier commit, then: invoke sync build deploy",
        ]
    return "\n".join(lines)
