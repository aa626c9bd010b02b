"""A repository that is named on a command line, and refs of it: what may be fetched is what `upstream` may be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from difykit.workspace.manifest import Settings


def repository_url(name: str) -> str:
    """The URL; of a folder on this machine, too."""
    return Path(name).resolve().as_uri() if "://" not in name and Path(name).is_dir() else name


def repository_faults(url: str, ref: str) -> Iterator[tuple[str, str]]:
    """What is wrong with them, each with `url` or `ref`: another protocol, a password, an odd ref."""
    try:
        Settings.model_validate({"version": 1, "upstream": {"url": url, "ref": ref}})
    except ValueError as error:
        yield from _faults(error)


def _faults(error: Any) -> Iterator[tuple[str, str]]:
    for fault in error.errors(include_url=False, include_input=False):
        yield fault["loc"][-1], fault["msg"].removeprefix("Value error, ")
