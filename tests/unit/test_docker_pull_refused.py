"""Pulls that end before an engine is asked: a broken configuration, no engine, no context, an endpoint too strange."""

from __future__ import annotations

import gc
import importlib.util
import json
import os
from pathlib import Path

import pytest

from difykit import docker
from difykit.core.errors import DifyKitError


def configure(**settings: object) -> None:
    """Docker's own configuration of this test."""
    (Path(os.environ["DOCKER_CONFIG"]) / "config.json").write_text(json.dumps(settings))


# docker-py leaves a socket open when it cannot connect, and Python may find it tests later.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.mark.parametrize("auth", ["bm8tY29sb24=", "?", "é", 70717])
def test_a_broken_login_in_dockers_configuration_is_told(auth: object) -> None:
    configure(auths={"127.0.0.1:9": {"auth": auth}})
    for ask in (lambda: docker.pull("127.0.0.1:9/x/y:1", print), lambda: docker.remote_digest("127.0.0.1:9/x/y:1")):
        with pytest.raises(DifyKitError, match=r"config\.json cannot be used") as caught:
            ask()
        assert "docker login" in caught.value.hint
        assert str(auth) not in caught.value.message


@pytest.mark.parametrize("key", ["credsStore", "credHelpers"])
def test_an_absent_credential_helper_is_told_by_its_name(key: str) -> None:
    configure(**{key: "none-such" if key == "credsStore" else {"127.0.0.1:9": "none-such"}})
    with pytest.raises(DifyKitError, match="docker-credential-none-such does not give the login for 127") as caught:
        docker.pull("127.0.0.1:9/x/y:1", print)
    assert "install or repair" in caught.value.hint


@pytest.mark.parametrize("host", ["unix:///nowhere/docker.sock", "quux://x", "tcp://127.0.0.1:9", "tcp://x:y"])
def test_an_engine_that_is_not_there_is_told(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(DifyKitError) as caught:
        docker.pull("busybox", print)
    assert f"the Docker engine at {host} cannot be used" in caught.value.message
    assert "docker info" in caught.value.hint
    del caught
    gc.collect()


@pytest.mark.skipif(importlib.util.find_spec("paramiko") is not None, reason="docker-py can use ssh here")
def test_an_engine_over_ssh_wants_what_docker_py_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://me@box")
    with pytest.raises(DifyKitError, match="paramiko") as caught:
        docker.pull("busybox", print)
    assert "docker[ssh]" in caught.value.hint


def test_a_context_that_is_not_there_is_no_reason_to_take_another_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONTEXT", "difykit-none")
    with pytest.raises(DifyKitError, match="there is no Docker context difykit-none"):
        docker.pull("busybox", print)
    monkeypatch.delenv("DOCKER_CONTEXT")
    configure(currentContext="gone")
    with pytest.raises(DifyKitError, match="there is no Docker context"):
        docker.remote_digest("busybox")


@pytest.mark.parametrize("name", ["https://example.org/x", "-x.example/y"])
def test_what_is_no_name_is_told(name: str) -> None:
    with pytest.raises(DifyKitError, match="is not the name of an image"):
        docker.pull(name, print)
