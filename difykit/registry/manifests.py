"""Manifests as registries have them: what they are called, by which digest, and for which platforms. Pure.

The names are those of the OCI image specification, and of Docker before it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from difykit.registry.untrusted import DOCKER_INDEX, INDEX

CONFIG = "application/vnd.oci.image.config.v1+json"
PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9]+(?:/v[0-9]+)?")
"""What a platform is called: linux/amd64, linux/arm/v7."""


@dataclass(frozen=True)
class Held:
    """A manifest that a registry has."""

    digest: str
    kind: str
    body: bytes

    @classmethod
    def of(cls, body: bytes, kind: str) -> Held:
        """One that was made here."""
        return cls(digest_of(body), kind, body)

    @cached_property
    def value(self) -> dict[str, Any]:
        """The manifest, or the index."""
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def is_index(self) -> bool:
        """Whether it lists images, for several platforms, instead of being one."""
        return "manifests" in self.value

    @property
    def config_digest(self) -> str:
        """The digest of its configuration; "" for an index."""
        return "" if self.is_index else str(self.value["config"]["digest"])

    @property
    def size(self) -> int:
        """The bytes of its layers and its configuration; 0 for an index."""
        if self.is_index:
            return 0
        parts = [*self.value.get("layers", ()), self.value.get("config") or {}]
        return sum(int(part.get("size", 0)) for part in parts)


def digest_of(content: bytes) -> str:
    """What a registry has it under."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def as_json(value: Any) -> bytes:
    """A manifest or a configuration as it is written here: the same value, the same bytes."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def described(kind: str, digest: str, size: int) -> dict[str, Any]:
    """What names a blob or a manifest in another one: a descriptor of OCI."""
    return {"mediaType": kind, "digest": digest, "size": size}


def entry(platform: str, kind: str, digest: str, size: int) -> dict[str, Any]:
    """An entry of an index."""
    parts = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
    return {**described(kind, digest, size), "platform": parts}


def platform_of(value: Mapping[str, Any]) -> str:
    """The platform that an image's configuration, or an entry of an index, names: such as linux/arm64."""
    named = (str(value.get(key) or "") for key in ("os", "architecture", "variant"))
    return plain_platform("/".join(filter(None, named)))


def plain_platform(platform: str) -> str:
    """`linux/arm64/v8` → `linux/arm64`: there is no other."""
    return platform.removesuffix("/v8") if platform.startswith("linux/arm64/") else platform


def entries_of(value: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The entries of an index with their platforms; "" for what is no image, such as an index in it."""
    for listed in value["manifests"]:
        platform = listed.get("platform") or {}
        image = platform.get("os", "unknown") != "unknown" and not lists(listed)
        yield (platform_of(platform) if image else ""), listed


def lists(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of an index is an index itself."""
    return entry.get("mediaType") in {INDEX, DOCKER_INDEX}
