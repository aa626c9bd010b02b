"""Secrets of a release folder: made, taken from the live release, kept, or missing; never others than the data's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from difykit.core.errors import DifyKitError
from difykit.core.files import write
from difykit.release.render import OverlayPart, RenderInputs, RenderPlan, check_begun, plan_render
from difykit.release.secrets import LiveSecrets, read_live
from difykit.workspace import dotenv, state
from difykit.workspace.manifest import OverlayManifest

COMPOSE = """\
services:
  api:
    image: langgenius/dify-api:1.16.1
    environment:
      TOKEN: ${DIFY_AGENT_API_TOKEN:-dev-only}
    env_file: [./.env]
  web: {image: 'langgenius/dify-web:1.16.1'}
  db_postgres: {image: postgres, environment: {POSTGRES_PASSWORD: '${DB_PASSWORD:-public}'}}
  redis: {image: redis, command: 'redis-server --requirepass ${REDIS_PASSWORD:-public}'}
  local_sandbox: {image: s, environment: ['T=${DIFY_AGENT_SHELLCTL_AUTH_TOKEN:-}']}
  agent_backend:
    image: b
    environment:
      BUS: ${DIFY_AGENT_REDIS_URL:-redis://:${REDIS_PASSWORD:-public}@redis:6379/2}
      DAEMON_KEY: ${DIFY_AGENT_PLUGIN_DAEMON_API_KEY:-${PLUGIN_DAEMON_KEY:-public}}
      KEY: ${DIFY_AGENT_SERVER_SECRET_KEY:-MDEy}
      TOKEN: ${DIFY_AGENT_API_TOKEN:-dev-only}
      SANDBOX: ${DIFY_AGENT_SHELLCTL_AUTH_TOKEN:-}
  nginx: {image: nginx}
"""
EXAMPLE = """\
SECRET_KEY=
DB_PASSWORD=public
REDIS_HOST=redis
REDIS_PASSWORD=public
CELERY_BROKER_URL=redis://:public@redis:6379/1
PLUGIN_DAEMON_KEY=public
DIFY_AGENT_PLUGIN_DAEMON_API_KEY=
DIFY_AGENT_API_TOKEN=dev-only
DIFY_AGENT_SHELLCTL_AUTH_TOKEN=
DIFY_AGENT_SERVER_SECRET_KEY=MDEy
SMTP_PASSWORD=
LOG_LEVEL=INFO
"""
GATEWAY = "server {\n    location / {\n      proxy_pass http://web:3000;\n    }\n}\n"
ALL = [
    *("SECRET_KEY", "DB_PASSWORD", "REDIS_PASSWORD", "PLUGIN_DAEMON_KEY", "DIFY_AGENT_API_TOKEN"),
    *("DIFY_AGENT_SERVER_SECRET_KEY", "DIFY_AGENT_SHELLCTL_AUTH_TOKEN"),
]
FLEETING = ALL[-3:]
IMAGES = tuple(
    state.Image(name=n, replaces=f"langgenius/dify-{n}", strategy="layer", reference=f"{n}:1", image_id="sha256:1")
    for n in ("api", "web")
)


def plan(env: str = "", live: str | None = None, **changes: Any) -> RenderPlan:
    texts = {
        "docker-compose.yaml": COMPOSE,
        ".env.example": EXAMPLE,
        "nginx/conf.d/default.conf.template": GATEWAY,
    }
    raw = {line.key: line.raw for line in dotenv.assignments(live or "")}
    given: dict[str, Any] = {
        "source": state.Source(release="1.16.1", base="b" * 40, commit="c" * 40, layers=()),
        "images": IMAGES,
        "docker": {name: ("100644", text.encode()) for name, text in texts.items()},
        "added": frozenset(),
        "own_ping": False,
        "overlays": (),
        "settings_env": {},
        "user_env": env,
        "project": "dify",
        "data": Path("/srv/data/volumes"),
        "used": live is not None,
        "live": None if live is None else LiveSecrets("1.16.1", raw, raw),
    }
    return plan_render(RenderInputs(**given | changes))


def values(made: RenderPlan) -> dict[str, str]:
    return dotenv.values(made.files[".env"][1].decode())


def test_new_data_gets_every_secret_and_each_in_its_form() -> None:
    made = plan().generate
    assert list(made) == ALL
    text = dotenv.values(dotenv.with_made("", made))
    assert len(text["DIFY_AGENT_SERVER_SECRET_KEY"]) == 43
    assert all(value.isalnum() for value in text.values())


@pytest.mark.parametrize(
    "env", ["SECRET_KEY=\n", "DB_PASSWORD=\nDIFY_AGENT_API_TOKEN=''\n", EXAMPLE.replace("INFO", "DEBUG")]
)
def test_an_empty_line_of_env_is_no_choice(env: str) -> None:
    shipped = {line.key for line in dotenv.assignments(env) if line.raw not in {"", "''"}}
    assert list(plan(env).generate) == [key for key in ALL if key not in shipped]


def test_the_other_side_of_a_secret_and_urls_with_it_follow() -> None:
    found = values(plan("REDIS_PASSWORD='a/b c'\nPLUGIN_DAEMON_KEY=mine-mine\n"))
    assert found["CELERY_BROKER_URL"] == "redis://:a%2Fb%20c@redis:6379/1"
    assert found["DIFY_AGENT_REDIS_URL"] == "redis://:a%2Fb%20c@redis:6379/2"
    assert found["DIFY_AGENT_PLUGIN_DAEMON_API_KEY"] == "mine-mine"
    assert "DIFY_AGENT_REDIS_URL" not in values(plan("REDIS_PASSWORD=plain\n"))


def test_a_url_is_encoded_for_a_password_that_names_another_setting() -> None:
    found = values(plan("DB_PASSWORD='a/b'\nREDIS_PASSWORD=${DB_PASSWORD}\n"))
    assert found["CELERY_BROKER_URL"] == "redis://:a%2Fb@redis:6379/1"
    assert found["DIFY_AGENT_REDIS_URL"] == "redis://:a%2Fb@redis:6379/2"


BEGUN = "SECRET_KEY=own-key\nDB_PASSWORD=own-db\nREDIS_PASSWORD=own-redis\nPLUGIN_DAEMON_KEY=own-plugin\n"
BROKER = "CELERY_BROKER_URL=redis://:own-redis@redis:6379/1\n"


@pytest.mark.parametrize(
    ("env", "live", "taken", "made"),
    [
        ("", BEGUN + BROKER, ALL[:4], FLEETING),
        ("", BEGUN + BROKER + "SMTP_PASSWORD=mine\n", [*ALL[:4], "SMTP_PASSWORD"], FLEETING),
        ("", BEGUN + "CELERY_BROKER_URL=amqp://me:pw@mq\n", [*ALL[:4], "CELERY_BROKER_URL"], FLEETING),
        # What was taken out of an `.env` that is there is not wanted any more, but the data's own secret is.
        ("DB_PASSWORD=own-db\n", BEGUN + "SMTP_PASSWORD=mine\n", ["SECRET_KEY", *ALL[2:4]], FLEETING),
        (BEGUN, BEGUN, [], FLEETING),
        # The data of an earlier Dify goes on with what that one shipped.
        (
            "",
            "SECRET_KEY=shipped-then\nDB_PASSWORD=public\nREDIS_PASSWORD=public\n",
            ["SECRET_KEY"],
            ["PLUGIN_DAEMON_KEY", *FLEETING],
        ),
        ("", "DIFY_AGENT_SHELLCTL_AUTH_TOKEN=own\n" + BEGUN, [*ALL[:4], ALL[-1]], FLEETING[:2]),
        ("", 'DB_PASSWORD="own \\"quoted\\""\n', ["DB_PASSWORD"], ["REDIS_PASSWORD", "PLUGIN_DAEMON_KEY", *FLEETING]),
    ],
)
def test_data_without_its_env_gets_its_secrets_from_the_live_release(
    env: str, live: str, taken: list[str], made: list[str]
) -> None:
    found = plan(env, live)
    assert (sorted(found.take), list(found.generate)) == (sorted(taken), made)
    raw = {line.key: line.raw for line in dotenv.assignments(live)}
    assert all(found.take[key] == raw[key] for key in taken)
    again = plan(dotenv.with_made(dotenv.with_taken(env, found.take), found.generate), live)
    assert (dict(again.take), dict(again.generate)) == ({}, {})


def test_what_is_taken_is_in_the_folder_and_in_no_warning_and_no_manifest() -> None:
    made = plan("", BEGUN + BROKER + "LOG_LEVEL=DEBUG\nSMTP_PASSWORD=mail-secret\n")
    assert values(made)["DB_PASSWORD"] == "own-db"
    assert values(made)["CELERY_BROKER_URL"] == "redis://:own-redis@redis:6379/1"
    told = "\n".join(made.warnings) + made.files["manifest.json"][1].decode() + repr(made)
    assert "also has settings that nothing here sets any more: LOG_LEVEL" in told
    assert not [word for word in ("own-", "mail-secret") if word in told.replace("b'", "").split("files=")[0]]


def test_secrets_of_overlays_are_taken_too() -> None:
    manifest = OverlayManifest.model_validate(
        {"version": 1, "description": "d", "secrets": {"NODE_TOKEN": {"generate": 32, "to": ["api"]}}}
    )
    part = OverlayPart("own", manifest, {})
    assert plan("", BEGUN + "NODE_TOKEN=old\n", overlays=(part,)).take["NODE_TOKEN"] == "old"
    assert plan("", BEGUN, overlays=(part,)).generate["NODE_TOKEN"] == 32
    assert plan("", used=True, overlays=(part,)).missing[-1] == "NODE_TOKEN"


@pytest.mark.parametrize("env", ["", "LOG_LEVEL=DEBUG\n", "REDIS_PASSWORD=mine\n"])
def test_without_a_live_release_what_is_missing_is_said_and_nothing_is_made(env: str) -> None:
    made = plan(env, used=True)
    assert (dict(made.generate), made.missing[0], made.missing[-1]) == ({}, "DB_PASSWORD", "PLUGIN_DAEMON_KEY")
    with pytest.raises(DifyKitError, match="DB_PASSWORD") as caught:
        check_begun(made.missing, Path("/srv/data"))
    assert "PLUGIN_DAEMON_KEY; nothing was deployed" in caught.value.message
    assert "bring .env from where this data was used" in str(caught.value.hint)


def test_the_env_of_an_official_deployment_keeps_what_dify_ships() -> None:
    made = plan("DB_PASSWORD=public\n", used=True)
    assert list(made.generate) == FLEETING
    assert any("they stay: REDIS_PASSWORD, PLUGIN_DAEMON_KEY." in warning for warning in made.warnings)


def test_what_no_data_was_written_with_is_made_anew() -> None:
    made = plan("DB_PASSWORD=mine\n", used=True)
    assert list(made.generate) == ["REDIS_PASSWORD", "PLUGIN_DAEMON_KEY", *FLEETING]
    assert not [warning for warning in made.warnings if "public default" in warning]


def test_a_secret_that_nobody_has_heard_of_is_told() -> None:
    docker = {
        "docker-compose.yaml": COMPOSE + "  vault: {image: v, environment: {T: '${VAULT_TOKEN:-for-all-of-us}'}}\n",
        ".env.example": EXAMPLE,
        "nginx/conf.d/default.conf.template": GATEWAY,
    }
    blobs = {name: ("100644", text.encode()) for name, text in docker.items()}
    (warning,) = plan(docker=blobs).warnings
    assert warning.startswith("VAULT_TOKEN (docker/docker-compose.yaml) is a secret by its name, and vault has")
    assert "for-all-of-us" not in warning
    assert plan("VAULT_TOKEN=mine\n", docker=blobs).warnings == ()


def test_the_live_folder_is_read_as_its_containers_get_it(tmp_path: Path) -> None:
    write(tmp_path / "dify.yaml", "services: {a: {image: a, environment: {A: '${A_KEY:-d}', B: '${B_KEY:-d}'}}}\n")
    write(tmp_path / "envs/core/x.env", "A_KEY=envs\nC_KEY=envs\n")
    write(tmp_path / ".env", "A_KEY=env\n")
    write(tmp_path / "secrets/api.env", "D_KEY=private\n")
    write(tmp_path / "manifest.json", '{"release": "1.15.0"}')
    live = read_live(tmp_path)
    assert live.release == "1.15.0"
    assert {key: live.value(key) for key in live.settings} == {
        "A_KEY": "env",
        "B_KEY": "d",
        "C_KEY": "envs",
        "D_KEY": "private",
    }
    assert read_live(tmp_path / "nothing").value("A_KEY") == ""
