"""The table of wrong settings of `env.check`: each with its message and what to do."""

from __future__ import annotations

# ruff: noqa: E501 - a row is a line
import pytest

from difykit.checks import SETTINGS
from difykit.checks.settings import findings
from tests.support.settings import look

# .env | level | message | what to do; the last two as they begin
TABLE = """\
LOG_LEVL=INFO | error | LOG_LEVL: Dify 1.0.0 does not know it; the nearest that it knows is LOG_LEVEL | write LOG_LEVEL, or take it out
REDIS_PASWORD=x | error | REDIS_PASWORD: Dify 1.0.0 does not know it; the nearest that it knows is REDIS_PASSWORD | write REDIS_PASSWORD, or take it out
DB_PASSWORDS=x | error | DB_PASSWORDS: Dify 1.0.0 does not know it; the nearest that it knows is DB_PASSWORD | write DB_PASSWORD, or take it out
DB_REPLICA_HOSTNAME=x | warning | DB_REPLICA_HOSTNAME: Dify 1.0.0 does not know it | take it out, or check its name in Dify's docker/.env.example
log_level=DEBUG | error | log_level: is written with small letters: Dify 1.0.0 calls it LOG_LEVEL | write LOG_LEVEL
EXPOSE_REDIS_PORT=1 | warning | EXPOSE_REDIS_PORT: only docker-compose.middleware.yaml reads it | take it out
DB_PORT=abc | error | DB_PORT: its value is not a whole number > 0, which api takes (Settings, api/configs/__init__.py:20): it would not start | give it a whole number > 0
DB_PORT=0 | error | DB_PORT: its value is not a whole number > 0 | give it a whole number > 0
DB_PORT=54.5 | error | DB_PORT: its value is not a whole number > 0 | give it a whole number > 0
POOL_SIZE=-1 | error | POOL_SIZE: its value is not a whole number >= 0 | give it a whole number >= 0
POOL_SIZE= | error | POOL_SIZE: is empty, and api takes a whole number >= 0 | give it a value, or take the line out
RATIO=1.5 | error | RATIO: its value is not a number > 0 and <= 1 | give it a number > 0 and <= 1
RATIO=half | error | RATIO: its value is not a number > 0 and <= 1 | give it a number > 0 and <= 1
READ_TIMEOUT=30 | error | READ_TIMEOUT: its value is not a whole number > 0 and >= 60 | give it a whole number > 0 and >= 60
DEBUG=maybe | error | DEBUG: its value is not true or false | give it true or false
MAIL_MODE=closed | error | MAIL_MODE: its value is not one of safe, open | give it one of safe, open
SERVICE=solr | error | SERVICE: its value is not one of es, aoss | give it one of es, aoss
CODE_EXECUTION_ENDPOINT=sandbox:8194 | error | CODE_EXECUTION_ENDPOINT: its value is not an http or https URL | give it an http or https URL
ANNOTATIONS={a: 1} | error | ANNOTATIONS: its value is not JSON | give it JSON
MAX_CONNECTIONS=many | error | MAX_CONNECTIONS: its value is not a whole number > 0 | give it a whole number > 0
LOG_LEVEL=debug | error | LOG_LEVEL: its value is not one of CRITICAL | give it one of CRITICAL
STORAGE_TYPE=oss | error | STORAGE_TYPE: its value is not one of opendal, s3, aliyun-oss, local | give it one of opendal
VECTOR_STORE=quadrant | error | VECTOR_STORE: its value is no vector store of Dify 1.0.0 | write qdrant
REDIS_SENTINELS=one two | error | REDIS_SENTINELS: is not a list such as host1:26379,host2:26379 | write host:port, with commas between
MIGRATION_ENABLED=yes | warning | MIGRATION_ENABLED: its value is not true or false, and Dify ships true | give it true or false
WORKERS=many | warning | WORKERS: its value is not a whole number, and Dify ships 4 | give it a whole number
SENTRY_DSN=x | warning | SENTRY_DSN: api does not get it: Dify's Compose file fills it there from API_SENTRY_DSN | set API_SENTRY_DSN instead
ONLY_DAEMON=x | warning | ONLY_DAEMON: api reads it but does not get it: Dify's Compose file of 1.0.0 gives it to plugin_daemon alone | give it to api too, in an overlay's Compose file
COMPOSE_FILE=x.yaml | warning | COMPOSE_FILE: difykit sets it itself, so this is left out | take it out
DIFY_DATA=/x | warning | DIFY_DATA: difykit sets it itself, so this is left out | take it out
DB_HOST=a\\nDB_HOST=b | warning | DB_HOST: is set again in .env:2, which counts; this line has no effect | take one of the two out
SECRET_KEY=sk-public-to-all-of-us | warning | SECRET_KEY: holds a secret that Dify ships for everyone | take the line out
DB_PASSWORD=difyai123456 | warning | DB_PASSWORD: holds a secret that Dify ships for everyone | take the line out
CELERY_BROKER_URL=redis://:difyai123456@redis:6379/1 | warning | CELERY_BROKER_URL: holds a secret that Dify ships for everyone | take the line out
CELERY_BROKER_URL=redis://:other-one@redis:6379/1\\nREDIS_PASSWORD=mine-alone | error | CELERY_BROKER_URL: holds another password than REDIS_PASSWORD | write the password of REDIS_PASSWORD into CELERY_BROKER_URL
CELERY_BROKER_URL=redis://:a/b@redis:6379/1\\nREDIS_PASSWORD=a/b | error | CELERY_BROKER_URL: holds REDIS_PASSWORD with characters that end a password in a URL | write it percent-encoded there
SANDBOX_API_KEY=aaa-bbb\\nCODE_EXECUTION_API_KEY=ccc-ddd | error | SANDBOX_API_KEY: differs from CODE_EXECUTION_API_KEY | give CODE_EXECUTION_API_KEY and SANDBOX_API_KEY the same value
REDIS_USE_SENTINEL=true | error | REDIS_USE_SENTINEL: is on, and REDIS_SENTINELS is empty | set REDIS_SENTINELS
REDIS_USE_SENTINEL=true | warning | REDIS_USE_SENTINEL: is on for api alone | set CELERY_USE_SENTINEL
CELERY_USE_SENTINEL=true | error | CELERY_USE_SENTINEL: is on, and CELERY_BROKER_URL begins with redis, not sentinel | write it as sentinel://
CELERY_USE_SENTINEL=true | error | CELERY_USE_SENTINEL: is on, and CELERY_SENTINEL_MASTER_NAME is empty | set it to the name
CELERY_BROKER_URL=sentinel://s:26379/1 | error | CELERY_BROKER_URL: names sentinels, and CELERY_USE_SENTINEL is off | set CELERY_USE_SENTINEL=true
S3_BUCKET_NAME=b | warning | S3_BUCKET_NAME: is read only with STORAGE_TYPE=s3, and it is opendal | set STORAGE_TYPE=s3, or take it out
ALIYUN_OSS_BUCKET_NAME=b | warning | ALIYUN_OSS_BUCKET_NAME: is read only with STORAGE_TYPE=aliyun-oss | set STORAGE_TYPE=aliyun-oss
STORAGE_TYPE=aliyun-oss\\nOPENDAL_OSS_BUCKET=b | warning | OPENDAL_OSS_BUCKET: is read only with STORAGE_TYPE=opendal | set STORAGE_TYPE=opendal
OPENDAL_SCHEME=oss\\nOPENDAL_OSS_ACCESS_KEY=k | error | OPENDAL_OSS_ACCESS_KEY: is no option of OpenDAL's oss | write OPENDAL_OSS_ACCESS_KEY_ID
OPENDAL_SCHEME=oss\\nOPENDAL_OSS_SECRET_KEY=k | error | OPENDAL_OSS_SECRET_KEY: is no option of OpenDAL's oss | write OPENDAL_OSS_ACCESS_KEY_SECRET
OPENDAL_SCHEME=oss\\nOPENDAL_OSS_BUCKET_NAME=k | error | OPENDAL_OSS_BUCKET_NAME: is no option of OpenDAL's oss | write OPENDAL_OSS_BUCKET
OPENDAL_S3_BUCKET=k | warning | OPENDAL_S3_BUCKET: is read only with OPENDAL_SCHEME=s3, and it is fs | set OPENDAL_SCHEME=s3
STORAGE_TYPE=aliyun-oss | error | STORAGE_TYPE: is chosen, and ALIYUN_OSS_BUCKET_NAME, ALIYUN_OSS_ENDPOINT | set ALIYUN_OSS_BUCKET_NAME
OPENDAL_SCHEME=s3 | error | OPENDAL_SCHEME: is chosen, and OPENDAL_S3_BUCKET, OPENDAL_S3_REGION are not set | set OPENDAL_S3_BUCKET
PLUGIN_ALIYUN_OSS_REGION=r | warning | PLUGIN_ALIYUN_OSS_REGION: is read only with PLUGIN_STORAGE_TYPE=aliyun_oss, and it is local | set PLUGIN_STORAGE_TYPE=aliyun_oss
QDRANT_API_KEY=long-enough | warning | QDRANT_API_KEY: belongs to VECTOR_STORE=qdrant, and it is weaviate | take it out, unless
VECTOR_STORE=qdrant\\nCOMPOSE_PROFILES=weaviate | error | QDRANT_URL: api gets qdrant:6333, and qdrant does not run | add qdrant to COMPOSE_PROFILES
what is this | error | is not KEY=value | write KEY=value
LOG_LEVEL='INFO | error | the quote that opens the value of LOG_LEVEL is not closed | write KEY=value
"""
ROWS = [tuple(row.split(" | ")) for row in TABLE.splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]} {row[2][:30]}" for row in ROWS])
def test_each_wrong_setting_has_its_message(row: tuple[str, ...]) -> None:
    env, level, message, mend = row
    found = findings(look(env.replace("\\n", "\n")))
    said = [each for each in found if SETTINGS.severities[each.severity] == level and each.hint.startswith(mend)]
    texts = [str(each).removeprefix(f".env:{each.line}: ") for each in said]
    assert [text for text in texts if text.startswith(message)], [str(each) for each in found]
    assert all(each.file == ".env" and each.line >= 1 for each in said)


def test_the_table_is_as_long_as_was_asked_for() -> None:
    assert len({row[0] for row in ROWS}) >= 40
