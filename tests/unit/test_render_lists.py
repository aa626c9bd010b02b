"""`KEY=+own` adds to the list of the release, layer upon layer."""

from __future__ import annotations

import pytest

from difykit.release.render.lists import extended
from difykit.workspace import dotenv

DEFAULTS = {"QUEUES": "a,b", "PROFILES": "${STORE:-weaviate},live"}


@pytest.mark.parametrize(
    ("key", "layers", "result"),
    [
        ("QUEUES", ["+mine"], "a,b,mine"),
        ("QUEUES", ["'+mine'"], "a,b,mine"),
        ("QUEUES", ['"+mine, other"'], "a,b,mine,other"),
        ("QUEUES", ["+a,mine"], "a,b,mine"),
        ("QUEUES", ["+x", "+y"], "a,b,x,y"),
        ("QUEUES", ["only", "+y"], "only,y"),
        ("QUEUES", ["+x", "only"], "only"),
        ("QUEUES", ["mine"], "mine"),
        ("QUEUES", ["", "+y"], "a,b,y"),
        ("PROFILES", ["+mine"], "${STORE:-weaviate},live,mine"),
        ("PHONE", ["+49"], "+49"),
    ],
)
def test_what_a_list_becomes(key: str, layers: list[str], result: str) -> None:
    joined = extended([dotenv.EnvLayer(str(number), {key: raw}) for number, raw in enumerate(layers)], DEFAULTS)
    raw = joined[-1].raw[key]
    assert (dotenv.decode(raw) or raw) == result
