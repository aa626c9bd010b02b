"""The workspace around the current folder, as far as it can be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from difykit.checks.finding import Finding, NotJudged, error, not_judged, ok, warning
from difykit.core import files
from difykit.core.errors import ConfigError, DifyKitError
from difykit.git import Installed
from difykit.targets import target_named
from difykit.workspace.lock import read_lock
from difykit.workspace.manifest import FORMS, Settings, wheel_fault
from difykit.workspace.workspace import Overlay, Workspace

_DEFAULTS = Settings.model_validate({"version": 1, "upstream": {"ref": "main"}})


@dataclass(frozen=True)
class Space:
    """Where the workspace is, and what of it can be read; without a workspace `root` is None."""

    root: Path | None
    workspace: Workspace | None = field(default=None, repr=False)
    overlays: tuple[Overlay, ...] = field(default=(), repr=False)
    problems: tuple[str, ...] = ()

    @cached_property
    def settings(self) -> Settings:
        """What `difykit.yaml` says; difykit's own defaults where it cannot be read."""
        return self.workspace.settings if self.workspace else _DEFAULTS

    @property
    def containers(self) -> bool:
        """Whether Dify is to run in containers of this machine's engine."""
        return target_named(self.settings.deploy.target).uses_engine

    @property
    def target(self) -> str:
        """What runs Dify here, as doctor says it."""
        return f"deploy.target is {self.settings.deploy.target}"

    @property
    def folder(self) -> Path:
        """The workspace's own folder. Raises NotJudged where there is none."""
        if self.root is None:
            raise NotJudged("no workspace")
        return self.root

    def need_containers(self) -> None:
        """Raises NotJudged where no workspace is, or Dify does not run in containers."""
        if self.folder and not self.containers:
            raise NotJudged(self.target)

    @property
    def data(self) -> Path | None:
        """The data folder; difykit's own default where `difykit.yaml` cannot be read or names a wrong one."""
        if self.workspace:
            return self.workspace.data
        return self.root / self.settings.deploy.data if self.root else None

    @property
    def source(self) -> Path | None:
        """The work tree of the source, if `sync` made one."""
        path = self.root / ".difykit" / "source" if self.root else None
        return path if path and is_folder(path) else None

    @property
    def live(self) -> Path | None:
        """The live release folder, if something was deployed."""
        path = self.data / "releases" / "current" if self.data else None
        return path if path and is_folder(path) else None


def is_folder(path: Path) -> bool:
    """Whether a folder is there, as far as this user may see."""
    try:
        return path.is_dir()
    except OSError:
        return False


def text_of(path: Path) -> str:
    """The text of a file, "" where it cannot be read."""
    try:
        return files.read_text(path, errors="replace")
    except OSError:
        return ""


def look_at_space(start: Path) -> Space:
    """Find the workspace of `start` and read its manifests; what is wrong with them becomes `problems`."""
    root = next((folder for folder in (start, *start.parents) if _has_settings(folder)), None)
    if root is None:
        return Space(None)
    problems: list[str] = []
    workspace = _try(lambda: Workspace.open(root), problems)
    overlays: tuple[Overlay, ...] = ()
    if workspace:
        overlays = _try(lambda: workspace.overlays, problems) or ()
        _try(lambda: workspace.images, problems)
        _try(lambda: read_lock(workspace.lock_file), problems)
    return Space(root, workspace, overlays, tuple(dict.fromkeys(problems)))  # images name the overlays' again


def _has_settings(folder: Path) -> bool:
    try:
        return (folder / "difykit.yaml").is_file()
    except OSError:
        return False


T = TypeVar("T")


def _try(read: Callable[[], T], problems: list[str]) -> T | None:
    try:
        return read()
    except ConfigError as error:
        problems += [str(problem) for problem in error.problems]
    except DifyKitError as error:
        problems.append(error.message)
    except OSError as error:
        problems.append(f"{error.filename}: {error.strerror}")
    return None


def judge_toolkit(space: Space, running: Installed) -> list[Finding]:
    """The difykit that runs is the one that the workspace names."""
    named = space.settings.toolkit
    if space.root is None or (space.workspace is None and not named):
        raise NotJudged("no difykit.yaml that can be read names one")
    if not named:
        hint = f"put into difykit.yaml: toolkit: {running.toolkit or FORMS}"
        raise NotJudged("difykit.yaml does not say which difykit: CI cannot install one", hint)
    if fault := wheel_fault(space.root, named):
        return [error(fault, "put that wheel there, or name another: CI and bundles take it from there")]
    if not running.toolkit:
        return [
            not_judged(f"difykit.yaml names {named}; whether that is the one that runs cannot be told: {running.why}")
        ]
    if not running.is_the_one(named):
        return [
            warning(f"this is {running.toolkit}, and difykit.yaml names {named}", "install that one, or name this one")
        ]
    return [ok(named)]


def judge_workspace(space: Space) -> list[Finding]:
    """Every manifest can be read."""
    if space.root is None:
        raise NotJudged("no difykit.yaml here or above", "make a workspace: difykit init my-dify")
    if space.problems:
        count = f"{len(space.problems)} problems in {space.root}" if len(space.problems) > 1 else str(space.root)
        hint = "change the lines it names; what cannot be read is taken as difykit's defaults below"
        return [error("\n".join([count, *space.problems]), hint)]
    number = len(space.overlays)
    overlays = "1 overlay" if number == 1 else f"{number} overlays"
    return [ok(f"{space.root}: Dify {space.settings.upstream.ref}, {overlays}")]
