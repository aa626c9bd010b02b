"""`doctor`: from facts to findings, as a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.doctor.capacity import GIB, Capacity, data_said, disk_said, memory_said
from difykit.doctor.endings import Endings, endings_said
from difykit.doctor.envfile import EnvFile, Secrets, env_said, secrets_said
from difykit.doctor.finding import Said
from difykit.doctor.machine import Machine, git_said, platform_said, python_said
from difykit.doctor.network import Network, Upstream, mirrors_said, proxy_said, upstream_said
from difykit.doctor.ports import Ports, Wanted, ports_said, project_said
from difykit.doctor.rootless import Users, rootless_said, storage_said
from difykit.doctor.space import Space, workspace_said
from difykit.doctor.tools import buildx_said, compose_said, docker_said, engine_said
from difykit.engine import EngineFacts, ToolFacts
from difykit.manifest import Settings
from difykit.workspace import Workspace

SPACE = Space(Path("/w"))
HOST = Space(
    Path("/w"),
    Workspace(
        Path("/w"),
        Settings.model_validate({"version": 1, "upstream": {"ref": "1.0.0"}, "deploy": {"target": "process"}}),
    ),
)
NOWHERE = Space(None)
LINUX = Machine("Linux", "x86_64", wsl=False, folder="/home/me/dify", python=(3, 11, 7))
WSL = Machine("Linux", "x86_64", wsl=True, folder="/mnt/c/dify", python=(3, 10, 1))
DOCKER = ToolFacts("28.2.2")
NO_DOCKER = ToolFacts("", problem="docker is not installed")
ENGINE = EngineFacts(version="26.1.5", runs_on="Debian", memory=16 * GIB, root="/var/lib/docker")
ROOTLESS = EngineFacts(version="26.1.5", runs_on="Debian", memory=16 * GIB, rootless=True)
DESKTOP = EngineFacts(version="26.1.5", runs_on="Docker Desktop", memory=2 * GIB, virtual=True)
REMOTE = EngineFacts(version="26.1.5", runs_on="Debian", memory=16 * GIB, remote="far.example")
SILENT = EngineFacts(problem="Cannot connect to the Docker daemon")
FAR_SILENT = EngineFacts(problem="no route to host", remote="far.example")
WEB, TLS, DEBUG = Wanted("EXPOSE_NGINX_PORT", 80), Wanted("EXPOSE_NGINX_SSL_PORT", 443), Wanted("EXPOSE_PLUGIN", 5003)
SUBIDS = ((100000, 65536),)
STORAGE = Users(storage="/w/data/volumes/app/storage", owner=0, settled=True, ranges=SUBIDS)
PROXY = Network(proxies=("HTTP_PROXY",), no_proxy=("localhost", "127.0.0.1"))

TABLE: list[tuple[list[Said], str, str, str]] = [
    (platform_said(LINUX), "ok", "Linux on x86_64", ""),
    (platform_said(Machine("Darwin", "arm64", False, "/", (3, 12, 0))), "ok", "macOS on arm64", ""),
    (platform_said(Machine("Linux", "riscv64", False, "/", (3, 12, 0))), "warn", "amd64 and arm64", "machine"),
    (platform_said(Machine("Windows", "AMD64", False, "C:", (3, 12, 0))), "fail", "Linux and macOS", "WSL2"),
    (platform_said(WSL), "ok warn", "/mnt/c/dify is on a disk of Windows", "WSL's own file system"),
    (python_said(LINUX), "ok", "3.11.7", ""),
    (python_said(WSL), "fail", "3.10.1 is too old", "3.11"),
    (git_said("2.39.5"), "ok", "2.39.5", ""),
    (git_said(""), "fail", "git is not installed", "apt-get install git"),
    (git_said("2.25.1"), "fail", "2.25.1 is too old: difykit needs 2.30", "upgrade"),
    (git_said("2.30.2"), "warn", "your own git settings", "upgrade"),
    (git_said("2.54"), "ok", "2.54", ""),
    (workspace_said(NOWHERE), "skip", "no difykit.yaml", "difykit init"),
    (workspace_said(SPACE), "ok", "/w: Dify", ""),
    (workspace_said(Space(Path("/w"), problems=("a:1: x", "b:2: y"))), "fail", "a:1: x\nb:2: y", "change the lines"),
    (docker_said(SPACE, DOCKER), "ok", "28.2.2", ""),
    (docker_said(SPACE, NO_DOCKER), "fail", "docker is not installed", "https://docs.docker.com"),
    (docker_said(HOST, NO_DOCKER), "skip", "deploy.target is process", ""),
    (engine_said(SPACE, DOCKER, ENGINE), "ok", "26.1.5 (Debian; classic image store)", ""),
    (engine_said(SPACE, DOCKER, ROOTLESS), "ok", "rootless, classic image store", ""),
    (engine_said(SPACE, NO_DOCKER, SILENT), "skip", "needs docker", ""),
    (engine_said(SPACE, DOCKER, SILENT), "fail", "Cannot connect", "systemctl start docker"),
    (engine_said(SPACE, DOCKER, EngineFacts(problem="permission denied")), "fail", "permission", "usermod -aG docker"),
    (engine_said(SPACE, DOCKER, EngineFacts(problem='context "x": context not found')), "fail", "x", "context ls"),
    (engine_said(SPACE, DOCKER, FAR_SILENT), "fail", "no route", "see that far.example is up"),
    (engine_said(HOST, DOCKER, SILENT), "skip", "not needed", ""),
    (engine_said(SPACE, DOCKER, REMOTE), "warn", "over there", "unset DOCKER_HOST"),
    (engine_said(SPACE, DOCKER, EngineFacts(version="20.10.5", old=True)), "fail", "needs 23.0", "upgrade"),
    (engine_said(SPACE, DOCKER, EngineFacts(version="28.0", windows=True)), "fail", "Windows containers", "Linux"),
    (buildx_said(SPACE, DOCKER, ToolFacts("0.13.1", "0.10.0")), "ok", "0.13.1", ""),
    (buildx_said(SPACE, NO_DOCKER, NO_DOCKER), "skip", "needs docker", ""),
    (buildx_said(SPACE, DOCKER, ToolFacts("", "0.10.0", problem="unknown")), "fail", "unknown", "docker-buildx-plugin"),
    (compose_said(SPACE, DOCKER, ToolFacts("2.20.3", "2.24.4", old=True)), "fail", "needs 2.24.4", "docker-compose-p"),
    (compose_said(HOST, DOCKER, ToolFacts("", problem="unknown")), "skip", "not needed", ""),
    (memory_said(ENGINE, Capacity()), "ok", "16.0 GiB", ""),
    (memory_said(SILENT, Capacity()), "skip", "needs an engine", ""),
    (memory_said(DESKTOP, Capacity()), "warn", "Dify asks for 4 GiB", "virtual machine"),
    (memory_said(EngineFacts(version="1", memory=5 * GIB), Capacity()), "warn", "wants 6.0 GiB", "swap"),
    (memory_said(EngineFacts(version="1", memory=5 * GIB), Capacity(swap=2 * GIB)), "ok", "2.0 GiB of swap", ""),
    (memory_said(EngineFacts(version="1", memory=7 * GIB), Capacity(builds_twice=True)), "warn", "wants 8.0 GiB", "sw"),
    (disk_said(ENGINE, Capacity(images_free=60 * GIB)), "ok", "60.0 GiB free in /var/lib/docker", ""),
    (disk_said(ENGINE, Capacity(images_free=9 * GIB)), "warn", "want 15.0 GiB", "docker builder prune"),
    (disk_said(ENGINE, Capacity(images_free=2 * GIB)), "fail", "images alone", "docker image prune"),
    (disk_said(DESKTOP, Capacity()), "skip", "docker system df", ""),
    (disk_said(SILENT, Capacity()), "skip", "needs an engine", ""),
    (data_said(Capacity(data="/w/data", data_free=60 * GIB)), "ok", "/w/data, 60.0 GiB free", ""),
    (data_said(Capacity(data="/w/data", data_free=3 * GIB)), "warn", "little", "deploy.data"),
    (data_said(Capacity(data="/w/data", data_free=GIB // 2)), "fail", "full disk", "deploy.data"),
    (data_said(Capacity(data="/w/data", data_problem="/w cannot be written")), "fail", "cannot be written", "chown"),
    (data_said(Capacity()), "skip", "no workspace", ""),
    (upstream_said(None), "skip", "needs git", ""),
    (upstream_said(Upstream("1.15.0")), "ok", "it has 1.15.0", ""),
    (upstream_said(Upstream("")), "ok", "it answers", ""),
    (upstream_said(Upstream("9.9", "it has no 9.9")), "fail", "it has no 9.9", "upstream.ref"),
    (upstream_said(Upstream("9.9", "it has no 9.9", here=True)), "warn", "here already", "keep .difykit"),
    (upstream_said(Upstream("1.0", "no answer", reached=False)), "warn", "first sync cannot", "upstream.url"),
    (upstream_said(Upstream("1.0", "no answer", reached=False, here=True)), "warn", "so sync works", "network"),
    (endings_said(None), "skip", "no workspace", ""),
    (endings_said(Endings()), "ok", "LF", ""),
    (endings_said(Endings(windows=("a b.sh",))), "fail", "CRLF line ends in a b.sh", "perl -pi -e 's/\\r$//' 'a b.sh'"),
    (endings_said(Endings(unreadable=("overlays/x",))), "fail", "overlays/x", "chmod"),
    (endings_said(Endings(kept=False, autocrlf="true")), "warn", "core.autocrlf=true", "echo '* -text'"),
    (env_said(None), "skip", "no workspace", ""),
    (env_said(EnvFile()), "ok", "no .env yet", ""),
    (env_said(EnvFile(exists=True, mode=0o644)), "warn", "mode 0644", "chmod 600 .env"),
    (env_said(EnvFile(exists=True, problems=(".env:3: x",))), "fail", ".env:3: x", "correct"),
    (env_said(EnvFile(exists=True, unreadable=".env: cannot be read")), "fail", "cannot be read", "chown"),
    (env_said(EnvFile(exists=True, tracked=True, exposed=(".env",))), "fail", "git tracks .env", "git rm --cached"),
    (env_said(EnvFile(exposed=(".env", "data/"))), "warn", ".env, data/", r"printf '/.env\n/data/\n' >> .gitignore"),
    (env_said(EnvFile(exists=True, exposed=None)), "ok", "no git repository here", ""),
    (secrets_said(None), "skip", "no workspace", ""),
    (secrets_said(Secrets()), "skip", "source", "invoke sync"),
    (secrets_said(Secrets(known=True)), "ok", "none", ""),
    (secrets_said(Secrets(known=True, yours=((".env", "A"),))), "warn", ".env sets A", "take them out of .env"),
    (secrets_said(Secrets(known=True, deployed=True, yours=((".env", "A"),))), "warn", ".env sets A", "ALTER USER"),
    (
        secrets_said(Secrets(known=True, deployed=True, yours=((".env", "A"),), live=("A",))),
        "warn",
        "deployed",
        "ALTER",
    ),
    (ports_said(SPACE, Ports((WEB, TLS)), ENGINE), "ok", "80, 443: free", ""),
    (ports_said(SPACE, Ports((WEB,), {80: "the container x"}), ENGINE), "fail", "by the container x", "PORT=8080"),
    (ports_said(SPACE, Ports((DEBUG,), {5003: "p"}), ENGINE), "fail", "5003 (EXPOSE_PLUGIN)", "EXPOSE_PLUGIN=6003"),
    (ports_said(SPACE, Ports((WEB,), {80: "p"}, blind=True), SILENT), "warn", "without an engine", "8080"),
    (ports_said(SPACE, Ports((Wanted("K", 0),)), ENGINE), "fail", "the value of K is not a port", "set K"),
    (ports_said(SPACE, Ports((Wanted("A", 80), Wanted("B", 80))), ENGINE), "fail", "A and B are both 80", "another B"),
    (ports_said(SPACE, Ports((WEB,), blind=True), FAR_SILENT), "skip", "far.example", ""),
    (ports_said(HOST, Ports((WEB,), {80: "p"}), ENGINE), "skip", "process", ""),
    (project_said(SPACE, Ports()), "ok", "dify", ""),
    (project_said(SPACE, Ports(blind=True)), "skip", "engine", ""),
    (project_said(SPACE, Ports(strangers=("/other",))), "warn", "also the project of /other", "deploy.project"),
    (rootless_said(ENGINE, Users(), [WEB]), "ok", "not rootless", ""),
    (rootless_said(SILENT, Users(), [WEB]), "skip", "engine", ""),
    (rootless_said(ROOTLESS, Users(ranges=SUBIDS), [WEB]), "fail", "cannot publish 80", "EXPOSE_NGINX_PORT=8080"),
    (rootless_said(ROOTLESS, Users(ranges=SUBIDS), [TLS]), "fail", "443", "ip_unprivileged_port_start=443"),
    (rootless_said(ROOTLESS, Users(first_port=80, ranges=SUBIDS), [WEB]), "ok", "1001", ""),
    (rootless_said(ROOTLESS, Users(may_bind_low=True, ranges=SUBIDS), [WEB]), "ok", "1001", ""),
    (
        rootless_said(ROOTLESS, Users(user="me", ranges=((1, 1000),)), []),
        "fail",
        "/etc/subuid gives me no id",
        "subuids",
    ),
    (storage_said(NOWHERE, ENGINE, Users()), "skip", "no workspace", ""),
    (storage_said(SPACE, ENGINE, Users()), "ok", "none yet", ""),
    (storage_said(SPACE, ENGINE, STORAGE), "warn", "belongs to the user 0", "busybox chown -R 1001:1001"),
    (storage_said(SPACE, ROOTLESS, STORAGE), "warn", "user 101000 here", "docker run"),
    (storage_said(SPACE, SILENT, STORAGE), "skip", "needs an engine", ""),
    (storage_said(SPACE, DESKTOP, STORAGE), "skip", "cannot be seen", ""),
    (storage_said(SPACE, ENGINE, Users(storage="/s", owner=1001, settled=True)), "ok", "api's own", ""),
    (storage_said(SPACE, ENGINE, Users(storage="/s", owner=0)), "ok", "next start", ""),
    (storage_said(SPACE, ENGINE, Users(storage="/s", settled=True, api_is_root=True)), "ok", "own", ""),
    (mirrors_said(ENGINE, Network()), "ok", "none", ""),
    (mirrors_said(ENGINE, Network(mirrors=("PIP_INDEX_URL",))), "warn", "PIP_INDEX_URL", "build --check"),
    (mirrors_said(EngineFacts(mirrors=("http://m/",)), Network()), "ok", "the engine's: http://m/", ""),
    (proxy_said(ENGINE, Network()), "ok", "none is set", ""),
    (proxy_said(ENGINE, PROXY), "warn warn", "none in the Docker engine", "daemon/proxy"),
    (
        proxy_said(SILENT, Network(proxies=("HTTP_PROXY",))),
        "warn warn",
        "without localhost",
        "NO_PROXY=localhost,127.0",
    ),
    (proxy_said(ENGINE, Network(config_proxy=True)), "warn", "to every container", "sandbox"),
    (proxy_said(ENGINE, Network(config_proxy=True, config_no_proxy=("*",))), "ok", "none is set", ""),
    (
        proxy_said(EngineFacts(proxy=True), Network(registry="localhost:5000")),
        "warn",
        "localhost:5000",
        "no-proxy list",
    ),
    (
        proxy_said(EngineFacts(proxy=True, no_proxy="localhost"), Network(registry="localhost:5000")),
        "ok",
        "engine's",
        "",
    ),
    (proxy_said(EngineFacts(proxy=True), Network(registry="ghcr.io")), "ok", "the engine's", ""),
    (proxy_said(EngineFacts(proxy=True), Network(registry="me")), "ok", "the engine's", ""),
]


@pytest.mark.parametrize(("said", "states", "text", "mend"), TABLE)
def test_each_finding_says_what_it_found_and_what_mends_it(said: list[Said], states: str, text: str, mend: str) -> None:
    assert " ".join(each.state for each in said) == states
    assert text in "\n".join(each.text for each in said)
    assert mend in "\n".join(each.mend for each in said)


@pytest.mark.parametrize("said", [row[0] for row in TABLE])
def test_what_is_wrong_always_comes_with_its_mending(said: list[Said]) -> None:
    assert [each for each in said if each.state in {"warn", "fail"} and not each.mend] == []
    assert [each for each in said if each.state == "ok" and each.mend] == []
