"""A repository that is named on a command line, and refs of it: the URL is one that `upstream` may have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from difykit.core.errors import shortened
from difykit.workspace.manifest import Settings

_NEVER = r"\x00-\x20\x7f~^:?*\[\\"
_REF = re.compile(rf"(?=.{{1,200}}$)(?!@$)(?!.*(?:\.\.|//|/\.|@\{{|\.lock(?:/|$)))[^-./{_NEVER}][^{_NEVER}]*(?<![/.])")
"""The name of a branch or a tag, as git check-ref-format has it, which is more than a release of Dify is called."""


def repository_url(name: str) -> str:
    """The URL; of a folder on this machine, too."""
    return Path(name).resolve().as_uri() if "://" not in name and Path(name).is_dir() else name


def repository_faults(url: str, ref: str) -> Iterator[tuple[str, str]]:
    """What is wrong with them, each with `url` or `ref`: another protocol, a password, a name that is no ref's."""
    try:
        Settings.model_validate({"version": 1, "upstream": {"url": url, "ref": "HEAD"}})
    except ValueError as error:
        yield from _faults(error)
    if not _REF.fullmatch(ref):
        yield "ref", f"{shortened(ref)!r} is not a tag, a branch or a full commit id"


def _faults(error: Any) -> Iterator[tuple[str, str]]:
    for fault in error.errors(include_url=False, include_input=False):
        yield fault["loc"][-1], fault["msg"].removeprefix("Value error, ")
