"""What an overlay says differently by release, decided for one."""

from __future__ import annotations

from typing import Any

import pytest
from packaging.version import Version
from pydantic import ValidationError

from difykit.source.overlay import Resolved, resolve
from difykit.workspace import dotenv
from difykit.workspace.manifest import OverlayManifest
from tests.support.merges import tree

HERE = tree({"api/beat.py": ""})
SERVICES = ("api", "db_postgres", "redis")


def manifest(**keys: Any) -> OverlayManifest:
    return OverlayManifest.model_validate({"version": 1, "description": "d", **keys})


def resolved(release: str = "1.13.0", **keys: Any) -> Resolved:
    return resolve(manifest(**keys), SERVICES, HERE, Version(release))


EVENTS = [
    {"value": "a", "when": {"dify": "==1.13.0"}},
    {"template": "${B:url}$$", "when": {"dify": ">=1.13.1"}},
]


@pytest.mark.parametrize(("release", "raw"), [("1.12.1", {}), ("1.13.0", {"A": "a"}), ("1.13.1", {"A": r'"${B}\$"'})])
def test_a_setting_has_the_value_of_its_release(release: str, raw: dict[str, str]) -> None:
    found = resolved(release, env={"A": EVENTS}).manifest
    assert {key: dotenv.raw_entry(entry) for key, entry in found.env.items()} == raw


def test_a_plain_setting_and_one_mapping_are_enough() -> None:
    found = resolved(env={"A": 1, "B": {"value": "b", "when": {"exists": "api/beat.py"}}, "C": {"value": ""}})
    assert dict(found.manifest.env) == {"A": "1", "B": "b", "C": ""}


def test_two_values_for_one_release_are_a_fault() -> None:
    twice = [{"value": "a"}, {"value": "b", "when": {"dify": ">1"}}]
    assert resolved(env={"A": twice}).faults == ((("env", "A"), "env.A: 2 of its values hold for this Dify; one may"),)


def test_the_one_that_the_release_has_is_left_out() -> None:
    removal = {"one_of": ["db_postgres", "db"], "instead": "pg"}
    found = resolved(compose={"remove": ["redis", removal, {"service": "x", "when": {"dify": "<1"}}]})
    assert [(each.names, each.instead) for each in found.manifest.compose.removals] == [
        (("redis",), None),
        (("db_postgres",), "pg"),
    ]
    assert not found.faults


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["db", "mysql"], "compose.remove.0: this Dify has none of the services db, mysql"),
        (["api", "redis"], "compose.remove.0: this Dify has more than one of the services api, redis"),
    ],
)
def test_none_or_two_of_them_are_a_fault(names: list[str], text: str) -> None:
    assert resolved(compose={"remove": [{"one_of": names}]}).faults == ((("compose", "remove", 0), text),)


def test_what_the_user_must_set_may_differ_by_release() -> None:
    wants = {"env": ["A", {"key": "B", "when": {"dify": ">=1.14"}}]}
    assert resolved(requires=wants).manifest.requires.env == ("A",)
    assert resolved("1.14.0", requires=wants).manifest.requires.env == ("A", "B")


def test_files_are_those_of_the_release() -> None:
    beat = {"file": "beat.yaml", "when": {"exists": "api/beat.py"}}
    old = {"file": "old.yaml", "when": {"dify": "<1.7"}}
    assert resolved(compose={"files": ["a.yaml", beat, old]}).manifest.compose.files == ("a.yaml", "beat.yaml")


@pytest.mark.parametrize(
    "keys",
    [
        {"env": {"A": {"value": "a", "template": "b"}}},
        {"env": {"A": {"when": {"dify": ">1"}}}},
        {"env": {"A": {"template": "$HOME"}}},
        {"env": {"A": {"template": "${A:upper}"}}},
        {"compose": {"remove": [{"service": "a", "one_of": ["b"]}]}},
        {"compose": {"remove": [{}]}},
        {"compose": {"files": [{"file": "../a"}]}},
    ],
)
def test_what_says_nothing_or_two_things_is_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        manifest(**keys)


def test_a_template_takes_the_values_of_others() -> None:
    values = {"PASSWORD": "a@b/ü$", "HOST": "h"}
    template = "sentinel://:${PASSWORD:url}@${HOST}:1/${NONE}$$${PASSWORD}"
    assert dotenv.filled(template, values) == "sentinel://:a%40b%2F%C3%BC%24@h:1/$a@b/ü$"
