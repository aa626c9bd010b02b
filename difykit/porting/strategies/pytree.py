"""Python texts of a merge as trees: each is asked for by several judges, so the last ones are kept."""

from __future__ import annotations

import ast
from functools import lru_cache

from difykit.core import python_source


@lru_cache(maxsize=16)
def module(text: str) -> ast.Module:
    """The module that a text is, to be read only. Raises NotPython."""
    return python_source.parse(text)
