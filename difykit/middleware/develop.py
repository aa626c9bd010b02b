"""`middleware.dev`: the bundled middleware written, api's settings brought in step with it, and all of it started."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from difykit.core import files
from difykit.core.progress import Progress
from difykit.dify import layout
from difykit.git import Store
from difykit.middleware.bundled import Bundled, api_env_file, kept_file, read_bundled
from difykit.middleware.devplan import DevPlan, plan_dev
from difykit.release import data_files
from difykit.release.data_files import Action, DataPlan, VolumesFolder
from difykit.workspace import dotenv
from difykit.workspace.manifest import read_text
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class Developed:
    """What was planned, and what of it was not so before."""

    folder: Path
    project: str
    plan: DevPlan
    changed: tuple[str, ...]

    def describe(self) -> dict[str, object]:
        """The outcome as `--json` prints it; no secret is in it."""
        return {
            "folder": str(self.folder),
            "project": self.project,
            "make": list(self.plan.generate),
            "change": list(self.changed),
            "services": sorted(self.plan.services),
        }


def dev_folder(workspace: Workspace) -> Path:
    """The folder of the middleware's project: derived, its data and secrets are elsewhere."""
    return workspace.derived / "dev"


def check_dev(workspace: Workspace) -> Developed:
    """What `dev` would write; nothing is. Raises whatever `dev` raises."""
    bundled = read_bundled(workspace)
    plan = plan_dev(bundled)
    changing = [file for file in _data_files(workspace, bundled, plan).work if file.action is not Action.ADD]
    changed = (*_changed(workspace, plan), *(f"data/dev/{file.path}" for file in changing))
    return Developed(dev_folder(workspace), bundled.project, plan, changed)


def dev(workspace: Workspace, progress: Progress) -> Developed:
    """Write the middleware's project, and set what api must know in the source's `api/.env`; the rest of it stays.

    Secrets are made once, into the data's own `.env`, and never shown.
    Raises DifyKitError when `sync` has not run or the release has no such middleware, ConfigError for an env file that
    cannot be read.
    """
    with files.locked(workspace.derived / "lock", "difykit middleware.dev"):
        bundled = read_bundled(workspace)
        plan = plan_dev(bundled)
        generated = plan.generate
        if generated:
            bundled = _generate(workspace, bundled, plan, progress)
            plan = plan_dev(bundled)
        changed = _changed(workspace, plan)
        folder = dev_folder(workspace)
        if any(name.startswith("dev/") for name in changed):
            with files.fresh_folder(folder) as new:
                files.write_all(new, plan.files)
            progress.ok(f"{folder}: the middleware of Dify {bundled.release}")
        _bring_data_files(workspace, bundled, plan, progress)
        if files.write(api_env_file(workspace), plan.api_env.encode("utf-8", "surrogateescape"), mode=0o600):
            progress.ok(f"{api_env_file(workspace)}: in step with it")
    return Developed(folder, bundled.project, replace(plan, generate=generated), changed)


def _data_files(workspace: Workspace, bundled: Bundled, plan: DevPlan) -> DataPlan:
    with Store(workspace.store) as store:
        earlier = data_files.earlier_files((), store)
        return _folder(bundled).plan(plan.seeds, earlier, release=bundled.release)


def _folder(bundled: Bundled) -> VolumesFolder:
    return VolumesFolder(bundled.data, bundled.data / data_files.NAME)


def _bring_data_files(workspace: Workspace, bundled: Bundled, plan: DevPlan, progress: Progress) -> None:
    """Bring the files that the release has for the data folder there, and say which took the place of older ones."""
    folder, data_plan = _folder(bundled), _data_files(workspace, bundled, plan)
    changed = [file for file in folder.carry_out(data_plan) if file.action is not Action.ADD]
    data_files.tell_done(changed, bundled.release, progress)
    data_files.tell_kept(data_plan.kept, bundled.data, bundled.release, progress, again="difykit middleware.dev")
    if changed:
        progress.hint("what reads them reads them when it starts: difykit middleware.down dev, then middleware.dev")
    folder.mark_read()


def _generate(workspace: Workspace, bundled: Bundled, plan: DevPlan, progress: Progress) -> Bundled:
    secrets_file = kept_file(workspace)
    files.write(secrets_file, dotenv.with_made(bundled.own_env, plan.generate), mode=0o600)
    progress.ok(f"{secrets_file}: made {', '.join(plan.generate)}")
    return replace(bundled, own_env=read_text(secrets_file, str(secrets_file)))


def _changed(workspace: Workspace, plan: DevPlan) -> tuple[str, ...]:
    folder = dev_folder(workspace)
    paths = [f"dev/{name}" for name in files.differing(folder, plan.files)]
    source_files = {layout.API_ENV: (0o600, plan.api_env.encode("utf-8", "surrogateescape"))}
    paths += [f"source/{name}" for name in files.differing(workspace.source, source_files)]
    return tuple(paths)
