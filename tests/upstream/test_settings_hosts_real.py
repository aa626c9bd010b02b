"""Hosts and sets on every real release: nothing is said of what Dify ships, nor of a shipped overlay."""
# ruff: noqa: E501 - a table

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from difykit.checks import Finding
from difykit.checks.settings import findings
from difykit.checks.settings.configured import Look, look_at
from difykit.checks.settings.release import ReleaseSettings, read_release
from difykit.git import Store
from difykit.release.render import OverlayPart
from difykit.workspace.manifest import OverlayManifest
from tests.support.real_render import PLACE, make_inputs, read_docker, releases
from tests.upstream.test_presets_real import env_of, parts_of, source_free

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases"),
]
RELEASES = releases()
STACK = {"host", "set"}


@cache
def known(release: str) -> ReleaseSettings:
    with Store(Path(PLACE)) as store:
        return read_release(release, store.tree(release))


def look(release: str, env: str, data: Path, overlays: tuple[OverlayPart, ...] = ()) -> Look:
    return look_at(known(release), make_inputs(release, data, user_env=env, overlays=overlays))


def of_stack(settings: Look) -> list[Finding]:
    return [finding for finding in findings(settings) if finding.rule in STACK]


@pytest.mark.parametrize("release", RELEASES)
def test_nothing_is_said_of_what_dify_ships(release: str, tmp_path: Path) -> None:
    example = read_docker(release)[0][".env.example"][1].decode()
    for env in ("", example):
        assert [str(finding) for finding in of_stack(look(release, env, tmp_path))] == []


@pytest.mark.parametrize("release", RELEASES)
def test_nothing_is_said_of_a_shipped_overlay(release: str, tmp_path: Path) -> None:
    said = {}
    with Store(Path(PLACE)) as store:
        for name in source_free():
            if SpecifierSet(source_free()[name][1].requires.dify).contains(release):
                parts = parts_of(release, (name,), store)
                said[name] = [str(finding) for finding in of_stack(look(release, env_of(parts), tmp_path, parts))]
    assert {name: texts for name, texts in said.items() if texts} == {}


SEEN = """
1.15.0 | DB_TYPE=mysql | DB_HOST | db_postgres:5432, and db_postgres does not run | DB_HOST=db_mysql and DB_PORT=3306
1.15.0 | VECTOR_STORE=elasticsearch | ELASTICSEARCH_HOST | 0.0.0.0:9200, and that is the container itself | ELASTICSEARCH_HOST=elasticsearch
1.15.0 | REDIS_HOST=r.example.com\\nREDIS_USE_SSL=true | CELERY_BROKER_URL | redis:6379 | rediss://
1.16.1 | REDIS_HOST=r.example.com | DIFY_AGENT_REDIS_URL | redis:6379 | redis://
1.16.1 | DB_HOST=db\\nCOMPOSE_PROFILES=weaviate | DB_HOST | db:5432, and no service is called db | DB_HOST=db_postgres and DB_PORT=5432 and add postgresql
1.16.1 | COMPOSE_PROFILES=weaviate,mysql\\nDB_TYPE=mysql\\nDB_HOST=db_mysql\\nDB_PORT=3306 | DB_USERNAME | another user than root | DB_USERNAME=root
1.16.1 | DB_TYPE=mysql\\nDB_HOST=db_mysql\\nDB_USERNAME=root | DB_HOST | db_mysql:5432, and db_mysql listens at 3306 | DB_PORT=3306
1.16.1 | SSRF_PROXY_HTTP_URL=http://squid:3128 | SSRF_PROXY_HTTP_URL | no service is called squid | ssrf_proxy
1.16.1 | PLUGIN_DIFY_INNER_API_URL=http://apy:5001 | PLUGIN_DIFY_INNER_API_URL | agent_backend and plugin_daemon get apy:5001 | api
1.16.1 | DIFY_AGENT_SHELLCTL_ENTRYPOINT=http://sandbox:5004 | DIFY_AGENT_SHELLCTL_ENTRYPOINT | sandbox is on no network of agent_backend | local_sandbox
1.12.1 | VECTOR_STORE=qdrant\\nCOMPOSE_PROFILES=weaviate,postgresql | QDRANT_URL | qdrant does not run | add qdrant
1.8.1 | VECTOR_STORE=milvus\\nMILVUS_URI=http://milvus-standalone:19530 | MILVUS_URI | milvus-standalone is on no network of api | MILVUS_URI
1.8.1 | PLUGIN_DAEMON_URL=http://localhost:5002 | PLUGIN_DAEMON_URL | the container itself | plugin
1.16.1 | STORAGE_TYPE=azure-blob | AZURE_BLOB_ACCOUNT_URL | is a placeholder | AZURE_BLOB_ACCOUNT_URL
1.15.0 | STORAGE_TYPE=tencent-cos | TENCENT_COS_BUCKET_NAME | is a placeholder | TENCENT_COS_BUCKET_NAME
1.8.1 | MAIL_TYPE=smtp | SMTP_SERVER | SMTP_SERVER and SMTP_PORT are required | SMTP_SERVER
1.16.1 | VECTOR_STORE=tablestore | TABLESTORE_ACCESS_KEY_ID | is a placeholder | TABLESTORE_ACCESS_KEY_ID
1.8.1 | STORAGE_TYPE=s3 | STORAGE_TYPE | nobody sets any of S3_ACCESS_KEY | your account
1.15.0 | STORAGE_TYPE=clickzetta-volume | STORAGE_TYPE | nobody sets any of CLICKZETTA_VOLUME_DIFY_PREFIX | your account
1.15.0 | VECTOR_STORE=opensearch | OPENSEARCH_HOST | opensearch is on no network of api | services: {opensearch: {networks: [default]}}
1.15.0 | DB_TYPE=oceanbase\\nVECTOR_STORE=oceanbase\\nDB_HOST=oceanbase\\nDB_PORT=2881 | DB_USERNAME | another user than root@test | DB_USERNAME=root@test
1.15.0 | ENABLE_OTEL=true | OTLP_BASE_ENDPOINT | the container itself | OTLP_BASE_ENDPOINT
1.16.1 | CELERY_BROKER_URL=amqp://u:p@rabbit:5672/ | CELERY_BROKER_URL | no service is called rabbit | redis://redis:6379
1.16.1 | NGINX_SOCKET_IO_UPSTREAM=nowhere:5001 | NGINX_SOCKET_IO_UPSTREAM | no service is called nowhere | NGINX_SOCKET_IO_UPSTREAM
1.16.1 | PLUGIN_STORAGE_TYPE=aws_s3 | PLUGIN_STORAGE_OSS_BUCKET | is empty | PLUGIN_STORAGE_OSS_BUCKET
"""


