"""Files: lines of `.env` that are no assignment, and config classes that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from difykit.checks import Finding, error, not_judged
from difykit.checks.settings.configured import USER, Look
from difykit.workspace import dotenv


def unreadable_lines(look: Look) -> Iterator[Finding]:
    """Lines of `.env` that Compose would refuse."""
    for fault in dotenv.faults(USER, look.inputs.user_env):
        finding = error(fault.text, "write KEY=value, or # before a comment")
        yield replace(finding, file=fault.file, line=fault.line)


def unreadable_classes(look: Look) -> Iterator[Finding]:
    """Config classes of the source whose settings are not known, so that nothing can be said of them."""
    for path, reason in look.release.unread.items():
        finding = not_judged(f"cannot be read as Python ({reason}): the settings in it are not judged")
        yield replace(finding, file=path)
