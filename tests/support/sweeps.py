"""Rows of a table of which `.ci/run` takes a few, and `.ci/run --all` the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def swept(rows: Iterable[Any], always: Callable[[Any], bool]) -> list[Any]:
    """The rows as parameters; those that are not `always` run are marked `sweeps`."""
    return [row if always(row) else pytest.param(row, marks=pytest.mark.sweeps) for row in rows]
