"""Overlays' Compose files on real releases, as Compose itself merges them."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from difykit.release.render import OverlayPart, plan_render
from difykit.workspace import state
from difykit.workspace.manifest import OverlayManifest
from tests.support.real_render import API, IMAGES, PLACE, WEB, config, make_inputs, releases, write_plan

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases"),
]
OWN = state.Image(name="mail", replaces="", strategy="layer", reference="dify-mail-custom:1-c", image_id="sha256:c")
SOME = [release for release in releases() if release in {"1.0.0", "1.6.0", "1.12.1", "1.15.0"}]


def part(name: str, text: str, files: dict[str, bytes] | None = None, **manifest: Any) -> OverlayPart:
    whole = {"version": 1, "description": "d", "compose": {"files": ["compose.yaml"]}, **manifest}
    beside = {path: (0o644, content) for path, content in (files or {}).items()}
    return OverlayPart(name, OverlayManifest.model_validate(whole), {"compose.yaml": text}, beside)


def services_of(release: str, tmp_path: Path, *parts: OverlayPart, **changes: Any) -> dict[str, Any]:
    plan = plan_render(make_inputs(release, tmp_path / "data", overlays=parts, **changes))
    found: dict[str, Any] = config(write_plan(plan, tmp_path / "ours") / "compose.yaml", "*")["services"]
    return found


@pytest.mark.parametrize("release", releases())
def test_a_setting_reaches_api_and_a_secret_only_those_it_is_for(release: str, tmp_path: Path) -> None:
    text = "services:\n  mail:\n    image: mail:1\n  api:\n    environment: {EXTRA: !reset null, ADDED: yes}\n"
    own = part(
        "mail",
        text,
        env={"ADMIN_API_KEY_ENABLE": True, "VECTOR_STORE": "qdrant"},
        secrets={"MY_TOKEN": {"generate": 32, "to": ["worker", "mail"]}},
        compose={"files": ["compose.yaml"], "remove": ["redis"]},
    )
    inputs = make_inputs(release, tmp_path / "data", overlays=(own,), user_env="MY_TOKEN='a b$c'\n")
    plan = plan_render(inputs)
    assert not any("removes" in warning for warning in plan.warnings)
    services = config(write_plan(plan, tmp_path / "ours") / "compose.yaml")["services"]
    assert services["api"]["environment"]["ADMIN_API_KEY_ENABLE"] == "true"
    assert services["api"]["environment"]["ADDED"] == "yes"
    assert {"qdrant", "mail"} <= set(services)
    assert not {"weaviate", "redis"} & set(services)
    holders = {name for name, service in services.items() if "MY_TOKEN" in (service.get("environment") or {})}
    assert holders == {"worker", "mail"}
    assert services["worker"]["environment"]["MY_TOKEN"] == "a b$$c"  # config shows a dollar doubled
    assert stat.S_IMODE((tmp_path / "ours" / "secrets" / "mail.env").stat().st_mode) == 0o600


@pytest.mark.parametrize("release", SOME)
def test_every_custom_image_is_used_wherever_an_overlay_names_it(release: str, tmp_path: Path) -> None:
    first = """\
services:
  api: {image: 'langgenius/dify-api:1.0.0'}
  second: {image: 'docker.io/langgenius/dify-api:${TAG:-1.0.0}', pull_policy: always}
  page: {image: '${PAGE:-langgenius/dify-web}'}
  mail: {image: dify-mail-custom}
  other: {image: langgenius/dify-api:1.0.0}
  web: {image: 'registry.test/web:1'}
