"""The meter of a pull, and what is said of its end: on event streams as engines send them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from difykit.docker.client import Silence, patiently
from difykit.docker.pull import News, PullMeter
from difykit.docker.registry_errors import broken, refused, silent

Event = dict[str, Any]


def at(layer: str, status: str, current: int = 0, total: int = 0, **more: str) -> Event:
    detail = {"current": current, "total": total, **more} if current or more else {}
    return {"id": layer, "status": status, "progressDetail": detail}


def lines(*events: Event) -> list[str]:
    meter = PullMeter("dify/api:1")
    told = []
    for event in events:
        meter.see(event)
        told.append(meter.line())
    return told


def test_bytes_are_summed_over_the_layers() -> None:
    assert lines(
        {"status": "Pulling from dify/api", "id": "1"},
        at("a", "Pulling fs layer"),
        at("b", "Pulling fs layer"),
        at("a", "Downloading", 30_000_000, 400_000_000),
        at("b", "Downloading", 90_000_000, 80_000_000 + 10_000_000),
        at("a", "Downloading", 310_000_000, 400_000_000),
    )[3:] == [
        "pulling dify/api:1: 30 of at least 400 MB (7%)",
        "pulling dify/api:1: 120 of 490 MB (24%)",
        "pulling dify/api:1: 400 of 490 MB (81%)",
    ]


def test_nothing_is_said_before_anything_is_known() -> None:
    assert lines({"status": "Pulling from x", "id": "1"}, at("a", "Pulling fs layer"), at("a", "Waiting")) == [""] * 3


def test_what_is_here_already_does_not_count() -> None:
    assert lines(
        at("a", "Pulling fs layer"),
        at("b", "Pulling fs layer"),
        at("a", "Already exists"),
        at("b", "Downloading", 5_000_000, 20_000_000),
    )[-1] == ("pulling dify/api:1: 5 of 20 MB (25%)")


def test_after_the_last_byte_it_is_unpacked() -> None:
    assert lines(
        at("a", "Downloading", 1_500_000, 3_000_000),
        at("b", "Downloading", 1_000_000, 1_000_000),
        at("a", "Verifying Checksum"),
        at("b", "Download complete"),
        at("a", "Extracting", 1_500_000, 3_000_000),
        at("a", "Pull complete"),
        at("b", "Extracting", 2, units="s"),  # containerd's store: two seconds
        at("b", "Pull complete"),
    ) == [
        "pulling dify/api:1: 1.5 of 3.0 MB (50%)",
        "pulling dify/api:1: 2.5 of 4.0 MB (62%)",
        "pulling dify/api:1: 4.0 of 4.0 MB (100%)",
        "unpacking dify/api:1: 0.0 of 4.0 MB (0%)",
        "unpacking dify/api:1: 1.5 of 4.0 MB (37%)",
        "unpacking dify/api:1: 3.0 of 4.0 MB (75%)",
        "unpacking dify/api:1: 3.0 of 4.0 MB (75%)",
        "unpacking dify/api:1: 4.0 of 4.0 MB (100%)",
    ]


def test_a_retry_goes_back_and_is_no_error() -> None:
    assert lines(
        at("a", "Downloading", 8_000_000, 10_000_000),
        at("a", "Retrying in 5 seconds"),
        at("a", "Downloading", 2_000_000, 10_000_000),
    )[1:] == ["pulling dify/api:1: 8 of 10 MB (80%)", "pulling dify/api:1: 2 of 10 MB (20%)"]


def test_a_registry_that_tells_no_sizes_gives_no_false_percentage() -> None:
    assert lines(at("a", "Downloading", 8_000_000, -1), at("a", "Download complete"), at("a", "Pull complete")) == [
        "",
        "",
        "",
    ]


def test_an_event_that_is_repeated_is_no_progress() -> None:
    one, two = at("a", "Downloading", 1, 9), at("b", "Downloading", 1, 9)
    more = at("a", "Downloading", 2, 9)
    assert list(filter(News(), [one, two, one, two, one, more, two])) == [one, two, more]


REFUSALS = [
    (
        "failed to register layer: write /usr/lib/x.so: no space left on device",
        "the disk of the Docker engine is full",
        "docker system df",
    ),
    (
        "toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate",
        "its rate limit is reached",
        "docker login docker.io raises the limit",
    ),
    (
        "pull access denied for dify/api, repository does not exist or may require 'docker login': denied",
        "the registry docker.io refuses it, Docker has no login for it",
        "is the name right?",
    ),
    ('Head "https://r/v2/x/manifests/1": no basic auth credentials', "refuses it", "docker login"),
    ('Get "https://r/v2/": http: server gave HTTP response to HTTPS client', "plain HTTP", "insecure-registries"),
    (
        'Get "https://r/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
        "does not trust the certificate",
        "/etc/docker/certs.d/docker.io/ca.crt",
    ),
    ('Get "https://r/v2/": dial tcp: lookup r: no such host', "cannot be reached", "proxy or a mirror"),
    ('Get "https://r/v2/": net/http: TLS handshake timeout', "cannot be reached", "proxy or a mirror"),
    ("unexpected EOF", "cannot be reached", "proxy or a mirror"),
    ("received unexpected HTTP status: 502 Bad Gateway", "is in trouble", "docker pull"),
    ("no matching manifest for linux/arm64/v8 in the manifest list entries", "not for this kind", "imagetools"),
    ("manifest for dify/api:1 not found: manifest unknown: manifest unknown", "has no such image", "docker pull"),
    ("invalid reference format", "not the name of an image", "redis:7-alpine"),
    ("something new", "something new", "docker pull dify/api:1"),
]


@pytest.mark.parametrize(("said", "why", "step"), REFUSALS)
def test_each_reason_has_its_words_and_its_next_step(said: str, why: str, step: str) -> None:
    error = refused("the image dify/api:1 cannot be pulled", "dify/api:1", said, {})
    assert error.message.startswith("the image dify/api:1 cannot be pulled: ")
    assert why in error.message
    assert said in error.message
    assert step in error.hint


def test_words_in_the_name_of_an_image_are_no_reason() -> None:
    said = 'Get "https://denied.example/v2/": dial tcp: lookup denied.example: no such host'
    assert "cannot be reached" in refused("x", "denied.example/not-found:1", said, {}).message


def test_no_message_holds_the_login() -> None:
    login = {"username": "ann", "password": "hunter22"}
    said = "unauthorized: ann:hunter22 (Basic YW5uOmh1bnRlcjIy) through http://me:secret@proxy:3128"
    told = refused("x", "r.example/a:1", said, login)
    assert "with the login that Docker has for it" in told.message
    for secret in ("hunter22", "YW5uOmh1bnRlcjIy", "secret"):
        assert secret not in told.message + told.hint
    token = refused("x", "r.example/a:1", "unauthorized: t0ken", {"IdentityToken": "t0ken"})
    assert "t0ken" not in token.message


def test_silence_and_a_lost_engine_name_the_next_step() -> None:
    assert "registry r.example:5000 said nothing for 120 s" in silent("x", "r.example:5000/a", 120).message
    assert "docker pull r.example:5000/a" in silent("x", "r.example:5000/a", 120).hint
    assert "docker info" in broken("x", ConnectionResetError()).hint


def test_waiting_ends_with_patience_and_hands_on_what_was_raised() -> None:
    def slow() -> Iterator[int]:
        yield 1
        time.sleep(0.5)
        yield 2

    assert list(patiently(slow, 10)) == [1, 2]
    some = patiently(slow, 0.05)
    assert next(some) == 1
    with pytest.raises(Silence):
        next(some)

    def wrong() -> Iterator[int]:
        yield 1
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(patiently(wrong, 10))
