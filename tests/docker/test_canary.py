"""Secrets stay where they belong: in `.env`, in the release folder's env files, and in the containers' environment."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import subprocess
import tarfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from difykit.cli.screen import boundary
from difykit.workspace import state
from tests.support.cli import Ran
from tests.support.fault_injection import Stack, docker
from tests.support.fault_registry import REGISTRY, registry_answers

pytestmark = pytest.mark.docker

MARK = uuid.uuid4().hex[:8]  # other tests may run on this machine
CANARY = f"canary-{MARK}"
QUOTED = f'{CANARY}-say "hello"'
LOGIN = base64.b64encode(f"ann:{CANARY}-login".encode()).decode()
NEEDLES = (CANARY.encode(), LOGIN.encode())
REDIS = f"kanari-{MARK}-redis"  # Dify itself puts it into the arguments of redis-server, inside of a container
ENV = f"""\
DB_PASSWORD={CANARY}-database
REDIS_PASSWORD={REDIS}
OVERLAY_TOKEN={CANARY}-token
OVERLAY_LICENCE={CANARY}-licence
OVERLAY_PHRASE={json.dumps(QUOTED)}
"""
TO = "{generate: 32, to: [api, worker]}"
SECRETS = f"secrets: {{OVERLAY_TOKEN: {TO}, OVERLAY_LICENCE: {TO}, OVERLAY_PHRASE: {TO}}}\n"
# As Dify's own check of redis, from 1.8.1 at the latest (1.7.0 has none with a password).
CHECK = 'test: ["CMD-SHELL", "redis-cli -a ${REDIS_PASSWORD} ping | grep -q PONG"], interval: 20s'


@pytest.fixture
def stack(docker: None, tmp_path: Path) -> Iterator[Stack]:  # noqa: ARG001 - the engine must be there
    one = Stack(tmp_path / "ws")
    one.overlay("secret", {"compose.yaml": f"services: {{redis: {{healthcheck: {{{CHECK}}}}}}}\n"}, SECRETS + JOINED)
    one.own("hello-page")
    one.overlays = (*one.overlays, "hello-page")
    one.settings()
    (one.folder / ".env").touch(0o600)
    (one.folder / ".env").write_text(ENV)
    try:
        yield one
    finally:
        one.remove()


JOINED = "compose: {files: [compose.yaml]}\n"


@contextmanager
def arguments_watched() -> Iterator[list[str]]:
    """The arguments of processes that hold a secret, while the block runs; redis's own password counts outside only."""
    found: list[str] = []
    ended = threading.Event()
    here = Path("/proc/self/ns/pid").readlink()

    def look() -> None:
        while not ended.wait(0.05):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    said = (process / "cmdline").read_bytes()
                    if holds(said) or (REDIS.encode() in said and (process / "ns/pid").readlink() == here):
                        found.append(said.replace(b"\0", b" ").decode())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def holds(text: bytes) -> bool:
    return any(needle in text for needle in NEEDLES)


def spoken(ran: Ran) -> bool:
    """Whether a run said a secret."""
    return holds((ran.out + ran.err).encode()) or REDIS in ran.out + ran.err


def told_in(folder: Path) -> list[str]:
    """The files below a folder that hold a secret and are not for secrets, or can be read by others."""
    found = []
    for place in folder.rglob("*"):
        if not place.is_file() or place.is_symlink():
            continue
        name = place.relative_to(folder).as_posix()
        content = place.read_bytes()
        allowed = place.name == ".env" or place.parent.name == "secrets"
        private = place.stat().st_mode & 0o777 == 0o600
        if (holds(content) or REDIS.encode() in content) and not (allowed and private):
            found.append(name)
    return found


def layers_with_secrets(reference: str, official: str) -> list[str]:
    """The files of a saved image that hold a secret, without the layers of the official one."""
    (shown,) = json.loads("\n".join(docker("image", "inspect", official)))
    known = {digest.partition(":")[2] for digest in shown["RootFS"]["Layers"]}
    saved = subprocess.run(["docker", "save", reference], capture_output=True, check=True).stdout
    found = []
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        for member in archive:
            if member.isreg() and not known & set(member.name.split("/")):
                handle = archive.extractfile(member)
                content = handle.read() if handle else b""
                content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
                found += [member.name] if holds(content) else []
    return found


def test_secrets_are_in_no_argument_image_log_or_message(stack: Stack) -> None:
    config = Path(os.environ["DOCKER_CONFIG"]) / "config.json"
    config.write_text(
        json.dumps(
            {**json.loads(config.read_text()), "auths": {"127.0.0.1:9": {"auth": LOGIN}, REGISTRY: {"auth": LOGIN}}}
        )
    )
    given = {"MY_TOKEN": f"{CANARY}-environment"}
    ran: dict[str, Ran] = {}
    with arguments_watched() as seen:
        assert stack.command("sync", "--json", env=given).code == 0
        stack.make()  # the official images
        for line in ("sync --json", "build --check --json", "build --json", "render --json", "deploy --json"):
            ran[line] = stack.command(*line.split(), env=given)
        stack.words("changed")
        for line in ("deploy --check --json", "sync", "build", "deploy --check --json", "deploy", "status --json"):
            ran[f"{line} again"] = stack.command(*line.split(), env=given)
        if registry_answers():
            there = f"{REGISTRY}/{stack.project}/"
            for line in (f"publish --json --to {there}", "deploy --images images.json --check --json"):
                ran[line] = stack.command(*line.split(), env=given)
            assert not holds((stack.folder / "images.json").read_bytes())
        assert [line for line, one in ran.items() if one.code] == []
        stack.words("broken", before="import no_such_module\n")
        stack.make()
        ran["deploy broken"] = stack.command("deploy", env=given)
        assert ran["deploy broken"].code == 1
        ran["doctor --json"] = stack.command("doctor", "--json", env=given)
    assert [line for line, one in ran.items() if spoken(one)] == []
    assert told_in(stack.workspace.derived) == []
    assert told_in(stack.data / "releases") == []
    assert not list(stack.workspace.source.rglob(".env")) + list((stack.workspace.derived / "build").rglob(".env"))
    argv = ["git", "--git-dir", str(stack.workspace.store), "cat-file", "--batch", "--batch-all-objects"]
    assert not holds(subprocess.run(argv, capture_output=True, check=True).stdout)
    images = state.read_images(stack.workspace.derived)
    assert images
    for one in images.images:
        assert layers_with_secrets(one.reference, f"{one.replaces}:{stack.ref}") == []
        said = docker("image", "inspect", one.reference) + docker("history", "--no-trunc", one.reference)
        assert not holds("\n".join(said).encode())
    project = f"label=com.docker.compose.project={stack.project}"
    labels = docker("inspect", "--format", "{{json .Config.Labels}}", *docker("ps", "-aq", "--filter", project))
    assert not holds("\n".join(labels).encode())
    assert REDIS not in "\n".join(labels)
    assert sorted(set(seen)) == []


def test_a_crash_report_holds_none_of_them(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MY_TOKEN", f"{CANARY}-environment")
    proxy = f"http://ann:{CANARY}-proxy@127.0.0.1:9"
    values = (ENV, QUOTED, os.environ["MY_TOKEN"], proxy)
    with pytest.raises(SystemExit) as left, boundary(lambda: stack.folder):
        raise RuntimeError(" ".join(values))
    streams = capsys.readouterr()
    assert left.value.code == 3
    (report,) = stack.crashes()
    assert [line for line in (streams.out + streams.err + report).splitlines() if holds(line.encode())] == []
