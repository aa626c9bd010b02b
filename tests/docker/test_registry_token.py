"""A registry with a token server: the login goes there and nowhere else, and a token that ends is asked for anew."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.registry import IMAGE, Held, Registry, RegistryLost, copy, digest_of, upload
from tests.support.registries import PASSWORD, USER, OwnRegistry, own_registry
from tests.support.tokens import IDENTITY, Tokens, token_server

pytestmark = pytest.mark.docker

LOGIN = {"username": USER, "password": PASSWORD}
PULL, PUSH = "repository:team/thing:pull", "repository:team/thing:pull,push"


@pytest.fixture
def tokens(tmp_path: Path) -> Iterator[Tokens]:
    with token_server(tmp_path / "tokens") as made:
        yield made


@pytest.fixture
def registry(tmp_path: Path, tokens: Tokens) -> Iterator[OwnRegistry]:
    with own_registry(tmp_path / "registry", tokens.auth()) as made:
        yield made


def push(asked: Registry) -> Held:
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}).encode()
    upload(asked, "team/thing", digest_of(config), [config])
    entry = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(config), "size": len(config)}
    manifest = {"schemaVersion": 2, "mediaType": IMAGE, "config": entry, "layers": []}
    held = Held.of(json.dumps(manifest).encode(), IMAGE)
    asked.put("team/thing", "1", held)
    return held


def scopes(tokens: Tokens) -> list[tuple[str, ...]]:
    return [each.scopes for each in tokens.asked]


def test_one_token_to_push_and_one_to_pull_are_asked_for_with_dockers_login(
    registry: OwnRegistry, tokens: Tokens
) -> None:
    asked = Registry(registry.host, LOGIN)
    held = push(asked)
    assert asked.manifest("team/thing", "1") == held
    # The first question of a push is whether the blob is there.
    assert scopes(tokens) == [(PULL,), (PUSH,)]
    assert {each.service for each in tokens.asked} == {"a registry"}


def test_an_identity_of_an_earlier_login_takes_the_place_of_a_password(registry: OwnRegistry, tokens: Tokens) -> None:
    asked = Registry(registry.host, {"username": "<token>", "password": "", "IdentityToken": IDENTITY})
    held = push(asked)
    assert asked.manifest("team/thing", "1") == held
    assert [(each.who, each.scopes) for each in tokens.asked] == [("identity", (PULL,)), ("identity", (PUSH,))]


@pytest.mark.parametrize("login", [LOGIN, {"IdentityToken": IDENTITY}])
def test_a_blob_is_taken_over_from_another_repository_with_a_token_for_both(
    registry: OwnRegistry, tokens: Tokens, login: dict[str, str]
) -> None:
    asked = Registry(registry.host, login)
    blob = push(asked).value["config"]["digest"]
    copy((asked, "team/thing"), (asked, "team/other"), blob, lambda _: pytest.fail("no byte moves"))
    assert set(scopes(tokens)[-1]) == {PULL, "repository:team/other:pull,push"}


def test_a_token_that_ends_in_the_middle_is_asked_for_once_more(registry: OwnRegistry, tokens: Tokens) -> None:
    tokens.lifetime = 3
    asked = Registry(registry.host, LOGIN)
    held = push(asked)
    tokens.lifetime = 300
    old, before = dict(asked._tokens), len(tokens.asked)
    _wait_until_over(registry, old[PULL])
    assert asked.manifest("team/thing", "1") == held
    assert scopes(tokens)[before:] == [(PULL,)]
    assert asked._tokens[PULL] != old[PULL]


def _wait_until_over(registry: OwnRegistry, authorization: str) -> None:
    import requests  # noqa: PLC0415

    url = f"http://{registry.host}/v2/team/thing/tags/list"
    while requests.get(url, headers={"Authorization": authorization}, timeout=10).status_code != 401:
        time.sleep(0.1)


def test_a_server_of_tokens_that_are_over_is_asked_once_each_time(registry: OwnRegistry, tokens: Tokens) -> None:
    tokens.lifetime = -10
    with pytest.raises(DifyKitError, match=r"refuses .*: with the login that Docker has for it") as told:
        Registry(registry.host, LOGIN).manifest("team/thing", "1")
    assert told.value.hint == f"docker login {registry.host}"
    assert scopes(tokens) == [(PULL,)]


def test_a_wrong_password_is_told_and_not_shown(registry: OwnRegistry, tokens: Tokens) -> None:
    with pytest.raises(DifyKitError, match=r"refuses .*: with the login that Docker has for it") as told:
        Registry(registry.host, {"username": USER, "password": "not-the-word"}).manifest("team/thing", "1")
    assert "not-the-word" not in f"{told.value} {told.value.hint} {told.value.__cause__} {told.value.__context__}"
    assert len(tokens.asked) == 1
    with pytest.raises(DifyKitError, match=r"refuses .*: Docker has no login for it"):
        Registry(registry.host, {}).manifest("team/thing", "1")


def test_a_token_server_in_trouble_is_no_refusal(registry: OwnRegistry, tokens: Tokens) -> None:
    tokens.answer = (503, b"")
    with pytest.raises(RegistryLost, match="answers 503 for a login"):
        Registry(registry.host, LOGIN).manifest("team/thing", "1")
    tokens.answer = (200, b"<html>sign in here</html>")
    with pytest.raises(DifyKitError, match="refuses"):
        Registry(registry.host, LOGIN).manifest("team/thing", "1")


@pytest.mark.parametrize("login", [LOGIN, {"IdentityToken": IDENTITY}, {}])
def test_no_login_goes_to_another_machine_in_plain_text(tmp_path: Path, tokens: Tokens, login: dict[str, str]) -> None:
    elsewhere = tokens.auth("0.0.0.0")  # no address of loopback by its words, and the server would hear it
    with own_registry(tmp_path / "registry", elsewhere) as made:
        with pytest.raises(DifyKitError, match=r"wants its login sent to http://0\.0\.0\.0.*nothing was sent"):
            Registry(made.host, login).manifest("team/thing", "1")
        assert tokens.asked == []