@pytest.mark.parametrize("row", SEEN.strip().splitlines())
def test_what_is_not_there_is_told(row: str, tmp_path: Path) -> None:
    release, env, key, text, hint = (cell.strip() for cell in row.split(" | "))
    told = [f for f in of_stack(look(release, env.replace("\\n", "\n"), tmp_path)) if f.subject == key]
    assert [f for f in told if f.severity == "error" and text in f.text and hint in f.hint], told


def test_what_is_chosen_by_a_switch_is_told_at_its_line(tmp_path: Path) -> None:
    told = next(f for f in of_stack(look("1.15.0", "\nENABLE_OTEL=true\n", tmp_path)) if f.rule == "host")
    assert (told.file, told.line) == (".env", 2)


@pytest.mark.parametrize("env", ["STORAGE_TYPE=clickzetta-volume\nCLICKZETTA_USERNAME=u\n", "STORAGE_TYPE=local\n"])
def test_a_storage_that_is_set_is_left_alone(env: str, tmp_path: Path) -> None:
    assert [f for f in of_stack(look("1.15.0", env, tmp_path)) if f.subject == "STORAGE_TYPE"] == []


def test_sockets_that_nothing_serves_are_told(tmp_path: Path) -> None:
    env = "COMPOSE_PROFILES=weaviate,postgresql"
    (told,) = of_stack(look("1.16.1", env, tmp_path))
    assert (told.severity, told.subject) == ("warning", "NGINX_SOCKET_IO_UPSTREAM")
    assert of_stack(look("1.16.1", f"{env}\nENABLE_COLLABORATION_MODE=false", tmp_path)) == []


def test_a_store_that_an_overlay_leaves_out_is_told(tmp_path: Path) -> None:
    manifest = OverlayManifest.model_validate({"version": 1, "description": "d", "compose": {"remove": ["weaviate"]}})
    for release in ("1.8.1", "1.15.0"):
        told = of_stack(look(release, "", tmp_path, (OverlayPart("lean", manifest, {}),)))
        assert "the overlay lean leaves it out" in next(f.text for f in told if f.subject == "WEAVIATE_ENDPOINT")
