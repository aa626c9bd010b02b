"""`images/<name>/Dockerfile`: what difykit's changes, and the user's own additions, are put on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from difykit.core.errors import ConfigError, Problem
from difykit.images.definition import dockerfile
from difykit.images.definition.own import OwnFile, read_beside
from difykit.workspace.manifest import read_text

MARK = "# difykit: changes"
BASE = "official"


@dataclass(frozen=True)
class Template:
    """The text of a template; an image without one has the plainest."""

    text: str = f"FROM {BASE}\n{MARK}\n"
    extra_files: tuple[OwnFile, ...] = ()
    """The files of its folder that it can copy."""

    @property
    def adds(self) -> bool:
        """Whether it says more than where the changes go."""
        return any(step.keyword != "FROM" for step in self.steps)

    @property
    def steps(self) -> tuple[dockerfile.Instruction, ...]:
        """Its instructions."""
        return dockerfile.parse(self.text).instructions

    def render(self, installs: Sequence[str], archive: str, removed: Sequence[str], user: str) -> str:
        """The Dockerfile that runs the steps `installs`, lays `archive` over the image, and takes `removed` away.

        `user` is whom the image runs as, and does so after it again.
        """
        return self.text.replace(MARK, "\n".join(_changes(installs, archive, removed, user)), 1)


def read_template(folder: Path, name: str, file: str = "Dockerfile", *, must: bool = False) -> Template:
    """The template of an image. Raises ConfigError when it lacks the lines that difykit needs, or `must` be there.

    Its instructions see the files beside it, as in any Dockerfile's folder.
    """
    path = folder / file
    if not files.present(path):
        if must:
            text = f"dockerfile: there is no {file} beside it"
            raise ConfigError([Problem(f"images/{name}/image.yaml", 0, text)])
        return Template()
    text = read_text(path, f"images/{name}/{file}")
    lines = [line.strip() for line in text.splitlines()]
    problems = []
    if not any(line.split()[:2] == ["FROM", BASE] for line in lines):
        problems.append(f"needs the line `FROM {BASE}`: the official image, or the one built from source")
    if lines.count(MARK) != 1:
        problems.append(f"needs the line `{MARK}` exactly once: there go the changed files")
    if problems:
        raise ConfigError([Problem(f"images/{name}/{file}", 1, text) for text in problems])
    return Template(text, read_beside(folder, name, file, text))


def _changes(installs: Sequence[str], archive: str, removed: Sequence[str], user: str) -> list[str]:
    # Installing comes first: it takes minutes and depends on the official image alone, so that after an edit of a
    # file BuildKit takes its layer from the cache. The files need no such care, a layer of its own (--link) does not
    # depend on what is below it: a new official image keeps it.
    root = list(installs)
    lines = []
    if archive:
        root, lines = [], [*_as_root(installs, user), f"ADD --link {archive} /"]
    if removed:
        root.append(f"RUN {json.dumps(['rm', '-f', '--', *removed], ensure_ascii=False)}")
    return lines + _as_root(root, user)


def _as_root(steps: Sequence[str], user: str) -> list[str]:
    return ["USER root", *steps, f"USER {user or 'root'}"] if steps else []
