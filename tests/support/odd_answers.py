"""The table of odd answers: what a registry may send, and what difykit says of it."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Iterator
from typing import Any

from difykit.registry import IMAGE, INDEX
from tests.support.misbehaving_registries import (
    Answer,
    Piece,
    Row,
    always,
    as_bytes,
    config,
    descriptor,
    digest,
    holding,
    http,
    index,
    manifest,
)

GOOD = config()
ENTRY = descriptor(manifest(GOOD), IMAGE, platform={"os": "linux", "architecture": "amd64"})
NO_MANIFEST = "gives no manifest for"
NO_CONFIG = "gives no configuration for"
LOST = "cannot be reached"


def _in_index(**changes: Any) -> Answer:
    return holding(index({key: value for key, value in {**ENTRY, **changes}.items() if value != "absent"}), kind=INDEX)


def _with_config(inner: bytes) -> Answer:
    return holding(manifest(inner), inner)


def _moved(to: str, status: str = "307 Temporary Redirect") -> Answer:
    return always(http(status=status, head=[f"Location: {to}"]))


def _wants(challenge: str) -> Answer:
    return always(http(status="401 Unauthorized", head=[f"WWW-Authenticate: {challenge}"]))


def tokens(answer: bytes) -> Answer:
    """A registry that is its own token server, which answers like that."""

    def told(_: str, path: str) -> Iterator[Piece]:
        yield (
            answer
            if path.startswith("/token")
            else http(
                status="401 Unauthorized", head=['WWW-Authenticate: Bearer realm="http://HOST/token",service="x"']
            )
        )

    return told


def _chunked(*pieces: Piece) -> Answer:
    return always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n", *pieces)


def _endless(head: bytes, piece: bytes) -> Answer:
    return lambda _, __: itertools.chain([head], itertools.repeat(piece))


def _chain(length: int) -> Answer:
    found = [index(ENTRY)]
    for _ in range(length):
        found.append(index(descriptor(found[-1], INDEX)))
    return holding(found[-1], *found, kind=INDEX)


def _wide(width: int) -> Answer:
    inner = [index(ENTRY, annotations={"n": str(number)}) for number in range(width)]
    return holding(index(*(descriptor(each, INDEX) for each in inner)), *inner, kind=INDEX)


def _gzip(size: int) -> bytes:
    """So many zeros, packed: a packed text may be put behind another one."""
    return gzip.compress(bytes(1 << 20)) * (size >> 20)


_PLAIN = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
_HUGE = b"HTTP/1.1 200 OK\r\nContent-Length: 524288000\r\nConnection: close\r\n\r\n"
_TWICE = b'{"schemaVersion": 2, "schemaVersion": 2, "mediaType": "' + IMAGE.encode() + b'"}'

ROWS = (
    Row("a login page", always(http(b"<!doctype html><title>Sign in</title>", kind="text/html")), "it is a web page"),
    Row("an empty mapping", always(http(b"{}")), NO_MANIFEST),
    Row("null", always(http(b"null")), "it is no mapping"),
    Row("a list", always(http(b"[]")), "it is no mapping"),
    Row("a number", always(http(b"7")), "it is no mapping"),
    Row("a text", always(http(b'"x"')), "it is no mapping"),
    Row("nothing", always(http(b"")), "it is not JSON"),
    Row("not a number", always(http(b'{"schemaVersion": NaN}')), "a number that is none"),
    Row("a number of a million digits", always(http(b'{"schemaVersion": ' + b"9" * 1_000_000 + b"}")), NO_MANIFEST),
    Row("brackets without an end", always(http(b"[" * 2_000_000)), "nested without an end"),
    Row("mappings without an end", always(http(b'{"a":' * 500_000)), "nested without an end"),
    Row("another encoding", always(http(b'{"schemaVersion": 2, "x": "\xff\xfe"}')), "not in UTF-8"),
    Row("half a letter", always(http(b'{"schemaVersion": 2, "x": "\\ud800"}')), "not in UTF-8"),
    Row("a key twice", always(http(_TWICE)), "a key is there twice"),
    Row("the first schema", always(http(as_bytes({"schemaVersion": 1, "name": "x", "fsLayers": []}))), NO_MANIFEST),
    Row("no image", always(http(manifest(GOOD, mediaType="application/vnd.x+json"))), "neither an image nor an index"),
    Row("a mediaType that is a list", always(http(manifest(GOOD, mediaType=[IMAGE]))), NO_MANIFEST),
    Row("both at once", always(http(manifest(GOOD, manifests=[ENTRY]))), "an image and an index at once"),
    Row("an index that says image", always(http(index(ENTRY, mediaType=IMAGE))), "something else than it is"),
    Row("an image sent as an index", always(http(manifest(GOOD), kind=INDEX)), "something else than it is"),
    Row("an image without types", holding(as_bytes({**json.loads(manifest(GOOD)), "mediaType": None}), GOOD), ""),
    Row("entries that are a mapping", always(http(index(manifests={"a": 1}), kind=INDEX)), "are no list"),
    Row("an entry that is a number", always(http(index(1), kind=INDEX)), "an entry is not described"),
    Row("an entry without a digest", _in_index(digest="absent"), "an entry has no digest"),
    Row("a digest of another kind", _in_index(digest=f"sha512:{'a' * 128}"), "an entry has no digest"),
    Row("a digest that is a path", _in_index(digest="sha256:../../../../etc/passwd"), "an entry has no digest"),
    Row("a digest that is an address", _in_index(digest="http://169.254.169.254/latest"), "an entry has no digest"),
    Row("a size below nothing", _in_index(size=-1), "an entry has no size"),
    Row("a size beyond all", _in_index(size=10**30), "an entry has no size"),
    Row("a size that is a text", _in_index(size="12"), "an entry has no size"),
    Row("a size that is a fraction", _in_index(size=1.5), "an entry has no size"),
    Row("a platform that is a list", _in_index(platform=["linux"]), "an entry has no platform"),
    Row("a platform of numbers", _in_index(platform={"os": 1}), "an entry has no platform"),
    Row("annotations that are numbers", _in_index(annotations={"a": 1}), "are no texts"),
    Row("an entry that is not there", _in_index(), "is an index without an image"),
    Row("an index without entries", always(http(index(), kind=INDEX)), "is an index without an image"),
    Row("ten thousand entries", always(http(index(*([ENTRY] * 10_000)), kind=INDEX)), "1000 are the most"),
    Row("an index of a hundred indexes", _wide(100), "is one of more than 16"),
    Row("an index in an index without end", _chain(20), "is nested too deeply"),
    Row("a configuration that is none", _with_config(b"MZ\x90\x00"), NO_CONFIG),
    Row("a configuration that is a list", _with_config(b"[]"), NO_CONFIG),
    Row("a configuration without an end", _with_config(b'{"config":' * 300_000), NO_CONFIG),
    Row("labels that are numbers", _with_config(config({"io.difykit.inputs": 1})), "its labels are no texts"),
    Row("labels that are a list", _with_config(config(["a"])), "its labels are no texts"),
    Row("a platform that is a mapping", _with_config(config(os={})), "its platform is no text"),
    Row("layers that are numbers", _with_config(config(rootfs={"diff_ids": [1]})), "its layers are no texts"),
    Row("a history that is a text", _with_config(config(history="x")), "its history is no list"),
    Row("a hundred thousand labels", _with_config(config({f"l{n}": "x" for n in range(100_000)})), "did not make"),
    Row("labels beyond all bounds", _with_config(config({"l": "x" * 5_000_000})), "sends more than 4194304 bytes"),
    Row("a configuration of another digest", lambda _, p: [http(manifest(GOOD) if "manif" in p else b"{}")], "else"),
    Row("a digest that lies", holding(manifest(GOOD), GOOD, head=[f"Docker-Content-Digest: {digest(b'x')}"]), ""),
    Row("500 MB with their length", _endless(_HUGE, b" " * 65536), "sends more than 4194304 bytes"),
    Row("no end", _endless(_PLAIN, b" " * 65536), "sends more than 4194304 bytes"),
    Row("a packed gigabyte", always(http(_gzip(1 << 30), head=["Content-Encoding: gzip"])), "packed ('gzip')"),
    Row("packed twice", always(http(b"x", head=["Content-Encoding: gzip, br"])), "packed ('gzip, br')"),
    Row("interim answers without end", _endless(b"", b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n"), "sends more than"),
    Row("a header of ten megabytes", always(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10_000_000 + b"\r\n\r\n"), LOST),
    Row("headers without end", _endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), LOST),
    Row("a status line without end", _endless(b"HTTP/1.1 ", b"2" * 4096), LOST),
    Row("a length below nothing", always(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"), NO_MANIFEST),
    Row("less than its length", always(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"), ""),
    Row("a chunk of no size", _chunked(b"zz\r\n{}\r\n0\r\n\r\n"), LOST),
    Row("a chunk below nothing", _chunked(b"-1\r\n", *([b" " * 65536] * 512)), ""),
    Row("chunks without end", _chunked(*([b"10000\r\n" + b" " * 65536 + b"\r\n"] * 512)), "sends more than"),
    Row("trailers without end", _chunked(b"2\r\n{}\r\n0\r\n", *([b"X: y\r\n" * 9000] * 99)), ""),
    Row("no HTTP", always(b"SSH-2.0-OpenSSH_9.2\r\n"), LOST),
    Row("TLS", always(b"\x15\x03\x01\x00\x02\x02\x46"), LOST),
    Row("a hang-up", always(b""), LOST),
    Row("a hang-up in the middle", always(b"HTTP/1.1 200 OK\r\nContent-Le"), ""),
    Row("no content", always(b"HTTP/1.1 204 No Content\r\n\r\n"), "answers 204"),
    Row("a part", always(http(b"{}", status="206 Partial Content")), "answers 206"),
    Row("not modified", always(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "answers 304"),
    Row("a move to nowhere", always(http(status="302 Found")), "answers 302"),
    Row("a move in a circle", _moved("/v2/again"), "from one address to the next"),
    Row("a move to a file", _moved("file:///etc/passwd"), "no https:// address"),
    Row("a move to the cloud's own", _moved("http://169.254.169.254/latest/meta-data"), "169.254.169.254"),
    Row("the same in other digits", _moved("https://[::ffff:169.254.169.254]/"), "the machine's own network"),
    Row("a move without encryption", _moved("http://example.invalid/x"), "example.invalid without encryption"),
    Row("a move with a login", _moved("https://ann:word@example.invalid/x"), "an address with a login"),
    Row("a move of a million letters", _moved("/" + "x" * 60_000), "too long for one"),
    Row("a move to a broken address", _moved("https://[::1/x"), "what is no address"),
    Row("too many requests", always(http(status="429 Too Many Requests", head=["Retry-After: 1000000000"])), "429"),
    Row("trouble", always(http(b"x" * 100_000, status="500 Internal Server Error")), "answers 500"),
    Row("trouble without end", _endless(b"HTTP/1.1 503 Busy\r\n\r\n", b"x" * 65536), "sends more than"),
    Row("absent without end", _endless(b"HTTP/1.1 404 Not Found\r\n\r\n", b"x" * 65536), "sends more than"),
    Row("a status of its own", always(http(status="999 Hm")), "answers 999"),
    Row(
        "a realm without encryption", _wants('Bearer realm="http://example.invalid/t",service="x"'), "nothing was sent"
    ),
    Row("a realm of a file", _wants('Bearer realm="file:///etc/passwd",service="x"'), "nothing was sent"),
    Row("a realm with a login", _wants('Bearer realm="https://a:b@example.invalid/",service="x"'), "nothing was sent"),
    Row("a realm of the cloud", _wants('Bearer realm="http://169.254.169.254/",service="x"'), "nothing was sent"),
    Row("no realm", _wants("Bearer"), "nothing was sent"),
    Row("a realm without end", _wants('Bearer realm="https://x/' + "x" * 60_000 + '"'), "refuses"),
    Row("a challenge of words alone", _wants("Bearer " + "x" * 60_000), "refuses"),
    Row("another way to log in", _wants("Negotiate"), "refuses"),
    Row("a token that is absent", tokens(http(b"{}")), "answers without a token"),
    Row("a token server that says null", tokens(http(b"null")), "answers without a token"),
    Row("a token server that says a list", tokens(http(b"[1]")), "answers without a token"),
    Row("a token server's web page", tokens(http(b"<html>sign in</html>")), "answers without a token"),
    Row("a token of two lines", tokens(http(b'{"token": "a\\r\\nX-Evil: 1"}')), "answers without a token"),
    Row("a token that is a mapping", tokens(http(b'{"token": {"a": 1}}')), "answers without a token"),
    Row("a token without end", tokens(http(b'{"token": "' + b"x" * 6_000_000)), "sends more than 4194304 bytes"),
    Row("a token server in trouble", tokens(http(status="502 Bad Gateway")), "answers 502 for a login"),
)
"""Each is asked for by a tag; `says` is in what `image.show` then tells."""
