"""Compose's own tags read past, and strings that know where they stand."""

from __future__ import annotations

import pytest

from difykit.core import yaml
from difykit.core.errors import ConfigError

TEXT = """\
x-base: &base {volumes: ["./a:/a"]}
services:
  api: {<<: *base, ports: !override ["80:80"], command: !reset null, mem: !override 5, name: !override '5'}
  gone: !reset
  more:
    image: &tagged "x"
    labels: !reset
      a: b
"""


def test_what_stands_under_a_local_tag_is_read_as_it_is() -> None:
    document = yaml.load("a.yaml", TEXT, local_tags=True)
    services = document.value["services"]
    assert services["api"] == {
        "volumes": ["./a:/a"],
        "ports": ["80:80"],
        "command": None,
        "mem": 5,
        "name": "5",
    }
    assert services["gone"] is None
    assert services["more"]["labels"] == {"a": "b"}
    assert document.tags["services", "gone"] == document.tags["services", "api", "command"] == "!reset"
    assert document.tags["services", "api", "ports"] == "!override"


def test_a_string_knows_its_line_and_its_place_also_behind_a_merge() -> None:
    services = yaml.load("a.yaml", TEXT, local_tags=True).value["services"]
    mount = services["api"]["volumes"][0]
    assert (mount.line, TEXT[mount.start :][:8]) == (1, '"./a:/a"')
    image = services["more"]["image"]
    assert (image, image.line, TEXT[image.start :][:11]) == ("x", 6, '&tagged "x"')


@pytest.mark.parametrize("text", ["a: !override 1\n", "a: !reset\n"])
def test_elsewhere_such_a_tag_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"a\.yaml:1: is not YAML: could not determine a constructor for the tag"):
        yaml.load("a.yaml", text)


def test_python_objects_are_refused_all_the_same() -> None:
    with pytest.raises(ConfigError, match="could not determine a constructor"):
        yaml.load("a.yaml", "a: !!python/object/apply:os.system [id]\n", local_tags=True)
    with pytest.raises(ConfigError, match="given twice"):
        yaml.load("a.yaml", "a: !x {b: 1, b: 2}\n", local_tags=True)
