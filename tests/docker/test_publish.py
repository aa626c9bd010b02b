"""`publish` to a real registry: what is sent, what is not sent twice, and what is never written over."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from difykit import docker as engine
from difykit.core.errors import DifyKitError
from difykit.images.publish import publish
from difykit.workspace.state import images_of, need_source
from tests.support.builds import Bench, Told
from tests.support.clusters import docker
from tests.support.tcp_proxy import Tap

pytestmark = pytest.mark.docker

LARGE = os.urandom(3_000_000).hex()


@pytest.fixture
def bench(tmp_path: Path, images: str) -> Bench:
    made = Bench(tmp_path, images)
    made.sync(mine={"api/app.py": "print('mine')\n", "api/large.txt": LARGE})
    made.build()
    return made


def to(door: Tap, bench: Bench) -> str:
    return f"{door.host}/{bench.name}/"


def test_the_second_time_no_layer_moves(door: Tap, bench: Bench) -> None:
    first = {each.name: each for each in publish(bench.workspace, to(door, bench), ["stable"], Told())}
    assert first["api"].pushed > len(LARGE) / 2
    assert first["api"].tags == ("1.0.0", "stable")
    before = door.sent
    told = Told()
    second = {each.name: each for each in publish(bench.workspace, to(door, bench), ["stable"], told)}
    assert door.sent - before < 20_000  # questions, no layer
    assert [each.pushed for each in second.values()] == [0, 0]
    assert {name: each.digest for name, each in second.items()} == {name: each.digest for name, each in first.items()}
    assert len(told.skips) == 2


def test_what_is_pulled_by_digest_is_what_was_built(door: Tap, bench: Bench) -> None:
    made = next(each for each in publish(bench.workspace, to(door, bench), [], Told()) if each.name == "api")
    docker("pull", "--quiet", made.reference)
    info = engine.inspect(made.reference)
    assert info
    assert info.id == made.image_id
    docker("rmi", made.reference)
    named = images_of(bench.workspace.root / "images.json", need_source(bench.workspace.derived))
    assert {each.reference for each in named.images if each.name == "api"} == {made.reference}
    value = json.loads((bench.workspace.root / "images.json").read_text())
    assert value["images"][0].keys() >= {"name", "reference", "digest", "size", "tags"}


def test_a_registry_that_goes_away_half_way_is_waited_for(door: Tap, bench: Bench) -> None:
    door.cut, door.away = 500_000, 2.0
    made = publish(bench.workspace, to(door, bench), [], Told())
    assert door.breaks == 1
    assert len(made) == 2


def test_other_content_under_a_content_tag_is_refused_and_nothing_is_pushed(door: Tap, bench: Bench) -> None:
    api = bench.plan()["api"]
    taken = f"{to(door, bench)}dify-api-custom:{api.tag}"
    docker("tag", "busybox:latest", taken)
    docker("push", "--quiet", taken)
    docker("rmi", taken)
    before = door.sent
    with pytest.raises(DifyKitError, match="holds another image") as told:
        publish(bench.workspace, to(door, bench), [], Told())
    assert "a content tag never moves; nothing was pushed" in told.value.message
    assert door.sent - before < 20_000
    assert not (bench.workspace.root / "images.json").exists()


def test_what_was_made_elsewhere_from_the_same_inputs_is_taken(door: Tap, bench: Bench) -> None:
    api = bench.plan()["api"]
    other = f"{to(door, bench)}dify-api-custom:{api.tag}"
    text = f"FROM {api.reference}\nENV ELSEWHERE=1\n"
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", other, "-"], input=text.encode(), check=True, capture_output=True
    )
    docker("push", "--quiet", other)
    docker("rmi", other)
    made = {each.name: each for each in publish(bench.workspace, to(door, bench), [], Told())}
    assert made["api"].pushed == 0


def test_a_registry_that_is_not_there_is_said(bench: Bench) -> None:
    with pytest.raises(DifyKitError, match=r"the registry 127\.0\.0\.1:9 cannot be reached"):
        publish(bench.workspace, "127.0.0.1:9/x/", [], Told())
    with pytest.raises(DifyKitError, match=r"no registry is named|does not name a registry"):
        publish(bench.workspace, "", [], Told())
