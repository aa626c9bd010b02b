"""Python source as any Python that difykit runs on can read it: Dify's releases are written for newer ones."""

from __future__ import annotations

import ast
import re

_GENERIC = re.compile(r"^([ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+)\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\]", re.MULTILINE)
_ALIAS = re.compile(r"^([ \t]*)type[ \t]+(\w+)(?:\[[^\n=]*\])?([ \t]*=)", re.MULTILINE)


def readable(text: str) -> str:
    """The same lines without type parameters and `type` statements, which Python 3.11 does not know."""
    return _ALIAS.sub(r"\1\2\3", _GENERIC.sub(r"\1", text))


def parse(text: str) -> ast.Module:
    """The module that a text is. Raises SyntaxError or ValueError when it is none."""
    return ast.parse(readable(text))