"""
    last = "services:\n  other: {image: 'alpine:3'}\n  again: {image: dify-api-custom}\n"
    services = services_of(release, tmp_path, part("a", first), part("b", last), images=(*IMAGES, OWN))
    shown = {name: (service.get("image"), service.get("pull_policy")) for name, service in services.items()}
    assert {shown[name] for name in ("api", "worker", "second", "again")} == {(API, "never")}
    assert shown["page"] == (WEB, "never")
    assert shown["mail"] == (OWN.reference, "never")
    assert shown["other"] == ("alpine:3", None)
    assert shown["web"] == ("registry.test/web:1", "missing")


@pytest.mark.parametrize("release", SOME)
def test_files_beside_an_overlays_compose_file_are_found_from_anywhere(release: str, tmp_path: Path) -> None:
    text = """\
x-conf: &conf ./conf/x.conf
services:
  mail:
    image: mail:1
    env_file: [./mail.env, {path: "none.env", required: false}, .env]
    configs: [limits]
    volumes:
    - ./conf:/etc/mail:ro
    - {type: bind, source: *conf, target: /x.conf}
    - ./nginx/proxy.conf.template:/proxy.conf
    - ${DIFY_DATA:?}/mail:/data
  made: {build: {context: '.', dockerfile: Dockerfile}}
configs:
  limits: {file: 'conf/x.conf'}
"""
    files = {"conf/x.conf": b"x", "mail.env": b"SEEN=1\n", "Dockerfile": b"FROM scratch\n"}
    one, other = part("one", text, files), part("two", text.replace("mail:1", "mail:2"), {**files, "conf/x.conf": b"y"})
    services = services_of(release, tmp_path, one)
    folder = tmp_path / "ours"
    mounts = {mount["target"]: mount["source"] for mount in services["mail"]["volumes"]}
    assert mounts == {
        "/etc/mail": f"{folder}/overlays/one/conf",
        "/x.conf": f"{folder}/overlays/one/conf/x.conf",
        "/proxy.conf": f"{folder}/nginx/proxy.conf.template",
        "/data": f"{tmp_path}/data/mail",
    }
    assert services["mail"]["environment"]["SEEN"] == "1"
    assert services["made"]["build"]["context"] == f"{folder}/overlays/one"
    assert (folder / "overlays/one/Dockerfile").read_bytes() == b"FROM scratch\n"
    label = services["mail"]["labels"]["difykit.overlays"]
    moved = services_of(release, tmp_path / "2", one, other)["mail"]  # two overlays, one name, no mixing
    assert moved["labels"]["difykit.overlays"] != label
    assert {mount["source"].partition("/overlays/")[2] for mount in moved["volumes"]} >= {"two/conf", "two/conf/x.conf"}


@pytest.mark.parametrize("release", SOME)
def test_a_secret_may_stand_in_the_overlays_own_file(release: str, tmp_path: Path) -> None:
    text = """\
services:
  cache:
    image: redis:7
    command: [redis-server, --requirepass, "${TOKEN:?}"]
    environment: {TOKEN: }
    ports: ["6379"]
  worker:
    environment: ["CACHE=redis://:${TOKEN}@cache"]
"""
    own = part("cache", text, secrets={"TOKEN": {"generate": 32, "to": ["cache", "worker"]}})
    services = services_of(release, tmp_path, own, user_env="TOKEN='a$b'\n")
    assert services["cache"]["command"][-1] == "a$$b"
    assert services["cache"]["environment"]["TOKEN"] == "a$$b"
    assert services["worker"]["environment"]["CACHE"] == "redis://:a$$b@cache"
    holders = {name for name, each in services.items() if "a$$b" in str(each)}
    assert holders == {"cache", "worker"}
    assert "a$b" not in (tmp_path / "ours/.env").read_text()


@pytest.mark.parametrize("release", SOME)
def test_a_secret_that_dify_reads_itself_reaches_only_those_it_is_for(release: str, tmp_path: Path) -> None:
    own = part("s3", "services: {}\n", secrets={"S3_SECRET_KEY": {"generate": 32, "to": ["api"]}})
    services = services_of(release, tmp_path, own, user_env="S3_SECRET_KEY=s3cret\n")
    holders = {name for name, each in services.items() if "s3cret" in str(each)}
    assert holders == {"api"}
    assert services["api"]["environment"]["S3_SECRET_KEY"] == "s3cret"


@pytest.mark.parametrize("release", SOME)
def test_what_an_overlay_says_of_health_and_restarts_stays(release: str, tmp_path: Path) -> None:
    text = """\
