"""A registry is a stranger: whatever it answers is a manifest, or one clear error within bounds."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from difykit.core.errors import DifyKitError
from difykit.registry import (
    INDEX,
    BadAnswer,
    Registry,
    RegistryLost,
    client,
    digest_of,
    fetch,
    may_write,
    transport,
    upload,
)
from tests.support.misbehaving_registries import (
    Answer,
    Piece,
    always,
    descriptor,
    holding,
    http,
    index,
    manifest,
    stranger,
)
from tests.support.odd_answers import GOOD

DRIPS = {
    "its status line": (b"", b"H"),
    "its headers": (b"HTTP/1.1 200 OK\r\n", b"X"),
    "its body": (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "its chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


def trickle(first: bytes, then: bytes) -> Answer:
    def answer(_: str, __: str) -> Iterator[Piece]:
        yield first
        while True:
            yield then
            yield 0.2

    return answer


@pytest.mark.parametrize("place", DRIPS)
def test_an_answer_has_a_time_as_a_whole_however_often_a_byte_of_it_comes(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(transport, "LEAST_SECONDS", 1)
    late = pytest.raises(RegistryLost, match=r"did not end its answer for .* in time")
    with stranger(trickle(*DRIPS[place])) as host, late:
        Registry(host, {}, patience=1).manifest("team/thing", "1")


def test_a_layer_that_trickles_is_given_up_and_one_that_is_only_large_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_GRACE", 1)
    with stranger(trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"x")) as host, pytest.raises(RegistryLost, match="in time"):
        list(fetch(Registry(host, {}, patience=1), "team/thing", digest_of(b"x")))
    large = b"x" * (12 << 20)
    with stranger(always(http(large))) as host:
        assert b"".join(fetch(Registry(host, {}), "team/thing", digest_of(large), size=len(large))) == large


def test_what_is_done_with_a_layer_meanwhile_is_no_fault_of_its_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_GRACE", 1)
    large = b"x" * (12 << 20)
    with stranger(always(http(large))) as host:
        for _ in fetch(Registry(host, {}), "team/thing", digest_of(large)):
            time.sleep(0.6)


@pytest.mark.parametrize("said", [b"x" * 11, b"x" * (1 << 22)])
def test_a_layer_larger_than_its_manifest_says_is_refused(said: bytes) -> None:
    with stranger(always(http(said))) as host, pytest.raises(BadAnswer, match="sends more than 10 bytes"):
        list(fetch(Registry(host, {}), "team/thing", digest_of(said), size=10))


def test_many_indexes_together_have_no_more_time_than_one_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LEAST_SECONDS", 1)
    monkeypatch.setattr(client, "LEAST_SECONDS", 1)
    inner = [index(annotations={"n": str(number)}) for number in range(16)]
    top = index(*(descriptor(each, INDEX) for each in inner))
    held = holding(top, *inner, kind=INDEX)

    def slow(method: str, path: str) -> Iterator[Piece]:
        yield 0.7
        yield from held(method, path)

    with stranger(slow) as host:
        asked = Registry(host, {}, patience=1)
        outer = asked.manifest("team/thing", "1")
        assert outer
        with pytest.raises(RegistryLost, match="in time"):
            asked.entries("team/thing", outer)


def sending(**answers: bytes) -> Answer:
    """A registry that has no blob yet, and answers like that to those who send one."""

    def answer(method: str, _: str) -> Iterator[Piece]:
        yield answers.get(method, http(status="404 Not Found"))

    return answer


HERE = "Location: /v2/team/thing/blobs/uploads/1"
UPLOADS = {
    "no Location": ({"POST": http(status="202 Accepted")}, "does not say where to"),
    "no upload": ({"POST": http(b"<html>", status="200 OK")}, "answers 200"),
    "made already": ({"POST": http(status="201 Created", head=[HERE])}, "answers 201"),
    "a file": ({"POST": http(status="202 Accepted", head=["Location: file:///tmp/x"])}, "no https:// address"),
    "the cloud": ({"POST": http(status="202 Accepted", head=["Location: http://169.254.169.254/"])}, "own network"),
    "plain": ({"POST": http(status="202 Accepted", head=["Location: http://example.invalid/"])}, "without encryption"),
    "a login": ({"POST": http(status="202 Accepted", head=["Location: https://a:b@x.invalid/"])}, "a login in it"),
    "broken": ({"POST": http(status="202 Accepted", head=["Location: https://[::/"])}, "what is no address"),
    "long": ({"POST": http(status="202 Accepted", head=[f"Location: /{'x' * 60_000}"])}, "too long"),
    "moved": ({"POST": http(status="307 Temporary Redirect", head=[HERE])}, "answers 307"),
    "refused in the middle": (
        {"POST": http(status="202 Accepted", head=[HERE]), "PATCH": http(status="416 Range Not Satisfiable")},
        "answers 416",
    ),
    "never done": (
        {m: http(status="202 Accepted", head=[HERE, "Range: 0-0"]) for m in ("POST", "PATCH", "PUT")},
        "answers 202",
    ),
    "a web page": (
        {"POST": http(status="202 Accepted", head=[HERE]), "PATCH": http(b"<html>", status="302 Found")},
        "answers 302",
    ),
    "trouble": ({"POST": http(status="500 Hm")}, "answers 500"),
}


@pytest.mark.parametrize("name", UPLOADS)
def test_an_upload_that_leads_nowhere_is_one_clear_error(name: str) -> None:
    answers, says = UPLOADS[name]
    with stranger(sending(**answers)) as host, pytest.raises(DifyKitError, match=re.escape(says)):
        upload(Registry(host, {}), "team/thing", digest_of(b"x"), [b"x"])


def test_a_relative_location_is_followed() -> None:
    ends = {"PATCH": http(status="202 Accepted", head=["Location: 2?state=a"]), "PUT": http(status="201 Created")}
    with stranger(sending(POST=http(status="202 Accepted", head=["Location: 1"]), **ends)) as host:
        upload(Registry(host, {}), "team/thing", digest_of(b"x"), [b"x"])


def test_who_may_write_is_not_guessed_from_an_odd_answer() -> None:
    odd = pytest.raises(BadAnswer, match="does not say where to")
    with stranger(sending(POST=http(status="202 Accepted"))) as host, odd:
        may_write(Registry(host, {}), "team/thing")
    with stranger(sending(POST=http(status="405 No"))) as host:
        assert not may_write(Registry(host, {}), "team/thing")


def test_a_login_stays_with_its_host_when_the_registry_leads_elsewhere() -> None:
    ours: list[bytes] = []
    theirs: list[bytes] = []

    def registry(_: str, __: str) -> Iterator[Piece]:
        known = b"Authorization: Basic " in ours[-1]
        moved = http(status="307 Moved", head=[f"Location: http://{there}/store"])
        yield moved if known else http(status="401 No", head=["WWW-Authenticate: Basic"])

    with stranger(always(http(manifest(GOOD))), theirs) as there, stranger(registry, ours) as host:
        assert Registry(host, {"username": "ann", "password": "word"}).manifest("team/thing", "1")
    assert len(theirs) == 1
    assert b"uthorization" not in theirs[0]
