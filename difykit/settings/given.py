"""What the workspace sets: each value with the file and the line that it stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from difykit import env, yamlio
from difykit.errors import DifyKitError
from difykit.git import Store
from difykit.manifest.load import read_text
from difykit.render import Inputs, read_inputs
from difykit.render.environment import Environment, plan_environment
from difykit.settings.release import DOCKER, Release, read_release
from difykit.state import Images, need_source
from difykit.workspace import Workspace

USER = ".env"


@dataclass(frozen=True)
class Setting:
    """One value that somebody set. `value` is None where it depends on other variables."""

    key: str
    raw: str
    file: str
    line: int
    overruled: str = ""
    """Where a later file sets it again, as file:line; it has no effect then."""

    @property
    def value(self) -> str | None:
        return env.decode(self.raw)

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def private(self) -> bool:
        """Whether it stands in the file of secrets, so that its value may not be shown."""
        return self.file == USER


@dataclass(frozen=True)
class Look:
    """The release, what the workspace sets in it, and what comes out."""

    release: Release
    settings: tuple[Setting, ...]
    """In the order in which they are laid: overlays, difykit.yaml, `.env`."""
    environment: Environment
    inputs: Inputs

    @cached_property
    def effective(self) -> Mapping[str, Setting]:
        """The settings that count, by key."""
        return {each.key: each for each in self.settings if not each.overruled}


def look(workspace: Workspace, store: Store) -> Look:
    """Read the workspace's settings and its source.

    Raises DifyKitError when there is no source of the pinned release yet, ConfigError for files that cannot be read.
    """
    source = need_source(workspace.derived)
    pin = workspace.settings.upstream.ref
    if source.release != pin:
        raise DifyKitError(
            f"the source is of Dify {source.release}, and difykit.yaml pins {pin}", hint="make it anew: invoke sync"
        )
    inputs = read_inputs(workspace, source, Images(source=source.commit, images=()), store)
    return look_at(read_release(pin, store.tree(source.commit)), inputs, _settings_file(workspace))


def look_at(release: Release, inputs: Inputs, settings_file: str = "") -> Look:
    """What `inputs` come to in this release; pure. `settings_file` is the text of difykit.yaml."""
    upstream = {**release.compose, "services": dict(release.services)}
    return Look(release, tuple(_settings(inputs, settings_file)), plan_environment(inputs, upstream), inputs)


def _settings_file(workspace: Workspace) -> str:
    return read_text(workspace.root / "difykit.yaml", "difykit.yaml")


def _settings(inputs: Inputs, settings_file: str) -> list[Setting]:
    found = list(_all(inputs, settings_file))
    last = {each.key: each for each in found}
    return [
        each if last[each.key] is each else Setting(each.key, each.raw, each.file, each.line, last[each.key].where)
        for each in found
    ]


def _all(inputs: Inputs, settings_file: str) -> Iterator[Setting]:
    for part in inputs.overlays:
        for key, raw in part.env.items():
            yield Setting(key, raw, f"overlays/{part.name}/overlay.yaml", part.line(("env", key)))
    document = yamlio.load("difykit.yaml", settings_file) if settings_file else None
    for key, value in inputs.settings_env.items():
        line = document.line(("env", key)) if document else 0
        yield Setting(key, env.quote(value), "difykit.yaml", line)
    for each in env.assignments(inputs.user_env):
        yield Setting(each.key, each.raw, USER, each.start + 1)


__all__ = ["DOCKER", "USER", "Look", "Setting", "look", "look_at"]
