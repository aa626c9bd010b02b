"""Copies of Dify's Compose file in a fork: what has drifted, what is open to everyone; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from difykit.adopt.model import Entries, ForkFinding
from difykit.core import yaml
from difykit.core.errors import ConfigError, in_line
from difykit.dify import default_secrets, layout
from difykit.release.compose import repository

_UPSTREAM = layout.COMPOSE_FILE
_NAME = re.compile(r"(?i)(?:docker-)?compose[\w.-]*\.ya?ml")
_SHARE = 0.5
_CLOSED = re.compile(
    r"postgres|mysql|redis|weaviate|qdrant|milvus|elasticsearch|opensearch|mongo|minio|pgvector|chroma"
)
_OPEN_SECRET = re.compile(r"\$\{[^:}]+:?-([^}]*)\}")
_SHOWN = 8
Read = Callable[[str], bytes]


def compose_files(base: Entries, fork: Entries, new: Read, old: Read) -> Iterator[ForkFinding]:
    """What is wrong with Compose files that the fork added or changed; `new` and `old` read a file."""
    upstream = _services(_value(_UPSTREAM, old(_UPSTREAM))) if _UPSTREAM in base else {}
    for path in sorted(fork):
        if not _NAME.fullmatch(PurePosixPath(path).name) or fork[path] == base.get(path):
            continue
        document = _document(path, new(path))
        if document is None:
            yield ForkFinding("compose", path, "cannot be read as a Compose file")
            continue
        services = _services(document.value)
        before = _services(_value(path, old(path))) if path in base else {}
        if path not in base and len(services.keys() & upstream.keys()) > _SHARE * len(upstream):
            yield from _drift(path, document, services, upstream)
            yield from _lost_keys(path, document, _value(_UPSTREAM, old(_UPSTREAM)))
        yield from _open(path, document, services, before)


def _document(path: str, content: bytes) -> yaml.Document | None:
    try:
        loaded = yaml.load(path, content.decode("utf-8-sig"), local_tags=True)
    except (ConfigError, UnicodeDecodeError):
        return None
    return loaded if isinstance(loaded.value, dict) else None


def _value(path: str, content: bytes) -> Mapping[str, Any]:
    document = _document(path, content)
    return document.value if document else {}


def _services(value: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    section = value.get("services")
    return {name: body for name, body in section.items() if isinstance(body, dict)} if isinstance(section, dict) else {}


def _drift(
    path: str, document: yaml.Document, services: Mapping[str, Any], upstream: Mapping[str, Any]
) -> Iterator[ForkFinding]:
    """Images of another version than Dify's Compose file has."""
    for name, body in services.items():
        image, expected = str(body.get("image", "")), str(upstream.get(name, {}).get("image", ""))
        if image and expected and _is_copy_of(image, expected) and _tag(image) != _tag(expected):
            text = f"{name} runs {image}, Dify's own file {expected}"
            yield ForkFinding("compose", path, text, document.line(("services", name, "image")))


def _is_copy_of(image: str, upstream_image: str) -> bool:
    """Whether it is the same image, or is called like a copy of it in another registry."""
    own_name, upstream_name = (repository(reference).rpartition("/")[2] for reference in (image, upstream_image))
    return own_name == upstream_name or own_name.endswith(f"-{upstream_name}")


def _tag(image: str) -> str:
    return image.rpartition("/")[2].partition(":")[2]


def _lost_keys(path: str, document: yaml.Document, upstream: Mapping[str, Any]) -> Iterator[ForkFinding]:
    """Settings that Dify's Compose file hands to its services, and the copy does not."""
    for key in (key for key in upstream if key.startswith("x-shared")):
        fork_value = document.value.get(key)
        upstream_value = upstream[key]
        if (
            isinstance(fork_value, dict)
            and isinstance(upstream_value, dict)
            and (lost := sorted(upstream_value.keys() - fork_value.keys()))
        ):
            text = f"{key} lacks {len(lost)} settings of Dify's own file: {in_line(lost, _SHOWN)}"
            yield ForkFinding("compose", path, text, document.line((key,)))


def _open(
    path: str, document: yaml.Document, services: Mapping[str, Any], before: Mapping[str, Any]
) -> Iterator[ForkFinding]:
    """Databases whose port the copy publishes, and those that have Dify's public password."""
    for name, body in services.items():
        if not _CLOSED.search(repository(str(body.get("image", "")))):
            continue
        ports = body.get("ports") or ()
        if ports and ports != before.get(name, {}).get("ports"):
            shown = ", ".join(str(port) for port in ports)
            text = f"{name} publishes its port ({shown}): whoever reaches the machine reaches the data"
            yield ForkFinding("compose", path, text, document.line(("services", name, "ports")))
        public = sorted(_public(body.get("environment"))) if name not in before else []
        if public:
            text = f"{name} has a public default for {', '.join(public)}: everyone knows it"
            yield ForkFinding("compose", path, text, document.line(("services", name, "environment")))


def _public(environment: object) -> set[str]:
    """The secrets in an environment whose value stands in the file, as it is or as a default."""
    pairs = environment.items() if isinstance(environment, dict) else ()
    return {
        key
        for key, value in ((str(key), str(value or "")) for key, value in pairs)
        if (default_secrets.is_default(key) or "PASSWORD" in key) and _literal(value)
    }


def _literal(value: str) -> str:
    match = _OPEN_SECRET.fullmatch(value)
    return match[1] if match else "" if "$" in value else value
