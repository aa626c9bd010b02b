"""What overlays need, make of other settings, put in the place of services, and leave behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from difykit.release.render import RenderPlan
from difykit.release.render.inputs import _leaving
from difykit.release.render.plan import plan_render
from difykit.workspace.workspace import Workspace
from tests.support.trees import write_tree
from tests.unit.test_render_overlays import render, said, told
from tests.unit.test_render_plan import make_inputs, overlay

NOTHING = "services: {}\n"


def test_a_setting_that_only_the_user_knows_must_be_set() -> None:
    wants = {"env": ["DB_HOST"]}
    problem = (
        "overlays/own/overlay.yaml: requires.env: DB_HOST is not set; difykit env.set DB_HOST=VALUE, or DB_HOST=- for a"
        " secret from standard input"
    )
    assert told(NOTHING, requires=wants) == [problem]
    assert told(NOTHING, requires=wants, user_env="DB_HOST=\n") == [problem]
    assert "DB_HOST=far" in env_of(render(NOTHING, requires=wants, user_env="DB_HOST=far\n"))


def env_of(plan: RenderPlan) -> list[str]:
    return plan.files[".env"][1].decode().splitlines()


def test_a_template_is_filled_in_wherever_its_settings_stand() -> None:
    made = {"A_URL": {"template": "redis://:${DB_PASSWORD:url}@${LATER}/1"}}
    user = "DB_PASSWORD='p@ss$'\nLATER=h\n"
    assert "A_URL=redis://:p%40ss%24@h/1" in env_of(render(NOTHING, env=made, user_env=user))
    own = env_of(render(NOTHING, env=made, user_env=user + "A_URL=mine\n"))
    assert "A_URL=mine" in own


def test_a_template_may_not_carry_an_overlays_secret_into_env() -> None:
    found = told(
        "services: {mail: {image: m}}\n",
        env={"A_URL": {"template": "x://${T}"}},
        secrets={"T": {"generate": 20, "to": ["mail"]}},
    )
    assert found == [
        "overlays/own/overlay.yaml: env.A_URL: names the secret T, which would then be in .env, for every service"
    ]


def test_what_takes_the_place_of_a_service_must_be_there() -> None:
    removal = {"service": "redis", "instead": "proxy"}
    found = told(NOTHING, compose={"remove": [removal], "files": ["compose.yaml"]})
    assert found == [
        "overlays/own/overlay.yaml: compose.remove: proxy is to take the place of redis, but there is no such service"
    ]
    plan = render("services: {proxy: {image: p}}\n", compose={"remove": [removal], "files": ["compose.yaml"]})
    assert "redis" not in said(plan, "dify.yaml")["services"]


def test_data_that_nothing_takes_over_is_told_when_its_service_leaves() -> None:
    removal = {"remove": ["api"], "files": ["compose.yaml"]}
    told_of = "overlay own leaves out api, and its data stays behind in "
    gone = render(NOTHING, compose=removal, leaving=("api",))
    assert [each for each in gone.warnings if each.startswith(told_of)]
    kept = "services: {proxy: {image: p, volumes: ['${DIFY_DATA:?}/app/storage:/data']}}\n"
    assert not [each for each in render(kept, compose=removal, leaving=("api",)).warnings if told_of in each]
    assert not [each for each in render(NOTHING, compose=removal).warnings if told_of in each]


@pytest.mark.parametrize("shipped", [True, False])
def test_only_an_overlay_that_difykit_ships_has_a_page(shipped: bool) -> None:
    part = replace(overlay("own", compose={"remove": ["api"]}), shipped=shipped)
    plan = plan_render(make_inputs(overlays=(part,), leaving=("api",)))
    assert [("docs/overlays/own.md" in each) for each in plan.warnings if "stays behind" in each] == [shipped]


@pytest.mark.parametrize(
    ("live", "leaving"),
    [
        ("services:\n  api: {image: a}\n  redis: {image: r}\n", ("redis",)),
        ("x-note: |\n  redis:\nservices: {api: {image: a}}\n", ()),
        ("services: [", ("redis", "nginx")),
        ("", ("redis", "nginx")),
        (None, ()),
    ],
)
def test_what_leaves_is_what_the_live_file_has(tmp_path: Path, live: str | None, leaving: tuple[str, ...]) -> None:
    write_tree(tmp_path, {"difykit.yaml": "version: 1\nupstream: {url: 'https://x.invalid/d.git', ref: 1.0.0}\n"})
    if live is not None:
        write_tree(tmp_path, {"data/releases/current/dify.yaml": live})
    part = overlay("own", compose={"remove": ["redis", "nginx"]})
    assert _leaving(Workspace.open(tmp_path), (part,)) == leaving


def test_a_service_is_of_an_overlay_where_it_has_all_that_it_needs() -> None:
    text = "services: {a: {image: x}, b: {build: .}, c: {extends: {service: a}}, api: {ports: ['1']}, d:}\n"
    assert overlay("own", {"compose.yaml": text}).added == {"a", "b", "c"}
