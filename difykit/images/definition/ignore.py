"""`.dockerignore` as BuildKit reads it: Go's patterns, `**`, `!`, the last match wins, a folder takes all below it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import normpath


@dataclass(frozen=True)
class Ignore:
    """The patterns of one file, in their order: (leaves out, regular expression)."""

    rules: tuple[tuple[bool, re.Pattern[str]], ...] = ()

    def excludes(self, path: str) -> bool:
        """Whether `path`, relative to the context, stays out of the build."""
        excluded = False
        for leaves_out, pattern in self.rules:
            # A rule that would change nothing need not be asked.
            if leaves_out != excluded and pattern.match(path):
                excluded = leaves_out
        return excluded


def parse(text: str) -> Ignore:
    """The rules of a `.dockerignore`."""
    rules = []
    for number, line in enumerate(text.splitlines()):
        stripped = line.removeprefix("\ufeff") if number == 0 else line
        if stripped.startswith("#") or not stripped.strip():
            continue
        pattern = stripped.strip()
        leaves_out = not pattern.startswith("!")
        pattern = normpath("/" + pattern.removeprefix("!").strip()).strip("/")
        if pattern and pattern != ".":
            rules.append((leaves_out, _compile(pattern)))
    return Ignore(tuple(rules))


def glob(pattern: str) -> re.Pattern[str]:
    """Go's filepath.Match, as COPY uses it: `*` and `?` stay within one part of the path."""
    return re.compile(_expression(pattern) + r"\Z")


def _compile(pattern: str) -> re.Pattern[str]:
    # A match on a folder is a match on all that is in it.
    return re.compile(_expression(pattern) + r"(?:/.*)?\Z", re.DOTALL)


def _expression(pattern: str) -> str:
    out, index = "", 0
    while index < len(pattern):
        char = pattern[index]
        if pattern.startswith("**/", index):
            out, index = out + "(?:.*/)?", index + 3
        elif pattern.startswith("**", index):
            out, index = out + ".*", index + 2
        elif char == "[" and (end := pattern.find("]", index + 2)) > 0:
            body = pattern[index + 1 : end]
            negated = body.startswith("^")
            body = body.removeprefix("^").replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
            out, index = out + f"[{'^' if negated else ''}{body}]", end + 1
        elif char == "\\" and index + 1 < len(pattern):
            out, index = out + re.escape(pattern[index + 1]), index + 2
        else:
            out, index = out + {"*": "[^/]*", "?": "[^/]"}.get(char, re.escape(char)), index + 1
    return out
