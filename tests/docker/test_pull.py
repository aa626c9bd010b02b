"""Pulling from a real registry, and through a door before it that fails as registries do."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from difykit import docker as engine
from difykit.core.errors import DifyKitError
from tests.support.fault_registry import REGISTRY, Gate, gate, lent, registry_answers

pytestmark = pytest.mark.docker

CANARY = "canary-7f3a-password"


@dataclass(frozen=True)
class Published:
    """An image in the registry that the engine does not have: its path, and its digest."""

    path: str
    digest: str


def docker_(*args: str) -> str:
    """Run docker on the machine's own engine, whatever DOCKER_HOST the test has set."""
    env = {key: value for key, value in os.environ.items() if key != "DOCKER_HOST"}
    return subprocess.run(["docker", *args], env=env, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def published(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Published:  # noqa: ARG001
    return publish(tmp_path_factory.mktemp("image"))


def publish(folder: Path) -> Published:
    """Tags 1, latest and other of an image whose layer of 3 MB does not compress."""
    if not registry_answers():
        pytest.skip(f"no registry at {REGISTRY}")
    archive = folder / "image.tar"
    with tarfile.open(archive, "w") as tar:
        data = tarfile.TarInfo("data")
        data.size = 3_000_000
        tar.addfile(data, io.BytesIO(os.urandom(data.size)))
    path = f"difykit-test-{uuid.uuid4().hex[:10]}/thing"
    made = docker_("image", "import", str(archive))  # not built: the builder's cache would keep the layer
    for tag in ("1", "latest", "other"):
        docker_("image", "tag", made, f"{REGISTRY}/{path}:{tag}")
        docker_("push", "--quiet", f"{REGISTRY}/{path}:{tag}")
    digest = docker_("image", "inspect", "--format", "{{(index .RepoDigests 0)}}", f"{REGISTRY}/{path}:1")
    forget(path)
    return Published(path, digest.partition("@")[2])


def names(path: str) -> list[str]:
    """Every name that the engine has for images of this path, in whatever registry."""
    listed = docker_("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference=*/{path}")
    return sorted(listed.split())


def forget(path: str) -> None:
    ids = docker_("image", "ls", "--quiet", "--no-trunc", "--filter", f"reference=*/{path}").split()
    if ids:
        docker_("image", "rm", "--force", *set(ids))


@pytest.fixture
def thing(published: Published) -> Iterator[Published]:
    yield published
    forget(published.path)


@pytest.fixture
def door() -> Iterator[Gate]:
    with gate() as opened:
        yield opened


def refusal(reference: str, *, patience: float = 60) -> tuple[DifyKitError, list[str]]:
    lines: list[str] = []
    with pytest.raises(DifyKitError) as caught:
        engine.pull(reference, lines.append, patience=patience)
    assert reference in caught.value.message
    assert caught.value.hint
    return caught.value, lines


@pytest.mark.parametrize("how", ["{0}:1", "{0}:1@{1}", "{0}@{1}", "{0}"])
def test_one_image_comes_whatever_names_it(thing: Published, how: str) -> None:
    reference = how.format(f"{REGISTRY}/{thing.path}", thing.digest)
    assert engine.missing([reference]) == [reference]
    lines: list[str] = []
    info = engine.pull(reference, lines.append)
    assert any(thing.digest in name for name in info.digests)
    assert len(names(thing.path)) == 1  # never all tags
    assert lines[-1].startswith("Downloaded newer image for ")
    assert engine.missing(["difykit-test-none:1", reference]) == ["difykit-test-none:1"]
    engine.pull(reference, lines.append)
    assert lines[-1].startswith("Image is up to date for ")
    assert engine.remote_digest(reference) == thing.digest


def test_a_registry_that_takes_the_call_and_never_speaks_is_noticed(docker: None) -> None:  # noqa: ARG001
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(50)
        reference = f"127.0.0.1:{deaf.getsockname()[1]}/x/y:1"
        error, lines = refusal(reference, patience=2)
        assert "said nothing for 2 s" in error.message
        assert f"docker pull {reference}" in error.hint
        assert not lines
        with pytest.raises(DifyKitError, match="said nothing for 1 s"):
            engine.remote_digest(reference, patience=1)


def test_a_registry_that_goes_silent_in_a_blob_is_noticed(thing: Published, door: Gate) -> None:
    door.cut, door.silent = 1_000_000, True
    error, _ = refusal(f"{door.host}/{thing.path}:1", patience=2)
    assert "said nothing for 2 s" in error.message
    assert any("/blobs/" in path for path in door.asked)
    # Nor does the engine go on waiting, and let this one wait with it.
    assert engine.pull(f"{REGISTRY}/{thing.path}:1", print, patience=20).digests


def test_interrupting_stops_a_pull_at_once(thing: Published, door: Gate) -> None:
    door.cut, door.silent = 1_000_000, True
    code = f"from difykit import docker as engine\nengine.pull({f'{door.host}/{thing.path}:1'!r}, print)"
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) as child:
        while not any("/blobs/" in path for path in door.asked):
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=20)
    assert "KeyboardInterrupt" in said


