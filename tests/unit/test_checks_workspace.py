"""The workspace: from facts to findings, as a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.checks import Finding
from difykit.checks.workspace.data import GIB, DataFolder, judge_data, look_at_data
from difykit.checks.workspace.endings import Endings, judge_endings, look_at_endings
from difykit.checks.workspace.envfile import EnvFile, Secrets, judge_env, judge_secrets, look_at_env, look_at_secrets
from difykit.checks.workspace.ports import Ports, PortSetting, judge_ports, judge_project
from difykit.checks.workspace.rootless import Users, judge_rootless, judge_storage
from difykit.checks.workspace.space import Space, judge_workspace
from difykit.checks.workspace.upstream import UpstreamAnswer, judge_upstream, look_at_upstream
from tests.support.checks import (
    DESKTOP,
    ENGINE,
    FAR_SILENT,
    HOST,
    NOWHERE,
    ROOTLESS,
    SILENT,
    SPACE,
    judged,
    word,
    words,
)

WEB, TLS, DEBUG = (
    PortSetting("EXPOSE_NGINX_PORT", 80),
    PortSetting("EXPOSE_NGINX_SSL_PORT", 443),
    PortSetting("EXPOSE_PLUGIN", 5003),
)
SUBIDS = ((100000, 65536),)
STORAGE = Users(storage="/w/data/volumes/app/storage", owner=0, settled=True, ranges=SUBIDS)

TABLE: list[tuple[tuple[Finding, ...], str, str, str]] = [
    (judged(judge_workspace, NOWHERE), "skip", "no difykit.yaml", "difykit init"),
    (judged(judge_workspace, SPACE), "ok", "/w: Dify", ""),
    (
        judged(judge_workspace, Space(Path("/w"), problems=("a:1: x", "b:2: y"))),
        "fail",
        "a:1: x\nb:2: y",
        "change the lines",
    ),
    (judged(judge_data, DataFolder(Path("/w/data"), free=60 * GIB)), "ok", "/w/data, 60.0 GiB free", ""),
    (judged(judge_data, DataFolder(Path("/w/data"), free=3 * GIB)), "warn", "little", "deploy.data"),
    (judged(judge_data, DataFolder(Path("/w/data"), free=GIB // 2)), "fail", "full disk", "deploy.data"),
    (judged(judge_data, DataFolder(Path("/w/data"), "/w cannot be written")), "fail", "cannot be written", "chown"),
    (judged(look_at_data, NOWHERE), "skip", "no workspace", ""),
    (judged(look_at_upstream, NOWHERE, ""), "skip", "needs git", ""),
    (judged(judge_upstream, UpstreamAnswer("1.15.0")), "ok", "it has 1.15.0", ""),
    (judged(judge_upstream, UpstreamAnswer("")), "ok", "it answers", ""),
    (judged(judge_upstream, UpstreamAnswer("9.9", "it has no 9.9")), "fail", "it has no 9.9", "upstream.ref"),
    (
        judged(judge_upstream, UpstreamAnswer("9.9", "it has no 9.9", fetched=True)),
        "warn",
        "here already",
        "keep .difykit",
    ),
    (
        judged(judge_upstream, UpstreamAnswer("1.0", "no answer", reached=False)),
        "warn",
        "first sync cannot",
        "upstream.url",
    ),
    (
        judged(judge_upstream, UpstreamAnswer("1.0", "no answer", reached=False, fetched=True)),
        "warn",
        "so sync works",
        "network",
    ),
    (judged(look_at_endings, NOWHERE), "skip", "no workspace", ""),
    (judged(judge_endings, Endings()), "ok", "LF", ""),
    (
        judged(judge_endings, Endings(windows=("a b.sh",))),
        "fail",
        "CRLF line ends in a b.sh",
        "perl -pi -e 's/\\r$//' 'a b.sh'",
    ),
    (judged(judge_endings, Endings(unreadable=("overlays/x",))), "fail", "overlays/x", "chmod"),
    (judged(judge_endings, Endings(attributes=False, autocrlf="true")), "warn", "core.autocrlf=true", "echo '* -text'"),
    (judged(look_at_env, NOWHERE), "skip", "no workspace", ""),
    (judged(judge_env, EnvFile()), "ok", "no .env yet", ""),
    (judged(judge_env, EnvFile(exists=True, mode=0o644)), "warn", "mode 0644", "chmod 600 .env"),
    (judged(judge_env, EnvFile(exists=True, problems=(".env:3: x",))), "fail", ".env:3: x", "correct"),
    (judged(judge_env, EnvFile(exists=True, unreadable=".env: cannot be read")), "fail", "cannot be read", "chown"),
    (
        judged(judge_env, EnvFile(exists=True, tracked=True, exposed=(".env",))),
        "fail",
        "git tracks .env",
        "git rm --cached",
    ),
    (
        judged(judge_env, EnvFile(exposed=(".env", "data/"))),
        "warn",
        ".env, data/",
        r"printf '/.env\n/data/\n' >> .gitignore",
    ),
    (judged(judge_env, EnvFile(exists=True, exposed=None)), "ok", "no git repository here", ""),
    (judged(look_at_secrets, NOWHERE), "skip", "no workspace", ""),
    (judged(look_at_secrets, SPACE), "skip", "source", "invoke sync"),
    (judged(judge_secrets, Secrets()), "ok", "none", ""),
    (judged(judge_secrets, Secrets(yours=((".env", "A"),))), "warn", ".env sets A", "take them out of .env"),
    (judged(judge_secrets, Secrets(deployed=True, yours=((".env", "A"),))), "warn", ".env sets A", "ALTER USER"),
    (
        judged(judge_secrets, Secrets(deployed=True, yours=((".env", "A"),), live=("A",))),
        "warn",
        "deployed",
        "ALTER",
    ),
    (judged(judge_ports, SPACE, Ports((WEB, TLS)), ENGINE), "ok", "80, 443: free", ""),
    (
        judged(judge_ports, SPACE, Ports((WEB,), {80: "the container x"}), ENGINE),
        "fail",
        "by the container x",
        "PORT=8080",
    ),
    (
        judged(judge_ports, SPACE, Ports((DEBUG,), {5003: "p"}), ENGINE),
        "fail",
        "5003 (EXPOSE_PLUGIN)",
        "EXPOSE_PLUGIN=6003",
    ),
    (judged(judge_ports, SPACE, Ports((WEB,), {80: "p"}, blind=True), SILENT), "warn", "without an engine", "8080"),
    (
        judged(judge_ports, SPACE, Ports((PortSetting("K", 0),)), ENGINE),
        "fail",
        "the value of K is not a port",
        "set K",
    ),
    (
        judged(judge_ports, SPACE, Ports((PortSetting("A", 80), PortSetting("B", 80))), ENGINE),
        "fail",
        "A and B are both 80",
        "another B",
    ),
    (judged(judge_ports, SPACE, Ports((WEB,), blind=True), FAR_SILENT), "skip", "far.example", ""),
    (judged(judge_ports, HOST, Ports((WEB,), {80: "p"}), ENGINE), "skip", "process", ""),
    (judged(judge_project, SPACE, Ports()), "ok", "dify", ""),
    (judged(judge_project, SPACE, Ports(blind=True)), "skip", "engine", ""),
    (
        judged(judge_project, SPACE, Ports(strangers=("/other",))),
        "warn",
        "also the project of /other",
        "deploy.project",
    ),
    (judged(judge_rootless, ENGINE, Users(), [WEB]), "ok", "not rootless", ""),
    (judged(judge_rootless, SILENT, Users(), [WEB]), "skip", "engine", ""),
    (
        judged(judge_rootless, ROOTLESS, Users(ranges=SUBIDS), [WEB]),
        "fail",
        "cannot publish 80",
        "EXPOSE_NGINX_PORT=8080",
    ),
    (judged(judge_rootless, ROOTLESS, Users(ranges=SUBIDS), [TLS]), "fail", "443", "ip_unprivileged_port_start=443"),
    (judged(judge_rootless, ROOTLESS, Users(first_port=80, ranges=SUBIDS), [WEB]), "ok", "1001", ""),
    (judged(judge_rootless, ROOTLESS, Users(may_bind_low=True, ranges=SUBIDS), [WEB]), "ok", "1001", ""),
    (
        judged(judge_rootless, ROOTLESS, Users(user="me", ranges=((1, 1000),)), []),
        "fail",
        "/etc/subuid gives me no id",
        "subuids",
    ),
    (judged(judge_storage, NOWHERE, ENGINE, Users()), "skip", "no workspace", ""),
    (judged(judge_storage, SPACE, ENGINE, Users()), "ok", "none yet", ""),
    (judged(judge_storage, SPACE, ENGINE, STORAGE), "warn", "belongs to the user 0", "busybox chown -R 1001:1001"),
    (judged(judge_storage, SPACE, ROOTLESS, STORAGE), "warn", "user 101000 here", "docker run"),
    (judged(judge_storage, SPACE, SILENT, STORAGE), "skip", "needs an engine", ""),
    (judged(judge_storage, SPACE, DESKTOP, STORAGE), "skip", "cannot be seen", ""),
    (judged(judge_storage, SPACE, ENGINE, Users(storage="/s", owner=1001, settled=True)), "ok", "api's own", ""),
    (judged(judge_storage, SPACE, ENGINE, Users(storage="/s", owner=0)), "ok", "next start", ""),
    (judged(judge_storage, SPACE, ENGINE, Users(storage="/s", settled=True, api_is_root=True)), "ok", "own", ""),
    (judged(judge_endings, Endings(large=("patches/1.patch",))), "skip", "larger than 4 MiB, so not read", ""),
    (judged(judge_secrets, Secrets(unreadable=("/w/.env",))), "skip", "/w/.env cannot be read", ""),
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
