"""Overlays' Compose files in the release folder: what travels, what is switched, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from difykit.core import yaml
from difykit.core.errors import ConfigError, Problem
from difykit.release.render import OverlayPart, RenderPlan, plan_render
from difykit.release.render.inputs import _parts
from difykit.workspace import state
from difykit.workspace.manifest import OverlayManifest
from difykit.workspace.workspace import Overlay
from tests.support.merges import tree
from tests.unit.test_render_plan import IMAGES, make_inputs, overlay

OWN = state.Image(name="mail", replaces="", strategy="own", reference="pre/dify-mail-custom:1", image_id="sha256:2")
FAULT = "overlays/own/compose.yaml"


def render(text: str, files: dict[str, bytes] | None = None, **changes: Any) -> RenderPlan:
    keys = ("secrets", "env", "requires", "compose")
    manifest = {key: changes.pop(key) for key in keys if key in changes}
    part = overlay("own", {"compose.yaml": text}, **manifest)
    beside = {path: (0o644, content) for path, content in (files or {}).items()}
    whole = OverlayPart(part.name, part.manifest, part.compose, beside, changes.pop("whole", ""))
    stock = changes.pop("stock", False)
    return plan_render(make_inputs(**{"overlays": (whole,), **changes}), stock=stock)


def told(text: str, files: dict[str, bytes] | None = None, **changes: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        render(text, files, **changes)
    return [str(each) for each in caught.value.problems]


def said(plan: RenderPlan, name: str) -> Any:
    return yaml.load(name, plan.files[name][1].decode()).value


def test_images_are_switched_in_a_file_that_is_joined_after_the_overlays() -> None:
    text = "services:\n  second: {image: langgenius/dify-api:0.9}\n  mail: {image: dify-mail-custom}\n"
    secrets = {"T": {"generate": 20, "to": ["mail"]}}
    plan = render(text, images=(*IMAGES, OWN), secrets=secrets)
    assert said(plan, "compose.yaml")["include"] == [
        {"path": ["dify.yaml", "overlays/own/compose.yaml", "images.yaml", "secrets.yaml"]}
    ]
    assert said(plan, "images.yaml") == {
        "services": {
            "mail": {"image": "pre/dify-mail-custom:1", "pull_policy": "never"},
            "second": {"image": "dify-api-custom:1", "pull_policy": "never"},
        }
    }
    assert plan.files[FAULT][1] == text.encode()


def test_without_images_nothing_is_switched() -> None:
    assert "images.yaml" not in render("services: {a: {image: dify-none-custom}}\n", images=(), stock=True).files


def test_an_image_with_a_variable_is_read_as_compose_will() -> None:
    text = "services: {second: {image: '${IMAGE:-x}'}}\n"
    assert "images.yaml" not in render(text).files
    plan = render(text, env={"IMAGE": "langgenius/dify-web:${TAG}"})
    assert said(plan, "images.yaml")["services"]["second"]["image"] == "dify-web-custom:1"


def test_every_image_without_a_build_is_told_at_once() -> None:
    text = "services:\n  a: {image: dify-a-custom}\n  b: {image: 'm.test/langgenius/dify-web:1'}\n"
    assert told(text) == [
        (
            f"{FAULT}:2: services.a.image: there is no image dify-a-custom; define images/a/image.yaml, name it in"
            " `images` of the overlay's overlay.yaml, and build"
        ),
        (
            f"{FAULT}:3: services.b.image: m.test/langgenius/dify-web is Dify's own, without what the workspace"
            " changes; write the name that Dify uses"
        ),
    ]


def test_files_beside_the_compose_file_travel_in_the_overlays_folder() -> None:
    text = "services:\n  mail: {image: mail, env_file: mail.env, volumes: ['./conf:/c']}\n"
    plan = render(text, {"conf/a": b"a", "mail.env": b"A=1\n"})
    assert plan.files["overlays/own/conf/a"] == (0o644, b"a")
    moved = text.replace("./conf", "./overlays/own/conf").replace("mail.env", "./overlays/own/mail.env")
    assert plan.files[FAULT][1].decode() == moved
    label = said(plan, "images.yaml")["services"]["mail"]["labels"]["difykit.overlays"]
    again = render(text, {"conf/a": b"b", "mail.env": b"A=1\n"})
    assert said(again, "images.yaml")["services"]["mail"]["labels"]["difykit.overlays"] != label


def test_a_file_of_dify_is_found_in_the_folder_and_travels() -> None:
    docker = {**make_inputs().docker, "tools/x.sh": ("100755", b"x")}
    text = "services: {mail: {image: mail, env_file: .env, volumes: ['./tools:/t']}}\n"
    plan = render(text, docker=docker)
    assert plan.files["tools/x.sh"] == (0o755, b"x")
    assert plan.files[FAULT][1] == text.encode()


def test_every_path_that_cannot_travel_is_told_with_its_line() -> None:
    text = """\