def test_after_a_break_in_the_middle_of_a_layer_the_next_pull_finishes(thing: Published, door: Gate) -> None:
    reference = f"{door.host}/{thing.path}:1"
    door.cut = 1_000_000
    error, lines = refusal(reference)
    assert "rate limit" in error.message
    assert any(line.startswith(f"pulling {reference}: ") and "of 3.0 MB" in line for line in lines)
    assert engine.missing([reference]) == [reference]
    door.cut, door.refusal = 0, None
    assert engine.pull(reference, lines.append).digests == (f"{door.host}/{thing.path}@{thing.digest}",)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((404, "MANIFEST_UNKNOWN", "manifest unknown"), "has no such image"),
        ((403, "DENIED", "requested access to the resource is denied"), "Docker has no login for it"),
        ((429, "TOOMANYREQUESTS", "slow down"), "rate limit"),
        ((503, "UNAVAILABLE", "later"), "cannot be reached, or is in trouble"),
    ],
)
def test_each_refusal_of_a_registry_is_told_apart(
    thing: Published, door: Gate, answer: tuple[int, str, str], told: str
) -> None:
    door.refusal = answer
    reference = f"{door.host}/{thing.path}:1"
    assert told in refusal(reference)[0].message
    if answer[0] == 404:
        assert engine.remote_digest(reference) is None
    else:
        with pytest.raises(DifyKitError, match=told):
            engine.remote_digest(reference)


def test_nobody_at_the_port_of_a_registry_is_told(docker: None) -> None:  # noqa: ARG001
    error, _ = refusal("127.0.0.1:9/x/y:1")
    assert "cannot be reached" in error.message
    with pytest.raises(DifyKitError, match="cannot be reached"):
        engine.remote_digest("127.0.0.1:9/x/y:1")


def write_config(**settings: object) -> None:
    """Docker's own configuration of this test."""
    file = Path(os.environ["DOCKER_CONFIG"]) / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **settings}))


def login(host: str, password: str) -> None:
    write_config(auths={host: {"auth": base64.b64encode(f"ann:{password}".encode()).decode()}})


def test_a_login_is_taken_from_dockers_own_configuration_and_shown_nowhere(
    thing: Published, door: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    door.login = f"ann:{CANARY}"
    reference = f"{door.host}/{thing.path}:1"
    assert "Docker has no login for it" in refusal(reference)[0].message
    wrong = f"{CANARY}-of-yesterday"
    login(door.host, wrong)
    error, lines = refusal(reference)
    assert "with the login that Docker has for it" in error.message
    assert f"docker login {door.host}" in error.hint
    login(door.host, CANARY)
    engine.pull(reference, lines.append)
    assert engine.remote_digest(reference) == thing.digest
    shown = "\n".join([error.message, error.hint, *lines, caplog.text])
    hidden = (CANARY, *(base64.b64encode(f"ann:{one}".encode()).decode() for one in (CANARY, wrong)))
    assert [secret for secret in hidden if secret in shown] == []


def helper(folder: Path, script: str) -> None:
    path = folder / "docker-credential-testkeys"
    path.write_text(f"#!/bin/sh\ncat >/dev/null\n{script}\n")
    path.chmod(0o755)


def test_a_credential_helper_gives_the_login_or_a_clean_error(
    thing: Published, door: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.login = f"ann:{CANARY}"
    reference = f"{door.host}/{thing.path}:1"
    write_config(credsStore="testkeys")
    with pytest.raises(DifyKitError, match="docker-credential-testkeys does not give the login") as absent:
        engine.pull(reference, print)
    assert "install or repair" in absent.value.hint
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    for broken in (f"echo 'locked: {CANARY}'; exit 1", f"echo '{CANARY}'", "echo '{}'"):
        helper(tmp_path, broken)
        with pytest.raises(DifyKitError, match="does not give the login") as failed:
            engine.pull(reference, print)
        assert CANARY not in failed.value.message + failed.value.hint
    helper(tmp_path, f'echo \'{{"Username": "ann", "Secret": "{CANARY}"}}\'')
    assert engine.pull(reference, print).digests


def test_an_engine_over_tcp_is_watched_as_well(thing: Published, door: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    with lent("/var/run/docker.sock") as port:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        assert engine.pull(f"{door.host}/{thing.path}:1", print).digests
        forget(thing.path)
        door.cut, door.silent = 1_000_000, True
        assert "said nothing" in refusal(f"{door.host}/{thing.path}:1", patience=2)[0].message


def test_an_engine_that_goes_away_in_the_middle_is_told(
    thing: Published, door: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = f"{door.host}/{thing.path}:1"
    with lent("/var/run/docker.sock", until=lambda: any("/blobs/" in path for path in door.asked)) as port:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        door.cut, door.silent = 1_000_000, True
        error, _ = refusal(reference, patience=20)
    assert "the connection to the Docker engine broke" in error.message
    assert "docker info" in error.hint
