"""The recorded names of Dify are those of the five releases. `DIFYKIT_RECORD=write` records anew."""

from __future__ import annotations

import json
import os

import pytest

from tests.support.dify_names import NAMES, names_of, recorded
from tests.support.real_render import PLACE

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases"),
]


def test_the_recorded_names_are_those_of_the_releases() -> None:
    names = names_of(PLACE)
    if os.environ.get("DIFYKIT_RECORD") == "write":
        NAMES.write_text(
            "{\n" + ",\n".join(f'"{kind}": {json.dumps(names[kind])}' for kind in names) + "\n}\n", "utf-8"
        )
    assert names == recorded()
