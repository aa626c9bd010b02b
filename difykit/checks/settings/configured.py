"""What the workspace sets: each value with the file and the line that it stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from difykit.checks import Finding, Severity
from difykit.checks.settings.release import ReleaseSettings, read_release
from difykit.checks.settings.usage import Usage
from difykit.core import redact, yaml
from difykit.core.errors import DifyKitError
from difykit.git import Store
from difykit.release.render import Environment, RenderInputs, plan_environment, read_inputs, recovered
from difykit.workspace import dotenv
from difykit.workspace.manifest import read_text
from difykit.workspace.state import BuiltImages, need_source
from difykit.workspace.workspace import Workspace

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
        return dotenv.decode(self.raw)

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def shown(self) -> str:
        """The value in a message: never one of `.env`, where a password may stand in a wrong line; nor one in a URL."""
        if self.private or self.value is None:
            return "its value"
        return repr(redact.text(self.value)) if self.value else "an empty value"

    def error(self, text: str, hint: str) -> Finding:
        """A finding about it that breaks Dify or has no effect at all."""
        return Finding(Severity.ERROR, text, hint, self.key, self.file, self.line)

    def warning(self, text: str, hint: str) -> Finding:
        """A finding about it that may be meant."""
        return Finding(Severity.WARNING, text, hint, self.key, self.file, self.line)

    @property
    def private(self) -> bool:
        """Whether it stands in the file of secrets, so that its value may not be shown."""
        return self.file == USER


@dataclass(frozen=True)
class Look:
    """The release, what the workspace sets in it, and what comes out."""

    release: ReleaseSettings
    settings: tuple[Setting, ...]
    """In the order in which they are laid: overlays, difykit.yaml, `.env`."""
    environment: Environment
    inputs: RenderInputs
    taken: tuple[str, ...] = ()
    """The secrets that `.env` lacks and the live release has: the next render takes them."""

    @cached_property
    def effective(self) -> Mapping[str, Setting]:
        """The settings that count, by key."""
        return {setting.key: setting for setting in self.settings if not setting.overruled}

    def is_set(self, key: str) -> bool:
        """Whether somebody has given a setting a value, beyond what Dify ships."""
        return key in self.environment.own_keys and bool(self.environment.values.get(key))

    @cached_property
    def usage(self) -> Usage:
        """What api uses with these settings, by the release's own code."""
        return Usage(self.release.code, self._given_to_api())

    @cached_property
    def untouched(self) -> Usage:
        """What api uses where nobody sets anything."""
        return self.release.untouched

    def _given_to_api(self) -> Mapping[str, str]:
        environment = {key: text for key in self.release.known if (text := self.release.default(key)) is not None}
        return {**environment, **self.environment.values}

    def as_shipped(self, setting: Setting) -> bool:
        """Whether it is what the release's own example has."""
        shipped = self.release.shipped.get(setting.key)
        return shipped is not None and dotenv.template(shipped.raw) == dotenv.template(setting.raw)


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
    inputs = read_inputs(workspace, source, BuiltImages(source=source.commit, images=()), store)
    text = read_text(workspace.root / "difykit.yaml", "difykit.yaml")
    return look_at(read_release(pin, store.tree(source.commit)), inputs, text)


def look_at(release: ReleaseSettings, inputs: RenderInputs, settings_file: str = "") -> Look:
    """What `inputs` come to in this release; pure. `settings_file` is the text of difykit.yaml."""
    upstream = {**release.compose, "services": dict(release.services)}
    whole, taken = recovered(inputs, upstream)
    return Look(
        release, tuple(_settings(inputs, settings_file)), plan_environment(whole, upstream), inputs, tuple(taken)
    )


def _settings(inputs: RenderInputs, settings_file: str) -> list[Setting]:
    settings = list(_all(inputs, settings_file))
    last = {setting.key: setting for setting in settings}
    return [
        setting
        if last[setting.key] is setting
        else Setting(setting.key, setting.raw, setting.file, setting.line, last[setting.key].where)
        for setting in settings
    ]


def _all(inputs: RenderInputs, settings_file: str) -> Iterator[Setting]:
    for part in inputs.overlays:
        for key, raw in part.env.items():
            yield Setting(key, raw, f"overlays/{part.name}/overlay.yaml", part.line(("env", key)))
    document = yaml.load("difykit.yaml", settings_file) if settings_file else None
    for key, value in inputs.settings_env.items():
        line = document.line(("env", key)) if document else 0
        yield Setting(key, dotenv.quote(value), "difykit.yaml", line)
    for assignment in dotenv.assignments(inputs.user_env):
        yield Setting(assignment.key, assignment.raw, USER, assignment.start + 1)
