"""Names, labels, the template and the bake file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from difykit.core.errors import ConfigError
from difykit.images.definition import (
    Additions,
    BakeTarget,
    ImageLabels,
    Template,
    bake_json,
    custom_name,
    inputs_id,
    labels,
    official_image,
    own_labels,
    own_name,
    read_template,
    tag_of,
    tags_in,
)

SHIPPED = Path(__file__).parents[2] / "images"


def test_names() -> None:
    assert custom_name("", "langgenius/dify-api") == "dify-api-custom"
    assert custom_name("r.example/x/", "langgenius/dify-web") == "r.example/x/dify-web-custom"
    assert custom_name("", "ubuntu/squid") == "squid-custom"
    assert own_name("r.example/", "patroni") == "r.example/dify-patroni-custom"
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
        patches=["0001-x.patch"],
        overlays=["hello", "more"],
    )
    assert found["io.difykit.overlays"] == "hello,more"
    assert found["org.opencontainers.image.base.name"] == "o:1"
    assert found["org.opencontainers.image.revision"] == "b"
    assert "org.opencontainers.image.base.digest" not in found
    read = ImageLabels.of(found)
    assert (read.source, read.ref, read.commit, read.base, read.base_digest) == ("https://u", "1.15.0", "b", "o:1", "")
    assert (read.strategy, read.patches, read.overlays) == ("layer", ("0001-x.patch",), ("hello", "more"))
    assert read.inputs == "0123456789ab"


def test_an_image_of_somebody_else_says_nothing() -> None:
    assert not any(vars(ImageLabels.of({"maintainer": "x"})).values())
    assert ImageLabels.of(own_labels("1.15.0", "0123456789ab")).strategy == "own"


def test_the_shipped_template_adds_nothing() -> None:
    assert not read_template(SHIPPED / "api", "api").adds
    assert not read_template(SHIPPED / "web", "web").adds


def test_a_template_puts_the_changes_at_the_marked_line(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM official\n# difykit: changes\nRUN mine\n")
    template = read_template(tmp_path, "api")
    assert template.adds
    assert template.render([], "changed.tar", ["/a b", "/c"], "1001") == (
        "FROM official\nADD --link changed.tar /\n"
        'USER root\nRUN ["rm", "-f", "--", "/a b", "/c"]\nUSER 1001\nRUN mine\n'
    )
    assert template.render([], "", [], "") == "FROM official\n\nRUN mine\n"


def test_what_is_installed_comes_before_the_changed_files_and_the_user_is_the_images_own() -> None:
    assert Template().render(["RUN x"], "changed.tar", ["/c"], "1001") == (
        "FROM official\nUSER root\nRUN x\nUSER 1001\nADD --link changed.tar /\n"
        'USER root\nRUN ["rm", "-f", "--", "/c"]\nUSER 1001\n'
    )
    assert Template().render(["RUN x"], "", ["/c"], "") == (
        'FROM official\nUSER root\nRUN x\nRUN ["rm", "-f", "--", "/c"]\nUSER root\n'
    )


def test_names_and_versions_reach_no_shell() -> None:
    additions = Additions(("g++", "libx:arm64=1.2~rc1"), ("some-package>=1; python_version > '3'", "b"))
    step = 'RUN --mount=type=bind,source=difykit/%s,target=/tmp/difykit ["sh", "/tmp/difykit/install.sh", "images/api"'
    assert additions.steps("api") == [
        step % "apt" + ', "g++", "libx:arm64=1.2~rc1"]',
        step % "python" + "]",
    ]
    assert additions.files()["python/requirements.txt"] == "some-package>=1; python_version > '3'\nb\n"
    assert additions.listed() == ["apt g++ libx:arm64=1.2~rc1", "python some-package>=1; python_version > '3' b"]
    assert (bool(Additions()), Additions().steps("api"), Additions().files()) == (False, [], {})


def test_a_template_that_is_named_must_be_there(tmp_path: Path) -> None:
    assert read_template(tmp_path, "api", "Other") == Template()
    with pytest.raises(ConfigError, match=r"^images/api/image.yaml: dockerfile: there is no Other beside it$"):
        read_template(tmp_path, "api", "Other", must=True)
    (tmp_path / "Other").write_text("FROM debian\n")
    with pytest.raises(ConfigError, match=r"images/api/Other:1: needs the line `FROM official`"):
        read_template(tmp_path, "api", "Other")


def test_all_that_a_template_lacks_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian\n")
    with pytest.raises(ConfigError) as problems:
        read_template(tmp_path, "api")
    assert len(problems.value.problems) == 2


def test_a_bake_file_takes_texts_as_they_are() -> None:
    text = bake_json(
        [BakeTarget("api", "build/api", "Dockerfile", tag="t:1", base="target:x", labels={"a": "${b} %{c}"})]
    )
    target = json.loads(text)["target"]["api"]
    assert target["labels"]["a"] == "$${b} %%{c}"
    assert target["output"] == ["type=docker"]
    assert target["contexts"] == {"official": "target:x"}


def test_a_bake_file_says_which_names_it_gives() -> None:
    targets = [BakeTarget("api", "build/api", "Dockerfile", tag="t:1"), BakeTarget("step", "build/api", "Dockerfile")]
    assert tags_in(bake_json(targets)) == ("t:1",)
    for broken in ("", "[]", '{"target": []}', '{"target": {"api": 1}}'):
        assert tags_in(broken) == ()
