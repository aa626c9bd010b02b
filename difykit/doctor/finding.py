"""What a check says: a state, what was found, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True)
class Said:
    """One thing that a check found; `mend` is a command or a setting, "" where there is nothing to mend."""

    state: State
    text: str
    mend: str = ""


@dataclass(frozen=True)
class Finding:
    """What a check found, with its name."""

    check: str
    said: Said

    def describe(self) -> dict[str, object]:
        return {"check": self.check, "state": self.said.state, "text": self.said.text, "mend": self.said.mend}


def ok(text: str) -> Said:
    return Said("ok", text)


def warn(text: str, mend: str) -> Said:
    return Said("warn", text, mend)


def fail(text: str, mend: str) -> Said:
    return Said("fail", text, mend)


def skip(text: str, mend: str = "") -> Said:
    return Said("skip", text, mend)
