"""What difykit says and writes for the miniature is what the record has: a house rebuilt inside shows none of it.

`DIFYKIT_RECORD=write` records anew; the commit that does so says why.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from difykit.demo import make_upstream
from tests.support.record import ENVIRONMENT, differences, read, record

RECORD = Path(__file__).parent.parent / "fixtures" / "record" / "miniature.json"
SHIPPED = sorted(path.parent.name for path in (Path(__file__).parents[2] / "overlays").glob("*/overlay.yaml"))
EXAMPLE = ("hello-endpoint", "hello-console", "hello-page")


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("name", "overlays", "to"),
    [
        ("plain", (), "1.99.0"),
        ("example", EXAMPLE, "1.99.0"),
        *((overlay, (overlay,), "") for overlay in SHIPPED),
    ],
)
def test_all_is_as_recorded(tmp_path: Path, name: str, overlays: Sequence[str], to: str) -> None:
    make_upstream(tmp_path / "dify.git")
    facts = record(tmp_path / "workspace", (tmp_path / "dify.git").as_uri(), "1.98.0", overlays, to).facts
    if os.environ.get("DIFYKIT_RECORD") == "write":
        records = read(RECORD) if RECORD.exists() else {}
        RECORD.parent.mkdir(parents=True, exist_ok=True)
        RECORD.write_text(json.dumps({**records, name: facts}, indent=1, sort_keys=True) + "\n")
    assert list(differences(read(RECORD)[name], facts)) == []
