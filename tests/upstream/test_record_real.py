"""What difykit says and writes for real releases is what the record has, with each shipped overlay.

`DIFYKIT_RECORD=write` records anew; the commit that does so says why.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.git.test_record import SHIPPED
from tests.support.real_render import PLACE
from tests.support.record import ENVIRONMENT, Facts, differences, read, record

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases"),
]
RECORDS = Path(__file__).parent.parent / "fixtures" / "record"
RELEASES = {"1.6.0": "1.7.0", "1.9.2": "1.10.0", "1.12.1": "1.13.0", "1.15.0": "1.16.1", "1.16.1": "1.15.0"}
EXAMPLE = ("hello-endpoint", "hello-console", "hello-page")


@pytest.mark.parametrize("release", RELEASES)
def test_all_is_as_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    url, facts = Path(PLACE).as_uri(), Facts()
    cases = {"plain": (), "example": EXAMPLE, **{name: (name,) for name in SHIPPED}}
    for name, overlays in cases.items():
        root = tmp_path / "workspace"
        fetched = root / ".difykit" / "upstream.git"
        if name not in {"plain", "example"} and fetched.exists():  # the release is not fetched again
            fetched.rename(tmp_path / "upstream.git")
        shutil.rmtree(root, ignore_errors=True)
        if (tmp_path / "upstream.git").exists():
            (root / ".difykit").mkdir(parents=True)
            (tmp_path / "upstream.git").rename(fetched)
        noted = record(root, url, release, overlays, RELEASES[release] if name in {"plain", "example"} else "")
        facts |= {f"{name}: {fact}": value for fact, value in noted.facts.items()}
    path = RECORDS / f"{release}.json"
    if os.environ.get("DIFYKIT_RECORD") == "write":
        path.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n")
    assert list(differences(read(path), facts)) == []