services:
  api: {healthcheck: {disable: true}}
  web: {healthcheck: !override {test: [CMD, "true"]}}
  once: {image: busybox, command: "true", restart: "no"}
  nginx: {ports: !override ["8080:80"], depends_on: !reset null}
  certbot: !reset null
"""
    services = services_of(release, tmp_path, part("quiet", text))
    assert services["api"]["healthcheck"]["disable"] is True
    assert services["web"]["healthcheck"] == {"test": ["CMD", "true"]}
    assert services["once"].keys() <= {"image", "command", "entrypoint", "restart", "networks"}
    assert [port["published"] for port in services["nginx"]["ports"]] == ["8080"]
    assert "depends_on" not in services["nginx"]
    assert "certbot" not in services


@pytest.mark.parametrize("release", releases())
def test_middleware_that_runs_elsewhere_leaves_without_a_trace(release: str, tmp_path: Path) -> None:
    gone = ["redis", "db", "db_postgres", "weaviate", "sandbox", "ssrf_proxy"]
    own = part("elsewhere", "services: {}\n", compose={"files": ["compose.yaml"], "remove": gone})
    services = services_of(release, tmp_path, own)
    assert not set(gone) & set(services)
    assert not [name for name, each in services.items() if set(gone) & set(each.get("depends_on") or ())]


@pytest.mark.parametrize("release", SOME)
def test_a_value_arrives_as_it_is_whichever_way_it_takes(release: str, tmp_path: Path) -> None:
    values = ["a b", "it's", 'say "x"', "$HOME ${A:-b} $$", "back\\slash \\n", "#no comment", "a # b", " x ", "=", "ü"]
    values += ["two\nlines", "tab\tbed", "'", '"', "\\", "$", "{{x}}", "!y", "%41", "1e3"]
    settings = {f"MY_{number}": value for number, value in enumerate(values)}
    shown = ", ".join(f"PUT_{number}: '${{MY_{number}}}', MY_{number}: " for number in range(len(values)))
    text = f"services:\n  one: {{image: x, environment: {{{shown}}}}}\n  two: {{image: x, env_file: .env}}\n"
    services = services_of(release, tmp_path, part("own", text), settings_env=settings)
    for number, value in enumerate(values):
        expected = value.replace("$", "$$")  # config shows a dollar doubled
        seen = services["one"]["environment"][f"PUT_{number}"], services["one"]["environment"][f"MY_{number}"]
        assert seen == (expected, expected)
        assert services["two"]["environment"][f"MY_{number}"] == expected
        if release == SOME[0]:
            assert services["api"]["environment"].get(f"MY_{number}") is None  # the overlay reads it, and nobody else


@pytest.mark.parametrize("release", SOME)
def test_settings_that_dify_overrules_are_told(release: str, tmp_path: Path) -> None:
    plan = plan_render(make_inputs(release, tmp_path / "data", settings_env={"SENTRY_DSN": "x"}))
    told = [warning for warning in plan.warnings if warning.startswith("SENTRY_DSN does not reach api")]
    assert len(told) == 1


def test_all_env_files_travel_from_1_14_1_on(tmp_path: Path) -> None:
    counts: dict[str, int] = {}
    for release in releases():
        plan = plan_render(make_inputs(release, tmp_path))
        counts[release] = sum(name.startswith("envs/") for name in plan.files)
    # 34 for the services, 36 from 1.16.0, and middleware.env.
    with_files = {release: count for release, count in counts.items() if count}
    assert with_files == {
        **dict.fromkeys(("1.14.1", "1.14.2", "1.15.0"), 35),
        **dict.fromkeys(("1.16.0", "1.16.1", "1.16.2"), 37),
    }
