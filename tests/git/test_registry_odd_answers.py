"""Whatever a registry answers, `image.show` shows what there is or says one clear error within bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import inv
from tests.support.misbehaving_registries import Row, config, holding, manifest, stranger
from tests.support.odd_answers import ROWS


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The registry alone is asked."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_odd_answer_is_one_clear_error(row: Row, tmp_path: Path) -> None:
    with stranger(row.answer) as host:
        ran = inv("image.show", f"{host}/team/thing:1", cwd=tmp_path)
    assert ran.code in {0, 1}, ran.err
    assert "bug" not in ran.err
    assert row.says in ran.err
    assert ran.code == (0 if "inputs: 0123456789ab" in ran.out else 1)
    assert len(ran.err) < 2000


def test_labels_that_would_move_the_cursor_are_one_line_each(tmp_path: Path) -> None:
    inner = config({"io.difykit.inputs": "0123456789ab", "io.difykit.patches": "a\x1b[2J\nfake: yes\x07,b"})
    with stranger(holding(manifest(inner), inner)) as host:
        ran = inv("image.show", f"{host}/team/thing:1", cwd=tmp_path)
    assert ran.code == 0
    assert "patches: a\\x1b[2J\\nfake: yes\\x07, b" in ran.out.splitlines()
