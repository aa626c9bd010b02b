"""The release folder of every release from 1.0.0 on, as Compose itself reads it, against Dify's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from difykit.release import compose
from difykit.release.render import plan_render
from difykit.workspace import dotenv
from tests.support.real_render import (
    API,
    PLACE,
    WEB,
    config,
    make_inputs,
    read_docker,
    releases,
    settled,
    write_plan,
    write_upstream,
)

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases"),
]
RELEASES = releases()
MISSING = "(missing)"


def services_of_dify(release: str) -> set[str]:
    """Dify's services on its two images: 3, from 1.7.0 4, from 1.14.1 5."""
    found = {"api", "worker", "web"}
    if Version(release) >= Version("1.7.0"):
        found.add("worker_beat")
    if Version(release) >= Version("1.14.1"):
        found.add("api_websocket")
    return found


def test_all_releases_are_here() -> None:
    assert len(RELEASES) >= 41


@pytest.mark.parametrize("release", RELEASES)
def test_the_migrations_end_in_one_head(release: str) -> None:
    (head,) = read_docker(release)[2]
    assert len(head) == 12


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("changed_env", [False, True], ids=["as-shipped", "every-variable-changed"])
def test_compose_reads_upstreams_file_but_for_the_declared_changes(
    release: str, changed_env: bool, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    example = read_docker(release)[0][".env.example"][1].decode()
    user_env = all_changed(example) if changed_env else ""
    # New secrets are a change of values: on used data both folders have the public ones.
    inputs = make_inputs(release, data, used=True, user_env=user_env)
    plan = plan_render(inputs)
    ours_folder = write_plan(plan, tmp_path / "ours")
    theirs_folder = write_upstream(inputs, tmp_path / "theirs")
    if changed_env:
        # The other half of a pair that Dify's example has only one half of is a change of value, too.
        halves = {key for key, origin in plan.origins.items() if origin == "generated"}
        assert halves <= {"INNER_API_KEY_FOR_PLUGIN", "PLUGIN_DIFY_INNER_API_KEY"}
        followed = {
            each.key: each.raw for each in dotenv.assignments(plan.files[".env"][1].decode()) if each.key in halves
        }
        (theirs_folder / ".env").write_text(dotenv.set_raw(user_env, followed))
    ours = config(ours_folder / "compose.yaml", "*")
    theirs = config(theirs_folder / "docker-compose.yaml", "*")
    found = [
        (path, change(path, here, there, data))
        for path, here, there in differences(alike(ours, ours_folder), alike(theirs, theirs_folder))
    ]
    assert [path for path, what in found if not what] == []
    changed = {what: {str(path[1]) for path, each in found if each == what} for _, what in found}
    shipped = theirs["services"]
    assert changed.pop("image") == services_of_dify(release)
    assert changed.pop("check") == {
        name for name in ("api", "worker", "web") if is_without_check(shipped[name].get("healthcheck"))
    }
    assert changed.pop("label") == {name for name in shipped if mounts_configuration(shipped[name], theirs_folder)}
    assert changed.pop("data") == {name for name in shipped if mounts_data(shipped[name], theirs_folder)}
    # MySQL's folder up to 1.14.0, all of .env from 1.14.1.
    told = {"MYSQL_HOST_VOLUME", "COMPOSE_PROFILES"}
    seeing = {name for name in shipped if told & (shipped[name].get("environment") or {}).keys()}
    assert changed.pop("place", set()) == seeing
    assert changed == {}


def all_changed(example: str) -> str:
    """An env file with another value for every variable, but for those that name a profile or a place."""
    kept = ("COMPOSE_PROFILES", "VECTOR_STORE", "DB_TYPE", "MYSQL_HOST_VOLUME")
    new: dict[str, str] = {}
    for line in dotenv.assignments(example):
        value = dotenv.decode(line.raw)
        if value is None or line.key in kept:
            continue
        if re.fullmatch(r"-?[0-9]+[a-zA-Z]*", value):
            new[line.key] = str(abs(int(value)) + 1) if value.lstrip("-").isdigit() else f"1{value}"
        else:
            new[line.key] = {"true": "false", "false": "true"}.get(value.lower(), f"{value} is #1$")
    return dotenv.set_values(example, new)


def differences(ours: Any, theirs: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Each place where two values differ, with both."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            yield from differences(ours.get(key, MISSING), theirs.get(key, MISSING), (*path, key))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (here, there) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(here, there, (*path, index))
    elif ours != theirs:
        yield path, ours, theirs


def alike(project: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A project without its name, its folder and the x- keys, which Compose keeps."""
    found: dict[str, Any] = json.loads(json.dumps(project).replace(f'"{folder}', '"FOLDER'))
    for each in (*found.get("networks", {}).values(), *found.get("volumes", {}).values()):
        each["name"] = each["name"].removeprefix(f"{project['name']}_")
    return {key: value for key, value in found.items() if key != "name" and not key.startswith("x-")}


def change(path: tuple[Any, ...], ours: Any, theirs: Any, data: Path) -> str:
    """Which of the declared changes a difference is; "" for none of them."""
    what, fits = "", False
    match path:
        case ("services", _, "image"):
            stock = compose.repository(theirs).removeprefix("langgenius/")
            what, fits = "image", ours in {API, WEB} and ours.startswith(f"{stock}-custom:")
        case ("services", _, "pull_policy"):
            what, fits = "image", (ours, theirs) == ("never", MISSING)
        case ("services", "api" | "worker" | "web", "healthcheck", "disable"):
            what, fits = "check", (ours, theirs) == (MISSING, True)
        case ("services", "api" | "worker" | "web", "healthcheck"):
            what, fits = "check", bool(ours["test"]) and theirs == MISSING
        case ("services", _, "labels"):
            what, fits = "label", list(ours) == ["difykit.files"] and theirs == MISSING
        case ("services", _, "volumes", _, "source"):
            inside = theirs.removeprefix("FOLDER/").removeprefix("volumes/")
            what, fits = "data", ours == f"{data}/{inside}"
        case ("services", _, "environment", "MYSQL_HOST_VOLUME"):
            what, fits = "place", ours == f"{data}/mysql/data"
        case ("services", _, "environment", "DIFY_DATA"):
            what, fits = "place", (ours, theirs) == (str(data), MISSING)
    return what if fits else ""


def is_without_check(check: dict[str, Any] | None) -> bool:
    return not check or not check.get("test") or bool(check.get("disable"))


def sources(service: dict[str, Any], folder: Path) -> list[Path]:
    """The paths beside Dify's Compose file that a service mounts."""
    found = [Path(each["source"]) for each in service.get("volumes", ()) if each["type"] == "bind"]
    return [path.relative_to(folder) for path in found if path.is_relative_to(folder)]


def mounts_configuration(service: dict[str, Any], folder: Path) -> bool:
    return any(is_tracked(folder / path) and path.parts[0] != "volumes" for path in sources(service, folder))


def mounts_data(service: dict[str, Any], folder: Path) -> bool:
    return any(not is_tracked(folder / path) or path.parts[0] == "volumes" for path in sources(service, folder))


def is_tracked(path: Path) -> bool:
    return path.is_file() or any(each.is_file() and each.name != ".gitkeep" for each in path.rglob("*"))


STORES = ("QDRANT", "PGVECT", "CHROMA", "OCEANBASE", "RELYT", "ALIBABACLOUD", "VASTBASE", "SEEKDB", "MYSQL_", "TIDB")


@pytest.mark.parametrize("release", RELEASES)
def test_new_data_meets_none_of_the_public_defaults(release: str, tmp_path: Path) -> None:
    inputs = make_inputs(release, tmp_path / "data")
    plan = plan_render(make_inputs(release, tmp_path / "data", user_env=settled(inputs)))
    assert not plan.generate
    assert plan.warnings == ()
    services = config(write_plan(plan, tmp_path / "ours") / "compose.yaml")["services"]
    assert {"api", "worker", "web", "redis", "sandbox", "plugin_daemon", "weaviate", "nginx"} <= set(services)
    public = ("difyai123456", "dify-sandbox", "WVF5YThaHlk", "lYkiYYT6", "QaHbTe77", "sk-9f73s3lj")
    for name, service in services.items():
        dify = service.get("image") in {API, WEB} or name in {"plugin_daemon", "sandbox"}
        for key, value in (service.get("environment") or {}).items():
            idle = dify and key.startswith(STORES)  # settings of vector stores that do not run
            assert idle or not any(secret in str(value) for secret in public), f"{name}: {key}"
        rest = json.dumps({key: value for key, value in service.items() if key not in {"environment", "image"}})
        assert not any(secret in rest for secret in public), name
    api, daemon = services["api"]["environment"], services["plugin_daemon"]["environment"]
    assert api["CELERY_BROKER_URL"] == "redis://:made-REDIS_PASSWORD@redis:6379/1"
    assert services["redis"]["environment"]["REDISCLI_AUTH"] == api["REDIS_PASSWORD"] == "made-REDIS_PASSWORD"
    assert services["sandbox"]["environment"]["API_KEY"] == api["CODE_EXECUTION_API_KEY"]
    assert daemon["DIFY_INNER_API_KEY"] == api["INNER_API_KEY_FOR_PLUGIN"] == "made-PLUGIN_DIFY_INNER_API_KEY"
    assert daemon["SERVER_KEY"] == api["PLUGIN_DAEMON_KEY"] == "made-PLUGIN_DAEMON_KEY"
    allowed = services["weaviate"]["environment"]["AUTHENTICATION_APIKEY_ALLOWED_KEYS"]
    assert allowed == api["WEAVIATE_API_KEY"] == "made-WEAVIATE_API_KEY"
    database = services["db_postgres" if "db_postgres" in services else "db"]["environment"]
    assert database["POSTGRES_PASSWORD"] == api["DB_PASSWORD"] == daemon["DB_PASSWORD"] == "made-DB_PASSWORD"


# Each store's own side, and the key by which api knows it.
PAIRS = {
    "qdrant": ("QDRANT_API_KEY", "QDRANT_API_KEY"),
    "pgvector": ("POSTGRES_PASSWORD", "PGVECTOR_PASSWORD"),
    "pgvecto-rs": ("POSTGRES_PASSWORD", "PGVECTO_RS_PASSWORD"),
    "chroma": ("CHROMA_SERVER_AUTHN_CREDENTIALS", "CHROMA_AUTH_CREDENTIALS"),
    "oceanbase": ("OB_TENANT_PASSWORD", "OCEANBASE_VECTOR_PASSWORD"),
    "seekdb": ("ROOT_PASSWORD", "OCEANBASE_VECTOR_PASSWORD"),
    "opensearch": ("OPENSEARCH_INITIAL_ADMIN_PASSWORD", "OPENSEARCH_PASSWORD"),
    "opengauss": ("GS_PASSWORD", "OPENGAUSS_PASSWORD"),
    "elasticsearch": ("ELASTIC_PASSWORD", "ELASTICSEARCH_PASSWORD"),
    "db_mysql": ("MYSQL_ROOT_PASSWORD", "DB_PASSWORD"),
}
FIXED = {"minio", "milvus-standalone", "vastbase", "oracle", "iris", "matrixone", "couchbase-server"}


@pytest.mark.parametrize("release", RELEASES)
def test_every_store_that_runs_has_a_secret_of_its_own_or_a_warning(release: str, tmp_path: Path) -> None:
    stores = "qdrant,pgvector,pgvecto-rs,chroma,oceanbase,seekdb,opensearch,opengauss,elasticsearch,mysql"
    profiles = f"COMPOSE_PROFILES={stores},milvus,vastbase,oracle,iris,matrixone,couchbase,postgresql\n"
    inputs = make_inputs(release, tmp_path / "data", user_env=profiles)
    plan = plan_render(make_inputs(release, tmp_path / "data", user_env=settled(inputs)))
    services = config(write_plan(plan, tmp_path / "ours") / "compose.yaml")["services"]
    warned = {warning.split()[0] for warning in plan.warnings}
    assert warned == FIXED & set(services)
    assert {"minio", "oracle", "couchbase-server"} <= warned
    api = services["api"]["environment"]
    for store, (server, client) in PAIRS.items():
        if store not in services:
            continue
        given = services[store]["environment"][server]
        assert given.startswith("made-"), store
        assert api.get(client) == given, f"{store}: {client}"
    # Stores that Dify only is a client of, or that have a warning.
    foreign = ("RELYT_", "ALIBABACLOUD_", "VASTBASE_")
    for name, service in services.items():
        dify = service.get("image") in {API, WEB} or name in {"plugin_daemon", "sandbox"}
        shown = {
            key: value
            for key, value in (service.get("environment") or {}).items()
            if name not in FIXED and not (dify and key.startswith(foreign))
        }
        rest = {"command": service.get("command"), "healthcheck": service.get("healthcheck")}
        left = [
            key
            for key, value in {**shown, **rest}.items()
            for secret in ("difyai123456", "Qazwsx", 'Dify@123"', '"elastic"')
            if secret in json.dumps(value) and (secret != '"elastic"' or "PASSWORD" in key)
        ]
        assert left == [], name
