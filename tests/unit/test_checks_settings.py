"""`env.check`: right settings, of which nothing is said; whose value is told; and where a finding is."""

from __future__ import annotations

import pytest

from difykit.checks import SETTINGS
from difykit.checks.settings import findings, listed
from tests.support.settings import API, EXAMPLE, look

ODD = (
    "LOG_LEVL log_level POOL_SIZE RATIO READ_TIMEOUT MAIL_MODE SERVICE ANNOTATIONS MAX_CONNECTIONS SENTRY_DSN"
    " ONLY_DAEMON COMPOSE_PROFILES PLUGIN_STORAGE_TYPE PLUGIN_ALIYUN_OSS_REGION S3_BUCKET_NAME OPENDAL_OSS_ACCESS_KEY"
    " DIFY_DATA OPENDAL_S3_BUCKET QDRANT_API_KEY SANDBOX_API_KEY COMPOSE_FILE EXPOSE_REDIS_PORT"
)
RIGHT = (
    "LOG_LEVEL=DEBUG",
    "DB_HOST=db.example.com\nDB_PORT=5433",
    "DB_HOST=db.example.com\nDB_PORT= 5433 ",
    "RATIO=0.25",
    "READ_TIMEOUT=60",
    "DEBUG=True",
    "MAIL_MODE=open",
    "SERVICE=aoss",
    "CODE_EXECUTION_ENDPOINT=https://run.example.com:8194/x",
    'ANNOTATIONS={"a": 1}',
    "ANNOTATIONS=null",
    "MAX_CONNECTIONS=",
    "UPLOAD_LIMIT=",  # the Compose file has a default for it
    "OLD_OTHER_URL=x",
    "CELERY_QUEUES=mail",  # a script reads it
    "DB_CHARSET=utf8",  # render hands it to api
    "HTTPS_PROXY=http://proxy.example.com:3128",
    "TZ=Europe/Berlin",
    "EXPOSE_NGINX_PORT=127.0.0.1:8080",
    "REDIS_PASSWORD='p@ss/word'",
    "REDIS_PASSWORD=long-enough\nCELERY_BROKER_URL=redis://:long-enough@redis:6379/1",
    "REDIS_PASSWORD=long/enough\nCELERY_BROKER_URL=redis://:long%2Fenough@redis:6379/1",
    "CELERY_BROKER_URL=redis://:other-one@elsewhere.example.com:6379/1",
    "SANDBOX_API_KEY=long-enough",
    "STORAGE_TYPE=s3\nS3_BUCKET_NAME=b",
    "OPENDAL_SCHEME=oss\nOPENDAL_OSS_BUCKET=b\nOPENDAL_OSS_ENDPOINT=e.example.com\nOPENDAL_OSS_ACCESS_KEY_ID=i\nOPENDAL_OSS_ACCESS_KEY_SECRET=s",
    "VECTOR_STORE=qdrant\nQDRANT_API_KEY=long-enough",
    "VECTOR_STORE=qdrant\nQDRANT_URL=https://qdrant.example.com\nCOMPOSE_PROFILES=",
)


@pytest.mark.parametrize("env", RIGHT)
def test_nothing_is_said_of_a_right_setting(env: str) -> None:
    assert [str(each) for each in findings(look(env))] == []


def test_the_release_s_own_example_is_right_but_for_its_secrets() -> None:
    assert {each.rule for each in findings(look(EXAMPLE))} == {"public"}


def test_a_value_of_env_is_in_no_finding() -> None:
    secret = "hunter2-hunter2"
    keys = [*API.split(), *ODD.split()]
    found = findings(
        look(
            "".join(f"{key}={secret}\n" for key in dict.fromkeys(keys))
            + f"CELERY_BROKER_URL=redis://:{secret}/@redis/1\n"
        )
    )
    assert len(found) > 30
    assert [each for each in found if secret in str(SETTINGS.describe(each))] == []


