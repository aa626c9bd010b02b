"""Names, labels, the template and the bake file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from difykit.errors import ConfigError
from difykit.image import Target, bake_json, custom_name, inputs_id, labels, official_image, read_template, tag_of

SHIPPED = Path(__file__).parents[2] / "images"


def test_names() -> None:
    assert custom_name("", "langgenius/dify-api") == "dify-api-custom"
    assert custom_name("r.example/x/", "langgenius/dify-web") == "r.example/x/dify-web-custom"
    assert official_image("langgenius/dify-api", "v1.15.0") == "langgenius/dify-api:1.15.0"
    assert tag_of("feat/x+1", "0123456789ab") == "feat-x-1-0123456789ab"


def test_the_tag_depends_on_all_inputs_and_on_nothing_else() -> None:
    inputs = {"strategy": "layer", "changed": [("M", "a", "100644", "1")]}
    assert inputs_id(inputs) == inputs_id(dict(reversed(inputs.items())))
    assert inputs_id(inputs) != inputs_id({**inputs, "strategy": "source"})
    assert len(inputs_id(inputs)) == 12


def test_labels_say_what_is_in_the_image() -> None:
    found = labels(
        strategy="layer",
        inputs="0123456789ab",
        official="o:1",
        url="https://u",
        ref="1.15.0",
        base="b",
        commit="c",
        patches=["0001-x.patch"],
        overlays=["hello", "more"],
    )
    assert found["io.difykit.overlays"] == "hello,more"
    assert found["org.opencontainers.image.base.name"] == "o:1"
    assert found["org.opencontainers.image.revision"] == "c"


def test_the_shipped_template_adds_nothing() -> None:
    assert not read_template(SHIPPED / "api", "api").adds
    assert not read_template(SHIPPED / "web", "web").adds


def test_a_template_puts_the_changes_at_the_marked_line(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM official\n# difykit: changes\nRUN mine\n")
    template = read_template(tmp_path, "api")
    assert template.adds
    assert template.render("changed.tar", ["/a b", "/c"], "1001") == (
        "FROM official\nADD --link changed.tar /\n"
        'USER root\nRUN ["rm", "-f", "--", "/a b", "/c"]\nUSER 1001\nRUN mine\n'
    )
    assert template.render("", [], "") == "FROM official\n\nRUN mine\n"


def test_all_that_a_template_lacks_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian\n")
    with pytest.raises(ConfigError) as problems:
        read_template(tmp_path, "api")
    assert len(problems.value.problems) == 2


def test_a_bake_file_takes_texts_as_they_are() -> None:
    text = bake_json([Target("api", "build/api", "Dockerfile", tag="t:1", base="target:x", labels={"a": "${b} %{c}"})])
    target = json.loads(text)["target"]["api"]
    assert target["labels"]["a"] == "$${b} %%{c}"
    assert target["output"] == ["type=docker"]
    assert target["contexts"] == {"official": "target:x"}