services:
  mail:
    image: mail
    env_file: [{path: maybe.env, required: false}, sure.env]
    volumes:
    - ../other/conf:/a
    - ./volumes/mail:/b
    - ./nothing:/c
    - ${PLACE:-./conf}:/d
    - ./nginx/ssl:/e
"""
    whole = {**make_inputs().docker, "nginx/ssl/.gitkeep": ("100644", b"")}
    assert [each.split(";")[0] for each in told(text, {"conf/a": b""}, docker=whole)] == [
        f"{FAULT}:6: ../other/conf leaves the overlay",
        f"{FAULT}:7: ./volumes/mail is inside the release folder, which is made anew",
        f"{FAULT}:8: ./nothing is not beside the Compose file, or is empty",
        (
            f"{FAULT}:9: ${{PLACE:-./conf}} must be written as it is, without variables and escapes, or its file cannot"
            " travel with the overlay"
        ),
        f"{FAULT}:10: ./nginx/ssl is not beside the Compose file, or is empty",
        f"{FAULT}:4: sure.env is not beside the Compose file, or is empty",
    ]


def test_services_that_compose_would_refuse_are_told_with_the_nearest_name() -> None:
    part = overlay("drop", compose={"remove": ["nginx"]})
    text = """\
services:
  wroker: {restart: always}
  nginx: {restart: always}
  mail: {image: mail, depends_on: {nginx: {condition: service_started}, api: {condition: service_healthy}}}
  once: {image: mail, depends_on: [mial]}
"""
    own = overlay("own", {"compose.yaml": text})
    with pytest.raises(ConfigError) as caught:
        plan_render(make_inputs(overlays=(part, own)))
    assert [str(each) for each in caught.value.problems] == [
        f"{FAULT}:2: services.wroker: Dify 1.0.0 has no such service; did you mean worker?",
        f"{FAULT}:3: services.nginx: the overlay drop removes this service",
        f"{FAULT}:4: services.mail.depends_on: nginx: the overlay drop removes this service",
        f"{FAULT}:5: services.once.depends_on: mial: Dify 1.0.0 has no such service; did you mean mail?",
    ]


SECRET = {"TOKEN": {"generate": 32, "to": ["cache"]}}


def test_a_secret_that_the_file_puts_in_is_known_to_compose_alone() -> None:
    text = "services: {cache: {image: redis, command: 'x ${TOKEN}', environment: [TOKEN]}}\n"
    plan = render(text, secrets=SECRET, user_env="DB_PASSWORD=x\nTOKEN='t0 k'\n")
    assert plan.files["secrets/compose.env"] == (0o600, b"TOKEN='t0 k'\n")
    (entry,) = said(plan, "compose.yaml")["include"]
    assert entry["env_file"] == [".env", "secrets/compose.env"]
    assert said(plan, "secrets.yaml")["services"]["cache"] == {
        "env_file": ["./secrets/cache.env"],
        "environment": {"TOKEN": "${TOKEN}"},
    }
    assert b"t0 k" not in plan.files[".env"][1]
    assert not plan.warnings


def test_a_secret_reaches_nobody_whom_to_does_not_name() -> None:
    text = """\
services:
  cache: {image: redis}
  spy:
    image: spy
    command: "${TOKEN:-}"
    environment:
      TOKEN:
    env_file: [spy.env]
secrets:
  file: {environment: TOKEN}
