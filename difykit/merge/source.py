"""Python source as any Python that difykit runs on can read it: Dify's releases are written for newer ones."""

from __future__ import annotations

import ast
import re

from difykit import pysource

_GENERIC = re.compile(r"^([ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+)(\[(?:[^\[\]]|\[[^\[\]]*\])*\])", re.MULTILINE)
_ALIAS = re.compile(r"^([ \t]*)type[ \t]+(\w+)(?:\[[^\n=]*\])?([ \t]*=)", re.MULTILINE)


def readable(text: str) -> str:
    """The same lines without type parameters and `type` statements, which Python 3.11 does not know."""
    return _ALIAS.sub(r"\1\2\3", _GENERIC.sub(_plain, text))


def _plain(match: re.Match[str]) -> str:
    return match[1] + "\\\n" * match[2].count("\n")


def parse(text: str) -> ast.Module:
    """The module that a text is. Raises NotPython, a ValueError."""
    return pysource.parse(readable(text))


def compiled(text: str) -> ast.Module:
    """The module that a text is, as Python would run it. Raises NotPython, a ValueError."""
    return pysource.compiled(readable(text))
