"""`env.check` on every real release: its own untouched example is right, and what is wrong in it is found."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from packaging.version import Version

from difykit.checks.settings import findings
from difykit.checks.settings.configured import Look, look_at
from difykit.checks.settings.release import ReleaseSettings, read_release
from difykit.git import Store
from tests.support.real_render import PLACE, make_inputs, read_docker, releases

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases"),
]
RELEASES = releases()
# 1.13.1 ships REDIS_MAX_CONNECTIONS= empty for a class that takes numbers alone; 1.13.2 looks at it first.
UPSTREAMS_OWN = {"1.13.1": {("type", "REDIS_MAX_CONNECTIONS")}}


@cache
def known(release: str) -> ReleaseSettings:
    with Store(Path(PLACE)) as store:
        return read_release(release, store.tree(release))


def look(release: str, env: str, data: Path) -> Look:
    return look_at(known(release), make_inputs(release, data, user_env=env))


def example(release: str) -> str:
    return read_docker(release)[0][".env.example"][1].decode()


@pytest.mark.parametrize("release", RELEASES)
def test_the_untouched_example_is_right_but_for_its_secrets(release: str, tmp_path: Path) -> None:
    found = findings(look(release, example(release), tmp_path))
    wrong = {(each.rule, each.subject) for each in found if each.rule != "public"}
    assert wrong == UPSTREAMS_OWN.get(release, set())
    assert len([each for each in found if each.rule == "public"]) >= 7


@pytest.mark.parametrize("release", RELEASES)
def test_the_config_classes_are_read(release: str) -> None:
    fields = known(release).fields
    assert len(fields) >= 390
    assert fields["DB_PORT"].kind.says() == "a whole number > 0"
    assert fields["STORAGE_TYPE"].kind.base == "choice"
    assert "weaviate" in known(release).stores


@pytest.mark.parametrize("release", ["1.0.0", "1.8.1", "1.12.1", "1.14.0", "1.15.0"])
def test_wrong_settings_are_found(release: str, tmp_path: Path) -> None:
    env = (
        "DB_PORT=x\nLOG_LEVL=INFO\nVECTOR_STORE=quadrant\nOPENDAL_SCHEME=oss\nOPENDAL_OSS_ACCESS_KEY=k\n"
        "S3_BUCKET_NAME=mine\nSANDBOX_API_KEY=aaa\nCODE_EXECUTION_API_KEY=bbb\nDB_REPLICA_HOST=standby\n"
    )
    found = {(each.rule, each.subject) for each in findings(look(release, env, tmp_path))}
    assert found == {
        ("type", "DB_PORT"),
        ("unknown", "LOG_LEVL"),
        ("type", "VECTOR_STORE"),
        ("driver", "OPENDAL_OSS_ACCESS_KEY"),
        ("driver", "OPENDAL_SCHEME"),
        ("driver", "S3_BUCKET_NAME"),
        ("pair", "SANDBOX_API_KEY"),
        ("unknown", "DB_REPLICA_HOST"),
    }


def test_a_setting_of_a_later_release_is_unknown_before(tmp_path: Path) -> None:
    for release in RELEASES:
        keys = {each.subject for each in findings(look(release, "CELERY_SENTINEL_PASSWORD=long-enough\n", tmp_path))}
        assert ("CELERY_SENTINEL_PASSWORD" in keys) == (Version(release) < Version("1.5.1")), release


CLOUDBOX = "ALIYUN_CLOUDBOX_ID"
"""From 1.11.2 on, shipped as a placeholder."""
RIGHT = {
    "sentinel": (
        "REDIS_HOST=redis.example.com\nREDIS_PASSWORD=pw-1234567\nREDIS_USE_SENTINEL=true\n"
        "REDIS_SENTINELS=a.example.com:26379,b.example.com:26379\n"
        "REDIS_SENTINEL_SERVICE_NAME=m\nREDIS_SENTINEL_SOCKET_TIMEOUT=1\nCELERY_USE_SENTINEL=true\n"
        "CELERY_SENTINEL_MASTER_NAME=m\nCELERY_SENTINEL_PASSWORD=x-12345678\nCELERY_SENTINEL_SOCKET_TIMEOUT=1.0\n"
        "CELERY_BROKER_URL='sentinel://:pw-1234567@a.example.com:26379/1;"
        "sentinel://:pw-1234567@b.example.com:26379/1'\n"
    ),
    "postgres": "DB_HOST=pg.example.com\nDB_PORT=5000\nDB_PASSWORD=long-enough\nSQLALCHEMY_POOL_PRE_PING=true\n",
    "milvus": (
        "VECTOR_STORE=milvus\nMILVUS_URI=http://m.example.com:19530\nMILVUS_USER=root\nMILVUS_TOKEN=\n"
        "COMPOSE_PROFILES=postgresql,collaboration\n"
    ),
    "qdrant": "VECTOR_STORE=qdrant\nQDRANT_URL=https://q.example.com:6333\nQDRANT_API_KEY=long-enough\n",
    "weaviate": "WEAVIATE_ENDPOINT=https://w.example.com\nWEAVIATE_API_KEY=long-enough\n",
    "oss": (
        "STORAGE_TYPE=aliyun-oss\nALIYUN_OSS_BUCKET_NAME=b\nALIYUN_OSS_ACCESS_KEY=k\nALIYUN_OSS_SECRET_KEY=s\n"
        "ALIYUN_OSS_ENDPOINT=https://oss.example.com\nALIYUN_OSS_REGION=r\nPLUGIN_STORAGE_TYPE=aliyun_oss\n"
        "PLUGIN_STORAGE_OSS_BUCKET=b\nPLUGIN_ALIYUN_OSS_REGION=r\nPLUGIN_ALIYUN_OSS_ACCESS_KEY_ID=i\n"
        "PLUGIN_ALIYUN_OSS_ENDPOINT=https://oss.example.com\nPLUGIN_ALIYUN_OSS_ACCESS_KEY_SECRET=s\n"
        "ALIYUN_OSS_PATH=dify\nPLUGIN_ALIYUN_OSS_PATH=plugins\n"
    ),
    "opendal": (
        "OPENDAL_SCHEME=oss\nOPENDAL_OSS_BUCKET=b\nOPENDAL_OSS_ENDPOINT=e\nOPENDAL_OSS_ACCESS_KEY_ID=i\n"
        "OPENDAL_OSS_ACCESS_KEY_SECRET=s\n"
    ),
}


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("release", ["1.8.1", "1.12.1", "1.15.0"])
def test_nothing_is_said_of_external_middleware_that_is_set_right(release: str, name: str, tmp_path: Path) -> None:
    boxed = name == "oss" and CLOUDBOX in known(release).known
    env = f"{RIGHT[name]}{CLOUDBOX}=cb-1\n" if boxed else RIGHT[name]
    assert [str(each) for each in findings(look(release, env, tmp_path))] == []
