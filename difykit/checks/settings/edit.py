"""`env.set`: one value of `.env` changed in its line; everything else in the file stays as it is."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from difykit.checks import SETTINGS, Finding
from difykit.checks.settings.check import findings
from difykit.checks.settings.configured import USER, look
from difykit.checks.settings.secrets import is_secret
from difykit.core import fifos, files
from difykit.core.errors import ConfigError, DifyKitError
from difykit.dify import default_secrets
from difykit.git import Store
from difykit.workspace import dotenv
from difykit.workspace.manifest import read_user_env
from difykit.workspace.state import read_source
from difykit.workspace.workspace import Workspace

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUOTED = re.compile(r"""(?:'[^']*'|"(?:\\.|[^"\\])*")""", re.DOTALL)


@dataclass(frozen=True)
class SettingEdit:
    """What became of a key."""

    key: str
    state: str
    """added, changed or same."""
    secret: bool = False
    stored: bool = False
    """Whether the old value is stored in data that was begun with it, such as a database's password."""
    checked: bool = False
    unchecked: str = ""
    """Why it was not checked, where that is not for want of a source."""
    findings: tuple[Finding, ...] = ()

    def describe(self) -> dict[str, object]:
        """The outcome as `--json` prints it, without the value."""
        return {
            "key": self.key,
            "state": self.state,
            "checked": self.checked,
            "findings": [SETTINGS.describe(finding) for finding in self.findings],
        }


def set_value(workspace: Workspace, key: str, value: str) -> SettingEdit:
    """Set a key in `.env`, which is written whole and closed to others (0600), and say what is wrong with it then.

    Raises DifyKitError for a name or a value that no env file can hold, ConfigError for a `.env` that cannot be read.
    """
    _check(key, value)
    with files.locked(workspace.derived / "lock", "difykit env.set"):
        path, text = open_env(workspace, key, "set")
        state = _state(text, key, value)
        if state != "same":
            text = assign(text, key, value)
        files.write(path, text, mode=0o600)
    if read_source(workspace.derived) is None:
        return SettingEdit(key, state)
    with Store(workspace.store) as store:
        try:
            settings = look(workspace, store)
        except DifyKitError as error:  # of what is not in `.env`, where the value is by now
            return SettingEdit(key, state, unchecked=error.message)
        wrong = tuple(finding for finding in findings(settings) if _concerns(finding, key))
        secret = is_secret(key, settings.release, declared=key in settings.environment.secrets)
        stored = state == "changed" and settings.inputs.used and default_secrets.is_default(key)
    return SettingEdit(key, state, secret, stored, checked=True, findings=wrong)


def open_env(workspace: Workspace, key: str, verb: str) -> tuple[Path, str]:
    """The file that `.env` is, and its text, to be changed. Raises ConfigError where it cannot be read."""
    fifos.check_keeps(workspace.env_file, key)
    text = read_user_env(workspace.env_file)
    if problems := dotenv.faults(USER, text):
        raise ConfigError(problems, hint=f"correct these lines, then {verb} it again")
    return Path(os.path.realpath(workspace.env_file)), text  # a link to a file elsewhere stays one


def _concerns(finding: Finding, key: str) -> bool:
    if finding.subject == key:
        return finding.file == USER or finding.rule == "shadowed"
    return finding.rule in {"pair", "sentinel"} and key in re.findall(r"\w+", finding.text)


def _check(key: str, value: str) -> None:
    if not _NAME.fullmatch(key):
        raise DifyKitError(f"{key!r} is not the name of a variable", hint="difykit env.set LOG_LEVEL=DEBUG")
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise DifyKitError(
            f"the value for {key} holds what is no text, which no env file can hold",
            hint="give it as UTF-8 text; base64 for what is none",
        )


def _state(text: str, key: str, value: str) -> str:
    assignments = [assignment for assignment in dotenv.assignments(text) if assignment.key == key]
    if not assignments:
        return "added"
    return "same" if all(dotenv.decode(assignment.raw) == value for assignment in assignments) else "changed"


def assign(text: str, key: str, value: str) -> str:
    """`text` with the value in every line that sets the key, comments behind them kept; else in a line at its end."""
    assignments = [assignment for assignment in dotenv.assignments(text) if assignment.key == key]
    lines = text.split("\n")
    for assignment in reversed(assignments):
        last = lines[assignment.end - 1]
        end = "\r" if last.endswith("\r") else ""
        head = re.match(r"\s*(?:export\s+)?", lines[assignment.start])
        assert head is not None
        lines[assignment.start : assignment.end] = [f"{head[0]}{key}={_raw(value, _comment(assignment.raw))}{end}"]
    if assignments:
        return "\n".join(lines)
    added = dotenv.set_values(text, {key: value})
    return added if added.endswith("\n") else f"{added}\n"


def _raw(value: str, comment: str) -> str:
    # Compose takes what follows an unquoted nothing for the value.
    return f"{dotenv.quote(value) or chr(39) * 2}{comment}" if comment else dotenv.quote(value)


def _comment(raw: str) -> str:
    """The comment behind a value, with the space before it."""
    quoted = _QUOTED.match(raw)
    after = raw[quoted.end() :] if quoted else raw
    match = re.search(r"\s+#.*$" if quoted or not raw.startswith("#") else r"#.*$", after)
    return f" {match[0].strip()}" if match else ""
