"""The difference between a file of the user's and the release's own, fit to be shown: no value of a secret is in it."""

from __future__ import annotations

import difflib
import re

from difykit.core import redact

_MOST = 60
# `key: value`, `KEY=value`, `"key": "value"` and `<key>value</key>`, as YAML, env files, JSON and XML have them.
_VALUE = re.compile(r"(?P<name>[A-Za-z_][\w.-]*)(?P<sep>[\"']?\s*[:=]\s*[\"']?|>)(?P<value>[^\s\"'<][^\"'<]*)")
_SQL = re.compile(r"(?i)(?P<before>\b(?:password|identified\s+by)\s+)(?P<quote>['\"])[^'\"]*(?P=quote)")


def difference(old: bytes, new: bytes, old_name: str, new_name: str) -> tuple[str, ...]:
    """A unified diff, line by line; one line where there is nothing to read in it."""
    if b"\0" in old or b"\0" in new:
        return (f"{old_name} and {new_name} differ, and hold no text",)
    before, after = (raw.decode("utf-8", "replace").splitlines() for raw in (old, new))
    lines = [_hidden(line) for line in difflib.unified_diff(before, after, old_name, new_name, lineterm="")]
    if not lines:
        return (f"{old_name} and {new_name} differ in how their lines end",)
    remainder = len(lines) - _MOST
    return tuple(lines[:_MOST]) + ((f"… and {remainder} more lines",) if remainder > 0 else ())


def _hidden(line: str) -> str:
    if line.startswith(("--- ", "+++ ", "@@ ")):
        return line
    return _SQL.sub(rf"\g<before>\g<quote>{redact.HIDDEN}\g<quote>", _VALUE.sub(_without_value, line))


def _without_value(match: re.Match[str]) -> str:
    return f"{match['name']}{match['sep']}{redact.HIDDEN}" if redact.is_secret_name(match["name"]) else match[0]
