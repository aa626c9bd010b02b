"""`images/<name>/Dockerfile`: what difykit's changes, and the user's own additions, are put on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from difykit.errors import ConfigError, Problem
from difykit.image import dockerfile

MARK = "# difykit: changes"
BASE = "official"


@dataclass(frozen=True)
class Template:
    """The text of a template; an image without one has the plainest."""

    text: str = f"FROM {BASE}\n{MARK}\n"

    @property
    def adds(self) -> bool:
        """Whether it says more than where the changes go."""
        return any(instruction.keyword != "FROM" for instruction in dockerfile.parse(self.text).instructions)

    def render(self, archive: str, removed: Sequence[str], user: str) -> str:
        """The Dockerfile that lays `archive` over the image and takes the paths `removed` away."""
        return self.text.replace(MARK, "\n".join(_changes(archive, removed, user)), 1)


def read_template(folder: Path, name: str) -> Template:
    """The template of an image. Raises ConfigError when it lacks the lines that difykit needs."""
    path = folder / "Dockerfile"
    if not path.is_file():
        return Template()
    text = path.read_text("utf-8")
    lines = [line.strip() for line in text.splitlines()]
    problems = []
    if not any(line.split()[:2] == ["FROM", BASE] for line in lines):
        problems.append(f"needs the line `FROM {BASE}`: the official image, or the one built from source")
    if lines.count(MARK) != 1:
        problems.append(f"needs the line `{MARK}` exactly once: there go the changed files")
    if problems:
        raise ConfigError([Problem(f"images/{name}/Dockerfile", 1, text) for text in problems])
    return Template(text)


def _changes(archive: str, removed: Sequence[str], user: str) -> list[str]:
    # A layer of its own (--link) does not depend on what is below it: a new official image keeps it.
    lines = [f"ADD --link {archive} /"] if archive else []
    if removed:
        command = json.dumps(["rm", "-f", "--", *removed], ensure_ascii=False)
        lines += ["USER root", f"RUN {command}", f"USER {user or 'root'}"]
    return lines
