"""Which Python a release's api runs in, read from its own files.

`requires-python` has been `>=3.11,<3.13` up to 1.13 and `~=3.12.0` since; the image has had 3.12 all along.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet

_FROM = re.compile(r"^FROM\s+(?:\S+/)?python:(\d+)\.(\d+)", re.MULTILINE | re.IGNORECASE)
_MINORS = range(8, 40)


@dataclass(frozen=True)
class ReleasePython:
    """The Python of a release's api: the one that its image has, and the oldest that it says it runs in."""

    image: tuple[int, int] | None
    oldest: tuple[int, int] | None
    requires: str = ""

    @property
    def runs(self) -> tuple[int, int] | None:
        """The one that runs it; None where the release says nothing of it."""
        return self.image or self.oldest


def release_python(pyproject: str, dockerfile: str) -> ReleasePython:
    """By the texts of api's pyproject.toml and Dockerfile, "" for one that is not there."""
    match = _FROM.search(dockerfile)
    try:
        project = tomllib.loads(pyproject).get("project")
        requires = str(project.get("requires-python", "")) if isinstance(project, dict) else ""
        versions = SpecifierSet(requires)
    except (tomllib.TOMLDecodeError, InvalidSpecifier, RecursionError):
        requires, versions = "", SpecifierSet()
    # A minor version fits where any of its patch releases does: `~=3.12.0` and `>=3.11.4` name some of one.
    fits = (minor for minor in _MINORS if any(f"3.{minor}.{patch}" in versions for patch in (0, 5, 99)))
    oldest = next(fits, None) if requires else None
    image = (int(match[1]), int(match[2])) if match else None
    return ReleasePython(image, (3, oldest) if oldest is not None else None, requires)