def test_a_value_that_is_reviewed_is_told() -> None:
    (found,) = findings(look(settings="  DB_PORT: lots\n"))
    assert str(found).startswith("difykit.yaml:3: DB_PORT: 'lots' is not a whole number > 0")


def test_a_password_in_a_reviewed_url_is_not_told() -> None:
    (found,) = findings(look(settings='  CODE_EXECUTION_ENDPOINT: "ftp://me:hunter2@host"\n'))
    assert "hunter2" not in str(found)
    assert "ftp://me:***@host" in str(found)


def test_an_overlay_s_setting_is_found_in_its_line() -> None:
    (found,) = findings(look(overlay="env:\n  LOG_LEVEL: INFO\n  DB_PORT: no\n"))
    assert str(found).startswith("overlays/mine/overlay.yaml:5: DB_PORT: 'no'")


@pytest.mark.parametrize("value", ["x${DB_PASSWORD}y", "${DB_PASSWORD:-z}", "$$${LOG_LEVEL}"])
def test_a_variable_is_replaced_in_env_alone(value: str) -> None:
    (found,) = findings(look(settings=f"  OLD_OTHER_URL: '{value}'\n"))
    assert (SETTINGS.severities[found.severity], found.rule) == ("warning", "variable")
    assert "which reaches Dify as it is" in str(found)
    assert [each for each in findings(look(f"OLD_OTHER_URL={value}\n")) if each.rule == "variable"] == []


@pytest.mark.parametrize("value", ["pa$$word", "$1", "${", "${}", "{DB_PASSWORD}", "100 $ {x}"])
def test_a_dollar_alone_is_no_variable(value: str) -> None:
    assert findings(look(settings=f"  OLD_OTHER_URL: '{value}'\n")) == ()


def test_a_setting_that_a_later_file_sets_anew_is_not_looked_at() -> None:
    (finding,) = findings(look("DB_PORT=5432", settings="  DB_PORT: lots\n"))
    assert (finding.rule, finding.location) == ("shadowed", "difykit.yaml:3")


def test_a_secret_in_a_reviewed_file_belongs_into_env() -> None:
    (found,) = findings(look(settings="  DB_PASSWORD: long-enough\n"))
    assert (SETTINGS.severities[found.severity], found.rule, found.hint) == ("warning", "exposed", "move it into .env")
    assert "long-enough" not in str(SETTINGS.describe(found))


def test_an_overlay_s_secret_stands_in_env_alone() -> None:
    overlay = "secrets: {MY_TOKEN: {generate: 32, to: [api]}}\n"
    assert findings(look("MY_TOKEN=abcdefgh", overlay=overlay)) == ()
    (found, _) = findings(look(settings="  MY_TOKEN: abcdefgh\n", overlay=overlay))
    assert str(found) == "difykit.yaml:3: MY_TOKEN: is a secret of an overlay, which only .env may hold"


def test_public_secrets_of_data_that_was_begun_with_them_are_changed_where_they_are_stored() -> None:
    hints = {finding.subject: finding.hint for finding in findings(look("DB_PASSWORD=difyai123456", used=True))}
    assert hints["DB_PASSWORD"].startswith("the data was begun with it")


def test_the_list_shows_no_secret() -> None:
    env = "DB_PASSWORD=hunter2-x\nREDIS_PASWORD=hunter2-y\nCELERY_BROKER_URL=redis://:hunter2-z@redis/1\nDB_HOST=db-hunter2-x\n"
    rows = {row.key: row for row in listed(look(env), every=True)}
    assert [row for row in rows.values() if "hunter2" in str(row.describe())] == []
    assert (rows["DB_PASSWORD"].value, rows["DB_HOST"].value) == ("***", "db-***")
    assert rows["CELERY_BROKER_URL"].value == "redis://:***@redis/1"
    assert (rows["DB_PORT"].value, rows["DB_PORT"].origin) == ("5432", "Dify 1.0.0, docker/.env.example:4")
