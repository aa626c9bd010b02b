"""What many of the tests here start from; a file that needs another one has a fixture of the same name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.git import Store
from tests.support.repos import Upstream


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    """A repository of Dify with one release, 1.0.0."""
    made = Upstream(tmp_path)
    made.release("1.0.0")
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty repository of objects."""
    with Store(tmp_path / "store.git") as made:
        made.ensure()
        yield made
