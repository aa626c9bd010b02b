"""`doctor`: what it reads from the workspace, the engine's words and the system, without running anything."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from difykit import docker
from difykit.checks.machine.network import look_at_network
from difykit.checks.workspace.data import look_at_data
from difykit.checks.workspace.endings import look_at_endings
from difykit.checks.workspace.envfile import in_use, look_at_secrets, values
from difykit.checks.workspace.ports import PortSetting, port_number, port_settings
from difykit.checks.workspace.rootless import look_at_users, mapped
from difykit.checks.workspace.space import Space, look_at_space
from difykit.core.listener import listener
from tests.support.trees import Content, write_tree

YAML = "version: 1\nupstream: {ref: 1.15.0}\n"
SOURCE: dict[str, Content] = {
    "difykit.yaml": YAML,
    ".difykit/source/docker/.env.example": "DB_PASSWORD=difyai123456\nEXPOSE_NGINX_PORT=80\nSECRET_KEY=\n",
    ".difykit/source/docker/docker-compose.yaml": "x: ${REDIS_PASSWORD:-public-one} ${SECRET_KEY:-}\n",
    ".difykit/source/docker/envs/a/b.env.example": "SANDBOX_API_KEY=dify-sandbox\n",
}


@pytest.fixture(autouse=True)
def _no_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))


def test_a_folder_without_a_workspace_has_none(tmp_path: Path) -> None:
    assert look_at_space(tmp_path) == Space(None)


def test_a_workspace_is_found_from_inside(tmp_path: Path) -> None:
    write_tree(tmp_path, {"difykit.yaml": YAML, "patches/series": ""})
    found = look_at_space(tmp_path / "patches")
    assert (found.root, found.problems, found.settings.upstream.ref) == (tmp_path, (), "1.15.0")


def test_a_broken_difykit_yaml_is_told_with_its_lines_and_the_rest_goes_on(tmp_path: Path) -> None:
    write_tree(tmp_path, {"difykit.yaml": YAML + "overlay: []\nimages: 3\n"})
    found = look_at_space(tmp_path)
    assert [problem.split(": ")[0] for problem in found.problems] == ["difykit.yaml:3", "difykit.yaml:4"]
    assert (found.data, found.containers) == (tmp_path / "data", True)


def test_broken_overlays_and_locks_are_told_together_and_once(tmp_path: Path) -> None:
    overlays = f"{YAML}overlays: [gone, mine]\n"
    write_tree(tmp_path, {"difykit.yaml": overlays, "overlays/mine/overlay.yaml": "version: 2\n"})
    write_tree(tmp_path, {"difykit.lock": "[]"})
    gone, mine, lock = look_at_space(tmp_path).problems
    assert "there is no overlay gone" in gone
    assert mine.startswith("overlays/mine/overlay.yaml:1: ")
    assert lock.startswith("difykit.lock:1: ")


def test_a_broken_image_is_told(tmp_path: Path) -> None:
    write_tree(tmp_path, {"difykit.yaml": YAML, "images/api/image.yaml": "version: 1\nmemo: 3\n"})
    (problem,) = look_at_space(tmp_path).problems
    assert problem.startswith("images/api/image.yaml:2: ")


def test_crlf_is_found_where_it_hurts(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "difykit.yaml": YAML,
            ".gitattributes": "* -text\n",
            "overlays/a/tree/api/docker/entrypoint.sh": b"#!/bin/sh\r\necho\r\n",
            "overlays/a/tree/api/bin/start": b"#!/bin/sh\r\n",
            "overlays/a/tree/docker/nginx/x.template": b"a\r\n",
            "overlays/a/tree/api/data.csv": b"a,b\r\n",
            "overlays/a/tree/api/fine.sh": b"#!/bin/sh\n",
            "images/api/Dockerfile": b"FROM x\r\n",
            "patches/1.patch": b"diff --git a/x b/x\r\n--- a/x\r\n",
            "patches/2.patch": b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\r\n+b\r\n",
        },
    )
    found = look_at_endings(look_at_space(tmp_path))
    assert found.windows == (
        "images/api/Dockerfile",
        "overlays/a/tree/api/bin/start",
        "overlays/a/tree/api/docker/entrypoint.sh",
        "overlays/a/tree/docker/nginx/x.template",
        "patches/1.patch",
    )


def test_public_secrets_are_found_wherever_they_are_set(tmp_path: Path) -> None:
    write_tree(tmp_path, SOURCE)
    url = "CELERY_BROKER_URL=redis://:public-one@redis:6379/1\n"
    write_tree(tmp_path, {".env": f"DB_PASSWORD='difyai123456'\nSANDBOX_API_KEY=mine\nSECRET_KEY=\n{url}"})
    write_tree(tmp_path, {"data/releases/current/.env": "SANDBOX_API_KEY=dify-sandbox\nDB_PASSWORD=mine\n"})
    found = look_at_secrets(look_at_space(tmp_path))
    assert set(found.yours) == {(".env", "CELERY_BROKER_URL"), (".env", "DB_PASSWORD")}
    assert found.live == ("SANDBOX_API_KEY",)
    assert "difyai123456" not in repr(found)


def test_an_env_file_that_cannot_be_read_is_no_file_without_public_secrets(tmp_path: Path) -> None:
    write_tree(tmp_path, {**SOURCE, ".env/a": "a folder in its place"})
    assert look_at_secrets(look_at_space(tmp_path)).unreadable == (str(tmp_path / ".env"),)
    (tmp_path / "w").mkdir()
    write_tree(tmp_path / "w", SOURCE)
    assert look_at_secrets(look_at_space(tmp_path / "w")).unreadable == ()


def test_a_patch_too_large_to_be_read_is_not_passed(tmp_path: Path) -> None:
    large = b"x" * (5 << 20)
    write_tree(tmp_path, {"difykit.yaml": YAML, "patches/1.patch": large, "images/api/logo.png": large})
    endings = look_at_endings(look_at_space(tmp_path))
    assert (endings.large, endings.windows) == (("patches/1.patch",), ())


@pytest.mark.parametrize(("store", "told"), [("qdrant", ("QDRANT_API_KEY",)), ("weaviate", ())])
def test_a_public_secret_of_a_store_that_does_not_run_is_no_finding(
    tmp_path: Path, store: str, told: tuple[str, ...]
) -> None:
    live = f"VECTOR_STORE={store}\nCOMPOSE_PROFILES=${{VECTOR_STORE}}\nQDRANT_API_KEY=difyai123456\n"
    write_tree(tmp_path, {"difykit.yaml": YAML, "data/releases/current/.env": live})
    write_tree(tmp_path, {".difykit/source/docker/.env.example": "QDRANT_API_KEY=difyai123456\n"})
    found = look_at_secrets(look_at_space(tmp_path))
    assert found.live == told


def test_an_empty_public_value_is_no_secret() -> None:
    assert in_use({"SECRET_KEY": set()}, {"SECRET_KEY": ""}) == ()


def test_a_broken_env_file_still_gives_what_can_be_read(tmp_path: Path) -> None:
    write_tree(tmp_path, {".env": b"A=1\nno assignment\nB='open\nC=3\n\xff\n"})
    assert values(tmp_path / ".env") == {"A": "1", "C": "3"}
    assert values(tmp_path / "gone") == {}


@pytest.mark.parametrize(
    ("value", "port"),
    [("80", 80), ("127.0.0.1:8080", 8080), ("[::1]:81", 81), ("x", 0), ("70000", 0), ("8000-8010", 0), ("", 0)],
)
def test_a_port_is_read_as_compose_takes_it(value: str, port: int) -> None:
    assert port_number(value) == port


def test_ports_follow_the_settings(tmp_path: Path) -> None:
    overlay = "version: 1\ndescription: x\ncompose: {remove: [plugin_daemon]}\nenv: {EXPOSE_NGINX_SSL_PORT: '1443'}\n"
    write_tree(tmp_path, SOURCE)
    write_tree(tmp_path, {"difykit.yaml": f"{YAML}overlays: [a]\n", "overlays/a/overlay.yaml": overlay})
    assert port_settings(look_at_space(tmp_path)) == (
        PortSetting("EXPOSE_NGINX_PORT", 80),
        PortSetting("EXPOSE_NGINX_SSL_PORT", 1443),
    )
    write_tree(tmp_path, {".env": "EXPOSE_NGINX_PORT=8081\n"})
    assert port_settings(look_at_space(tmp_path))[0] == PortSetting("EXPOSE_NGINX_PORT", 8081)
    assert [each.number for each in port_settings(Space(None))] == [80, 443, 5003]


def test_who_listens_is_found() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        assert listener(number) != ""
    assert listener(number) == ""


@pytest.mark.parametrize(
    ("ranges", "uid"),
    [(((100000, 65536),), 101000), (((1, 500), (9000, 600)), 9500), (((1, 1000),), None), ((), None)],
)
def test_a_container_user_has_the_id_that_subuid_gives(ranges: tuple[tuple[int, int], ...], uid: int | None) -> None:
    assert mapped(1001, ranges) == uid


def test_the_storage_is_seen_with_its_owner_and_its_flag(tmp_path: Path) -> None:
    write_tree(tmp_path, {"difykit.yaml": YAML, "data/volumes/app/storage/.init_permissions": ""})
    found = look_at_users(look_at_space(tmp_path))
    assert (found.storage, found.settled) == (str(tmp_path / "data/volumes/app/storage"), True)
    assert found.owner == tmp_path.stat().st_uid


def test_a_file_where_the_data_folder_goes_is_told(tmp_path: Path) -> None:
    write_tree(tmp_path, {"difykit.yaml": YAML, "data": "a file"})
    found = look_at_data(look_at_space(tmp_path))
    assert found.problem == f"{tmp_path / 'data'} is not a folder"
    write_tree(tmp_path / "a:b", {"difykit.yaml": YAML})
    assert "':' in its path" in look_at_data(look_at_space(tmp_path / "a:b")).problem


def test_proxies_are_read_without_their_logins(tmp_path: Path) -> None:
    config = '{"proxies": {"default": {"httpProxy": "http://u:hidden@p:1", "noProxy": "a, b"}}, "auths": []}'
    write_tree(tmp_path, {"docker/config.json": config})
    environ = {"DOCKER_CONFIG": str(tmp_path / "docker"), "https_proxy": "http://u:hidden@p:1", "PIP_INDEX_URL": "x"}
    found = look_at_network(Space(None), environ)
    assert (found.proxies, found.mirrors) == (("HTTPS_PROXY",), ("PIP_INDEX_URL",))
    assert (found.config_proxy, found.config_no_proxy) == (True, ("a", "b"))
    assert "hidden" not in repr(found)


INFO = {
    "ServerVersion": "26.1.5",
    "OperatingSystem": "Debian",
    "OSType": "linux",
    "Architecture": "aarch64",
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"],
    "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]],
    "MemTotal": 4096,
    "HttpProxy": "http://u:hidden@p:1",
    "RegistryConfig": {"Mirrors": ["http://u:hidden@m/"]},
}


def test_what_docker_info_says_is_read() -> None:
    found = docker.read_info(INFO, "unix:///run/user/1000/docker.sock", "")
    assert (found.version, found.store, found.rootless, found.remapped) == ("26.1.5", "containerd", True, False)
    assert found.platform == "linux/arm64"
    assert (found.memory, found.proxy, found.mirrors) == (4096, True, ("http://m/",))
    assert "hidden" not in repr(found)


@pytest.mark.parametrize(
    ("endpoint", "remote"),
    [
        ("", ""),
        ("unix:///var/run/docker.sock", ""),
        ("tcp://127.0.0.1:2375", ""),
        ("tcp://localhost:2375", ""),
        ("tcp://[::1]:2375", ""),
        ("tcp://10.0.0.1:2375", "10.0.0.1"),
        ("ssh://me@far.example", "far.example"),
        ("nonsense://[", ""),
    ],
)
def test_an_engine_elsewhere_is_told_by_its_endpoint(endpoint: str, remote: str) -> None:
    assert docker.read_info(INFO, endpoint, "").remote == remote


@pytest.mark.parametrize(
    ("info", "problem", "text"),
    [
        ({}, "docker is not installed", "docker is not installed"),
        ({"ServerErrors": ["Cannot connect"]}, "", "Cannot connect"),
        ({}, "", "no engine answers"),
        ({"SecurityOptions": None, "DriverStatus": None, "RegistryConfig": None}, "x", "x"),
    ],
)
def test_an_engine_that_does_not_answer_is_told(info: dict[str, Any], problem: str, text: str) -> None:
    assert text in docker.read_info(info, "", problem).problem


def test_published_ports_are_read() -> None:
    shown = "0.0.0.0:80->80/tcp, [::]:80->80/tcp, 0.0.0.0:8000-8002->80-82/tcp, 5001/tcp, 0.0.0.0:53->53/udp"
    assert docker.published([shown]) == {80, 8000, 8001, 8002}
