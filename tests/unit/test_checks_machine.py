"""The machine: from facts to findings, as a table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from difykit.checks import Finding
from difykit.checks.machine.capacity import Capacity, judge_disk, judge_memory
from difykit.checks.machine.network import ProxySettings, judge_mirrors, judge_proxy
from difykit.checks.machine.system import Machine, judge_git, judge_platform, judge_python
from difykit.checks.machine.tools import judge_buildx, judge_compose, judge_docker, judge_engine
from difykit.checks.workspace.data import GIB
from difykit.docker import EngineFacts, ToolFacts
from tests.support.checks import (
    DESKTOP,
    ENGINE,
    FAR_SILENT,
    HOST,
    REMOTE,
    ROOTLESS,
    SILENT,
    SPACE,
    judged,
    word,
    words,
)

LINUX = Machine("Linux", "x86_64", wsl=False, folder="/home/me/dify", python=(3, 11, 7))
WSL = Machine("Linux", "x86_64", wsl=True, folder="/mnt/c/dify", python=(3, 10, 1))
DOCKER = ToolFacts("28.2.2")
NO_DOCKER = ToolFacts("", problem="docker is not installed")
PROXY = ProxySettings(proxies=("HTTP_PROXY",), no_proxy=("localhost", "127.0.0.1"))

TABLE: list[tuple[tuple[Finding, ...], str, str, str]] = [
    (judged(judge_platform, LINUX), "ok", "Linux on x86_64", ""),
    (judged(judge_platform, Machine("Darwin", "arm64", False, "/", (3, 12, 0))), "ok", "macOS on arm64", ""),
    (judged(judge_platform, Machine("Linux", "riscv64", False, "/", (3, 12, 0))), "warn", "amd64 and arm64", "machine"),
    (judged(judge_platform, Machine("Windows", "AMD64", False, "C:", (3, 12, 0))), "fail", "Linux and macOS", "WSL2"),
    (judged(judge_platform, WSL), "ok warn", "/mnt/c/dify is on a disk of Windows", "WSL's own file system"),
    (judged(judge_python, LINUX), "ok", "3.11.7", ""),
    (judged(judge_python, WSL), "fail", "3.10.1 is too old", "3.11"),
    (judged(judge_git, "2.39.5"), "ok", "2.39.5", ""),
    (judged(judge_git, ""), "fail", "git is not installed", "apt-get install git"),
    (judged(judge_git, "2.25.1"), "fail", "2.25.1 is too old: difykit needs 2.30", "upgrade"),
    (judged(judge_git, "2.30.2"), "warn", "your own git settings", "upgrade"),
    (judged(judge_git, "2.54"), "ok", "2.54", ""),
    (judged(judge_docker, SPACE, DOCKER), "ok", "28.2.2", ""),
    (judged(judge_docker, SPACE, NO_DOCKER), "fail", "docker is not installed", "https://docs.docker.com"),
    (judged(judge_docker, HOST, NO_DOCKER), "skip", "deploy.target is process", ""),
    (judged(judge_engine, SPACE, DOCKER, ENGINE), "ok", "26.1.5 (Debian; classic image store)", ""),
    (judged(judge_engine, SPACE, DOCKER, ROOTLESS), "ok", "rootless, classic image store", ""),
    (judged(judge_engine, SPACE, NO_DOCKER, SILENT), "skip", "needs docker", ""),
    (judged(judge_engine, SPACE, DOCKER, SILENT), "fail", "Cannot connect", "systemctl start docker"),
    (
        judged(judge_engine, SPACE, DOCKER, EngineFacts(problem="permission denied")),
        "fail",
        "permission",
        "usermod -aG docker",
    ),
    (
        judged(judge_engine, SPACE, DOCKER, EngineFacts(problem='context "x": context not found')),
        "fail",
        "x",
        "context ls",
    ),
    (judged(judge_engine, SPACE, DOCKER, FAR_SILENT), "fail", "no route", "see that far.example is up"),
    (judged(judge_engine, HOST, DOCKER, SILENT), "skip", "not needed", ""),
    (judged(judge_engine, SPACE, DOCKER, REMOTE), "warn", "over there", "unset DOCKER_HOST"),
    (judged(judge_engine, SPACE, DOCKER, EngineFacts(version="20.10.5", old=True)), "fail", "needs 23.0", "upgrade"),
    (
        judged(judge_engine, SPACE, DOCKER, EngineFacts(version="28.0", windows=True)),
        "fail",
        "Windows containers",
        "Linux",
    ),
    (judged(judge_buildx, SPACE, DOCKER, ToolFacts("0.13.1", "0.10.0")), "ok", "0.13.1", ""),
    (judged(judge_buildx, SPACE, NO_DOCKER, NO_DOCKER), "skip", "needs docker", ""),
    (
        judged(judge_buildx, SPACE, DOCKER, ToolFacts("", "0.10.0", problem="unknown")),
        "fail",
        "unknown",
        "docker-buildx-plugin",
    ),
    (
        judged(judge_compose, SPACE, DOCKER, ToolFacts("2.20.3", "2.24.4", old=True)),
        "fail",
        "needs 2.24.4",
        "docker-compose-p",
    ),
    (judged(judge_compose, HOST, DOCKER, ToolFacts("", problem="unknown")), "skip", "not needed", ""),
    (judged(judge_memory, ENGINE, Capacity()), "ok", "16.0 GiB", ""),
    (judged(judge_memory, SILENT, Capacity()), "skip", "needs an engine", ""),
    (judged(judge_memory, DESKTOP, Capacity()), "warn", "Dify asks for 4 GiB", "virtual machine"),
    (judged(judge_memory, EngineFacts(version="1", memory=5 * GIB), Capacity()), "warn", "wants 6.0 GiB", "swap"),
    (
        judged(judge_memory, EngineFacts(version="1", memory=5 * GIB), Capacity(swap=2 * GIB)),
        "ok",
        "2.0 GiB of swap",
        "",
    ),
    (
        judged(judge_memory, EngineFacts(version="1", memory=7 * GIB), Capacity(builds_twice=True)),
        "warn",
        "wants 8.0 GiB",
        "sw",
    ),
    (judged(judge_disk, ENGINE, Capacity(images_free=60 * GIB)), "ok", "60.0 GiB free in /var/lib/docker", ""),
    (judged(judge_disk, ENGINE, Capacity(images_free=9 * GIB)), "warn", "want 15.0 GiB", "docker builder prune"),
    (judged(judge_disk, ENGINE, Capacity(images_free=2 * GIB)), "fail", "images alone", "docker image prune"),
    (judged(judge_disk, DESKTOP, Capacity()), "skip", "docker system df", ""),
    (judged(judge_disk, SILENT, Capacity()), "skip", "needs an engine", ""),
    (judged(judge_mirrors, ENGINE, ProxySettings()), "ok", "none", ""),
    (
        judged(judge_mirrors, ENGINE, ProxySettings(mirrors=("PIP_INDEX_URL",))),
        "warn",
        "PIP_INDEX_URL",
        "build --check",
    ),
    (judged(judge_mirrors, EngineFacts(mirrors=("http://m/",)), ProxySettings()), "ok", "the engine's: http://m/", ""),
    (judged(judge_proxy, ENGINE, ProxySettings()), "ok", "none is set", ""),
    (judged(judge_proxy, ENGINE, PROXY), "warn warn", "none in the Docker engine", "daemon/proxy"),
    (
        judged(judge_proxy, SILENT, ProxySettings(proxies=("HTTP_PROXY",))),
        "warn warn",
        "without localhost",
        "NO_PROXY=localhost,127.0",
    ),
    (judged(judge_proxy, ENGINE, ProxySettings(config_proxy=True)), "warn", "to every container", "sandbox"),
    (judged(judge_proxy, ENGINE, ProxySettings(config_proxy=True, config_no_proxy=("*",))), "ok", "none is set", ""),
    (
        judged(judge_proxy, EngineFacts(proxy=True), ProxySettings(registry="localhost:5000")),
        "warn",
        "localhost:5000",
        "no-proxy list",
    ),
    (
        judged(judge_proxy, EngineFacts(proxy=True, no_proxy="localhost"), ProxySettings(registry="localhost:5000")),
        "ok",
        "engine's",
        "",
    ),
    (judged(judge_proxy, EngineFacts(proxy=True), ProxySettings(registry="ghcr.io")), "ok", "the engine's", ""),
    (judged(judge_proxy, EngineFacts(proxy=True), ProxySettings(registry="me")), "ok", "the engine's", ""),
    (
        judged(judge_proxy, SILENT, ProxySettings()),
        "skip",
        "none is set in your shell; for the rest it needs an engine",
        "",
    ),
    (judged(judge_mirrors, SILENT, ProxySettings()), "skip", "none is set in your shell", ""),
    (
        judged(judge_proxy, SILENT, replace(PROXY, config_proxy=True, config_no_proxy=("*",))),
        "skip",
        "your shell's fits; for the rest it needs an engine",
        "",
    ),
]


@pytest.mark.parametrize(("findings", "severities", "text", "hint"), TABLE)
def test_each_finding_says_what_it_found_and_what_mends_it(
    findings: tuple[Finding, ...], severities: str, text: str, hint: str
) -> None:
    assert " ".join(words(findings)) == severities
    assert text in "\n".join(finding.text for finding in findings)
    assert hint in "\n".join(finding.hint for finding in findings)


@pytest.mark.parametrize("findings", [row[0] for row in TABLE])
def test_what_is_wrong_always_comes_with_its_mending(findings: tuple[Finding, ...]) -> None:
    wrong = {"warn", "fail"}
    assert [finding for finding in findings if word(finding) in wrong and not finding.hint] == []
    assert [finding for finding in findings if word(finding) == "ok" and finding.hint] == []
