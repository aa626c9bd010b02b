"""`middleware.dev` on every real release: what Compose makes of it, and that api and middleware say the same."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from difykit.core import yaml
from difykit.git import Store
from difykit.middleware.bundled import FILE, Bundled
from difykit.middleware.devplan import DevPlan, plan_dev
from difykit.workspace import dotenv
from tests.support.real_render import PLACE, config, read_docker, releases
from tests.support.trees import write_tree

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases"),
]
RELEASES = releases()
PUBLIC = ("difyai123456", "dify-sandbox", "lYkiYYT6", "QaHbTe77", "WVF5YThaHl")
# Under which name the middleware's side has what api calls otherwise.
SAME = {
    "DB_PASSWORD": ("db_postgres", "POSTGRES_PASSWORD"),
    "REDIS_PASSWORD": ("redis", "REDISCLI_AUTH"),
    "CODE_EXECUTION_API_KEY": ("sandbox", "API_KEY"),
    "PLUGIN_DAEMON_KEY": ("plugin_daemon", "SERVER_KEY"),
    "INNER_API_KEY_FOR_PLUGIN": ("plugin_daemon", "DIFY_INNER_API_KEY"),
    "WEAVIATE_API_KEY": ("weaviate", "AUTHENTICATION_APIKEY_ALLOWED_KEYS"),
}
PORTS = {
    "DB_PORT": ("db_postgres", 5432),
    "REDIS_PORT": ("redis", 6379),
    "CODE_EXECUTION_ENDPOINT": ("ssrf_proxy", 8194),
    "PLUGIN_DAEMON_URL": ("plugin_daemon", 5002),
    "WEAVIATE_ENDPOINT": ("weaviate", 8080),
}


@cache
def api_example(release: str) -> str:
    with Store(Path(PLACE)) as store:
        blob = store.tree(release).read("api/.env.example")
    assert blob
    return blob[1].decode()


def bundled(release: str, data: Path) -> Bundled:
    """A release's middleware, with the secrets that its first start made."""
    docker = read_docker(release)[0]
    upstream = yaml.load(FILE, docker[FILE][1].decode()).value
    example = docker.get("middleware.env.example") or docker["envs/middleware.env.example"]
    assert isinstance(upstream, dict)
    made = Bundled(
        release=release,
        docker=docker,
        upstream=upstream,
        example=example[1].decode(),
        api_example=api_example(release),
        api_env=None,
        own_env="",
        ports={"EXPOSE_POSTGRES_PORT": "15432", "EXPOSE_REDIS_PORT": "16379", "EXPOSE_SANDBOX_PORT": "18194"},
        project="difykit-dev",
        data=data,
    )
    return replace(made, own_env=dotenv.with_made("", plan_dev(made).generate))


def written(plan: DevPlan, folder: Path) -> dict[str, dict[str, object]]:
    """The services as Compose reads them in the folder."""
    write_tree(folder, {name: content for name, (_, content) in plan.files.items()})
    found: dict[str, dict[str, object]] = config(folder / "compose.yaml")["services"]
    return found


def database(services: dict[str, dict[str, object]]) -> str:
    return "db" if "db" in services else "db_postgres"


@pytest.mark.parametrize("release", RELEASES)
def test_both_sides_agree_and_nothing_is_public(release: str, tmp_path: Path) -> None:
    plan = plan_dev(bundled(release, tmp_path / "data"))
    services = written(plan, tmp_path / "dev")
    assert services.keys() == plan.services
    assert {database(services), "redis", "sandbox", "plugin_daemon", "ssrf_proxy", "weaviate"} == services.keys()
    api = dotenv.values(plan.api_env)
    for key, (service, name) in SAME.items():
        found = services[database(services) if service == "db_postgres" else service]["environment"]
        assert isinstance(found, dict)
        assert (key, found[name]) == (key, api[key])
    for key, (service, inner) in PORTS.items():
        ports = services[database(services) if service == "db_postgres" else service]["ports"]
        assert isinstance(ports, list)
        open_at = {each["target"]: each["published"] for each in ports}
        assert (key, urlsplit(f"//{api[key].rpartition('//')[2]}").port or int(api[key])) == (key, int(open_at[inner]))
    assert api["CELERY_BROKER_URL"] == f"redis://:{api['REDIS_PASSWORD']}@127.0.0.1:16379/1"
    said = json.dumps([{**service, "image": ""} for service in services.values()])
    assert not [word for word in PUBLIC if word in said]
    assert not [key for key in (*SAME, "SECRET_KEY") if len(api[key]) < 42]


@pytest.mark.parametrize("release", RELEASES)
def test_ports_are_open_to_this_machine_alone_and_data_is_in_the_data_folder(release: str, tmp_path: Path) -> None:
    folder = tmp_path / "dev"
    for name, service in written(plan_dev(bundled(release, tmp_path / "data")), folder).items():
        ports, mounts = service.get("ports", []), service.get("volumes", [])
        assert isinstance(ports, list)
        assert isinstance(mounts, list)
        assert {each["host_ip"] for each in ports} <= {"127.0.0.1"}, name
        for each in mounts:
            place = Path(each["source"])
            assert place.is_relative_to(tmp_path / "data") or place.is_file(), (name, place)


@pytest.mark.parametrize("release", RELEASES)
def test_the_release_itself_ignores_what_is_written_into_its_source(release: str, tmp_path: Path) -> None:
    with Store(Path(PLACE)) as store:
        ignored = store.tree(release).read(".gitignore")
    assert ignored
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    write_tree(tmp_path, {".gitignore": ignored[1], "api/.env": "x"})
    argv = ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"]
    shown = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    assert shown == "?? .gitignore\n"


@pytest.mark.parametrize("release", ["1.0.0", "1.12.1", "1.15.0"])
def test_what_a_developer_wrote_into_the_file_stays(release: str, tmp_path: Path) -> None:
    first = bundled(release, tmp_path)
    own = plan_dev(first).api_env.replace("DB_PORT=15432", "DB_PORT=1 # mine") + "\nMY_OWN=1\nVECTOR_STORE=qdrant\n"
    plan = plan_dev(replace(first, api_env=own))
    assert "MY_OWN=1\n" in plan.api_env
    assert "DB_PORT=15432\n" in plan.api_env
    assert dotenv.values(plan.api_env)["SECRET_KEY"] == dotenv.values(own)["SECRET_KEY"]
    assert "weaviate" not in plan.services
    kept = replace(first, api_env="SECRET_KEY=chosen\nOPENDAL_FS_ROOT=/srv/x\n")
    assert dotenv.values(plan_dev(kept).api_env)["SECRET_KEY"] == "chosen"
    assert dotenv.values(plan_dev(kept).api_env)["OPENDAL_FS_ROOT"] == "/srv/x"
