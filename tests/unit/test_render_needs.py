"""What overlays need, make of other settings, put in the place of services, and leave behind."""

from __future__ import annotations

from difykit.render import RenderPlan
from tests.unit.test_render_overlays import render, said, told

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