"""
    assert [each.split(";")[0] for each in told(text, {"spy.env": b"# x\nA=${TOKEN}\n"}, secrets=SECRET)] == [
        "overlays/own/spy.env:2: A reads the secret TOKEN, which Compose does not put into env files",
        f"{FAULT}:5: services.spy reads the secret TOKEN, but secrets.TOKEN.to does not name spy",
        f"{FAULT}:7: services.spy reads the secret TOKEN, but secrets.TOKEN.to does not name spy",
        f"{FAULT}:10: secrets.file.environment: Compose looks for TOKEN in .env, where no secret is",
    ]


def test_a_secret_of_dify_is_none_of_an_overlays() -> None:
    secrets = {"REDIS_PASSWORD": {"generate": 32, "to": ["api", "nobody"]}}
    text = "version: 1\nsecrets:\n  REDIS_PASSWORD:\n    to: [api, nobody]\n"
    assert told("services: {}\n", secrets=secrets, whole=text) == [
        (
            "overlays/own/overlay.yaml:3: secrets.REDIS_PASSWORD: Dify has this secret itself, and difykit makes it; to"
            " choose it, set it in .env"
        ),
        "overlays/own/overlay.yaml:4: secrets.REDIS_PASSWORD.to: there is no service nobody",
    ]


def test_a_variable_that_nobody_sets_is_told() -> None:
    plan = render("services:\n  mail:\n    image: mail\n    command: echo $HOME ${DB_PASSWORD} $$HOME\n")
    assert plan.warnings == (f"{FAULT}:4: nobody sets HOME, so it is empty there; a dollar sign is written $$",)


def read(folder: Path, *names: str) -> tuple[OverlayPart, tuple[Problem, ...]]:
    manifest = {"version": 1, "description": "d", "compose": {"files": list(names)}}
    (folder / "overlay.yaml").write_text("version: 1\ncompose:\n  files:\n  - a.yaml\n  - b.yaml\n")
    own = Overlay("own", folder, OverlayManifest.model_validate(manifest))
    parts, problems = _parts((own,), tree({}), Version("1.0.0"))
    return parts[0], problems


def test_what_a_compose_file_uses_is_read_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "sub/conf/deep").mkdir(parents=True)
    (tmp_path / "sub/conf/deep/run.sh").write_text("x")
    (tmp_path / "sub/conf/deep/run.sh").chmod(0o755)
    (tmp_path / "other").write_text("o")
    (tmp_path / "sub/a.yaml").write_text("services: {a: {image: x, volumes: ['./conf:/c', './none:/n']}}\n")
    part, problems = read(tmp_path, "sub/a.yaml")
    assert part.files == {"sub/conf/deep/run.sh": (0o755, b"x")}
    assert not problems


def test_everything_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/link").symlink_to("/etc/passwd")
    (tmp_path / "b.yaml").write_text("services:\n  a:\n    image: x\n    volumes: ['./conf:/c']\n")
    (tmp_path / "c.yaml").write_bytes(b"\xff")
    (tmp_path / "d.yaml").write_text("a: [\n")
    part, problems = read(tmp_path, "a.yaml", "b.yaml", "c.yaml", "d.yaml")
    assert [str(each).partition(" (")[0].partition(": expected")[0] for each in problems] == [
        "overlays/own/overlay.yaml:4: compose.files: there is no a.yaml beside it",
        "overlays/own/b.yaml:4: conf/link is a link; a release folder holds files only",
        "overlays/own/c.yaml:1: is not UTF-8 text",
        "overlays/own/d.yaml:2: is not YAML",
    ]
    assert not part.compose
    with pytest.raises(ConfigError, match=r"there is no a\.yaml"):
        plan_render(make_inputs(problems=problems))


def test_a_folder_that_is_a_link_out_of_the_overlay_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/x").write_text("x")
    (tmp_path / "own").mkdir()
    (tmp_path / "own/conf").symlink_to("../out")
    (tmp_path / "own/a.yaml").write_text("services: {a: {image: x, volumes: ['./conf/x:/c']}}\n")
    _, problems = read(tmp_path / "own", "a.yaml")
    assert [str(each) for each in problems] == [
        "overlays/own/a.yaml:1: conf/x is a link; a release folder holds files only"
    ]
