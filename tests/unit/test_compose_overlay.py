"""An overlay's Compose file: what it says, where, and which files it uses."""

from __future__ import annotations

import pytest

from difykit.core.errors import ConfigError
from difykit.release.compose import (
    OverlayFile,
    Replacement,
    ServiceImage,
    choices,
    interpolate,
    local_paths,
    moved,
    read_overlay_file,
    resolved_path,
    switches,
)

LABEL = "overlays/own/compose.yaml"


def read(text: str, label: str = LABEL) -> OverlayFile:
    return read_overlay_file(label, text)


def resolved(text: str) -> str:
    return interpolate(text, {"DIFY_DATA": "/data", "TAG": "9"})


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return [str(each) for each in caught.value.problems]


def test_what_is_no_compose_file_or_draws_in_others_is_told_at_once() -> None:
    assert problems("- a\n") == [f"{LABEL}:1: is not a Compose file: it must be a mapping with `services`"]
    text = """\
include: [more.yaml]
services:
  a: {extends: {file: base.yaml, service: x}}
  b: [1]
  c: {extends: {service: a}}
"""
    assert [each.split(";")[0] for each in problems(text)] == [
        f"{LABEL}:1: include: name the file in compose.files of overlay.yaml, which joins it",
        f"{LABEL}:3: services.a.extends.file: write the keys out here, only files of compose.files are read",
        f"{LABEL}:4: services.b: must be a mapping of keys and values",
    ]


def test_every_relative_path_is_found_with_its_line() -> None:
    text = """\
services:
  mail:
    build: ./image
    env_file: mail.env
    configs: [{source: limits}]
    secrets: [key]
    volumes:
    - ./conf:/etc/mail:ro
    - {type: bind, source: spool, target: /spool}
    - {type: volume, source: named, target: /n}
    - named:/v
    - /anonymous
    - /etc/localtime:/etc/localtime
    - ~/x:/x
    - ${DIFY_DATA:?}/mail:/data
    - ${PLACE:-./here}:/here
  made: {build: {context: 'https://example.test/x.git'}, env_file: [{path: ./no.env, required: false}]}
  other: {configs: [limits], build: git@example.test:x.git}
configs:
  limits: {file: "./limits.conf"}
  inline: {content: x}
secrets:
  key: {file: key.pem}
"""
    found = {each.path: each for each in local_paths(read(text), resolved)}
    assert {path: each.line for path, each in found.items()} == {
        "./image": 3,
        "mail.env": 4,
        "./conf": 8,
        "spool": 9,
        "${PLACE:-./here}": 16,
        "./no.env": 17,
        "./limits.conf": 20,
        "key.pem": 23,
    }
    assert [path for path, each in found.items() if each.offset < 0] == ["${PLACE:-./here}"]
    assert [path for path, each in found.items() if not each.required] == ["./no.env"]
    assert {path for path, each in found.items() if not each.mounted} == {"./image", "mail.env", "./no.env"}
    assert (found["./limits.conf"].services, found["key.pem"].services) == (("mail", "other"), ("mail",))


def test_only_paths_are_moved_and_all_else_stays_letter_by_letter() -> None:
    text = """\
x-conf: &conf   './conf/x'   # a comment
services:
    mail: {image:   mail, volumes: ["./conf:/c", {type: bind, source: *conf, target: /x}], ports: !override [1]}
    more: {volumes: [ ./conf:/c ]}
"""
    locals_ = local_paths(read(text), resolved)
    places = {each: f"./overlays/own/{each.path.removeprefix('./')}" for each in locals_}
    assert moved(text, places) == text.replace("./conf", "./overlays/own/conf")


def test_a_path_with_escapes_is_not_plain() -> None:
    (found,) = local_paths(read('services: {a: {volumes: ["./\\x63onf:/c"]}}\n'), resolved)
    assert (found.path, found.offset) == ("./conf", -1)


@pytest.mark.parametrize(
    ("name", "path", "place"),
    [
        ("compose.yaml", "./conf/", "conf"),
        ("sub/compose.yaml", "./conf", "sub/conf"),
        ("sub/compose.yaml", "../conf", "conf"),
        ("sub/compose.yaml", "../../conf", None),
        ("compose.yaml", "..", None),
        ("compose.yaml", ".", "."),
        ("compose.yaml", "a/../../x", None),
    ],
)
def test_a_path_leads_from_the_compose_file_and_stays_in_the_overlay(name: str, path: str, place: str | None) -> None:
    assert resolved_path(name, path) == place


def chosen(*texts: str) -> dict[str, ServiceImage]:
    return choices([read(text, f"overlays/{number}/c.yaml") for number, text in enumerate(texts)], resolved)


def test_the_last_overlay_says_the_image() -> None:
    found = chosen(
        "services: {a: {image: 'one:${TAG:-1}'}, b: {image: one}, c: {image: one}, d: {pull_policy: always}}\n",
        "services:\n  a: {restart: always}\n  b: {image: 'two:${NONE:-2}'}\n  c: !reset\n  d: {image: two}\n",
        "services: {d: {build: x, image: !reset null}}\n",
    )
    assert {name: (each.image, each.label, each.line) for name, each in found.items()} == {
        "a": ("one:9", "overlays/0/c.yaml", 1),
        "b": ("two:2", "overlays/1/c.yaml", 3),
    }


IMAGES = {"langgenius/dify-api": Replacement("own/dify-api-custom:1@sha256:0", local=False)}
NAMED = {"dify-mail-custom": Replacement("dify-mail-custom:1", local=True)}


def test_custom_images_take_the_place_of_what_overlays_name() -> None:
    text = "services: {a: {image: 'langgenius/dify-api:0'}, m: {image: dify-mail-custom}, web: {image: 'other:1'}}\n"
    found, faults = switches(chosen(text), {"web": {"pull_policy": "never"}}, IMAGES, NAMED)
    assert found == {
        "a": {"image": "own/dify-api-custom:1@sha256:0"},
        "m": {"image": "dify-mail-custom:1", "pull_policy": "never"},
        "web": {"pull_policy": "missing"},
    }
    assert not faults


def test_an_image_that_nothing_takes_the_place_of_is_told_with_its_line() -> None:
    text = """\
services:
  a:
    image: dify-cache-custom
  b: {image: 'mirror.test/langgenius/dify-api:1'}
  c: {image: 'registry.test/dify-cache-custom:1'}
  web: {image: x, pull_policy: always}
"""
    found, faults = switches(chosen(text), {"web": {"pull_policy": "never"}}, IMAGES, NAMED)
    assert not found
    assert [str(each).split(";")[0] for each in faults] == [
        "overlays/0/c.yaml:3: services.a.image: there is no image dify-cache-custom",
        (
            "overlays/0/c.yaml:4: services.b.image: mirror.test/langgenius/dify-api is Dify's own, without what the"
            " workspace changes"
        ),
    ]
