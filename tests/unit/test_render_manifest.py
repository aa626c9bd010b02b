"""`manifest.json`: what it says, what it does not say, and how older ones are read."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from difykit.release.render import Manifest, plan_render
from tests.unit.test_render_plan import make_inputs, overlay

HEAD = "227822d22895"


def test_it_says_what_runs_where_and_what_it_was_made_from() -> None:
    part = overlay("own", {"compose.yaml": "services: {}\n"})
    plan = plan_render(make_inputs(overlays=(part,), migrations=(HEAD,), settings_env={"A": "1"}))
    manifest = json.loads(plan.files["manifest.json"][1])
    assert manifest == plan.manifest
    assert list(manifest) == [
        *("version", "difykit", "release", "upstream", "source", "project", "data", "overlays", "images"),
        *("migrations", "overlay_migrations", "inputs", "files"),
    ]
    assert (manifest["project"], manifest["data"]) == ("dify", "/srv/my data/volumes")
    assert manifest["migrations"] == [HEAD]
    assert manifest["inputs"].keys() == {"env", ".env keys", "overlays"}
    dify = plan.files["dify.yaml"][1]
    assert manifest["files"]["dify.yaml"] == hashlib.sha256(dify).hexdigest()
    assert manifest["files"].keys() | {"manifest.json"} == plan.files.keys()


def test_each_input_shows_in_its_own_place() -> None:
    first = plan_render(make_inputs(overlays=(overlay(files={"c.yaml": "services: {}\n"}),))).manifest["inputs"]
    second = plan_render(make_inputs(overlays=(overlay(files={"c.yaml": "services: {}\n\n"}),))).manifest["inputs"]
    assert first["overlays"].keys() == {"own"}
    assert first["overlays"] != second["overlays"]
    assert first["env"] == second["env"]
    assert plan_render(make_inputs(settings_env={"A": "1"})).manifest["inputs"]["env"] != first["env"]


def test_nothing_in_it_depends_on_a_secret() -> None:
    part = overlay(secrets={"TOKEN": {"generate": 20, "to": ["api"]}})
    texts = [
        plan_render(make_inputs(overlays=(part,), user_env=f"DB_PASSWORD={word}\nTOKEN={word}\n")).files[
            "manifest.json"
        ]
        for word in ("one", "two")
    ]
    assert texts[0] == texts[1]
    files = json.loads(texts[0][1])["files"]
    assert [name for name, digest in files.items() if not digest] == [".env", "secrets/api.env"]


def test_it_reads_back(tmp_path: Path) -> None:
    plan = plan_render(make_inputs(migrations=(HEAD,)))
    (tmp_path / "manifest.json").write_bytes(plan.files["manifest.json"][1])
    found = Manifest.read(tmp_path)
    assert found is not None
    assert (found.release, found.source, found.project) == ("1.0.0", "c" * 40, "dify")
    assert (found.data, found.migrations) == ("/srv/my data/volumes", (HEAD,))
    assert found.images == (("dify-api-custom:1", "sha256:1"), ("dify-web-custom:1", "sha256:1"))
    assert {*found.files, "manifest.json"} == plan.files.keys()


def test_an_older_one_reads_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"release": "1.0.0", "files": [".env"], "images": [{"id": "x"}, 3]}')
    assert Manifest.read(tmp_path) == Manifest("1.0.0", "", "", "", (), (("", "x"),), (".env",))


@pytest.mark.parametrize("text", [None, "", "[]", "{", "\xff"])
def test_what_is_none_is_none(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_bytes(text.encode("latin-1"))
    assert Manifest.read(tmp_path) is None
