"""What `env.check` finds: a file and a line, a key, what is wrong with it, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from difykit import redact
from difykit.settings.given import Setting

Level = Literal["error", "warning"]
Rule = Literal[
    "file", "unknown", "type", "variable", "unreached", "public", "exposed", "pair", "driver", "sentinel", "twice"
]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. An error breaks Dify or has no effect at all; a warning may be meant."""

    level: Level
    rule: Rule
    file: str
    line: int
    key: str
    text: str
    mend: str

    def describe(self) -> dict[str, object]:
        """The finding as `--json` prints it; no value of `.env` is in it."""
        return {
            "level": self.level,
            "rule": self.rule,
            "file": self.file,
            "line": self.line,
            "key": self.key,
            "text": self.text,
            "mend": self.mend,
        }

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.text}" if self.key else f"{where}: {self.text}"


def error(rule: Rule, at: Setting, text: str, mend: str) -> Finding:
    return Finding("error", rule, at.file, at.line, at.key, text, mend)


def warning(rule: Rule, at: Setting, text: str, mend: str) -> Finding:
    return Finding("warning", rule, at.file, at.line, at.key, text, mend)


def shown(setting: Setting) -> str:
    """A value in a message: never one of `.env`, where a password may stand in a wrong line; nor one in a URL."""
    if setting.private or setting.value is None:
        return "its value"
    return repr(redact.text(setting.value)) if setting.value else "an empty value"
