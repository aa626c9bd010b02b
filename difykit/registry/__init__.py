"""Registries asked directly, by the OCI distribution API: what they have, and what an engine cannot put there."""

from difykit.registry.blobs import copy, fetch, has, may_write, mounted, upload
from difykit.registry.client import Registry, RegistryLost, is_local, is_path, split
from difykit.registry.manifests import (
    DOCKER_IMAGE,
    DOCKER_INDEX,
    IMAGE,
    INDEX,
    Held,
    digest_of,
    entries_of,
    plain_platform,
    platform_of,
)

__all__ = [
    "DOCKER_IMAGE",
    "DOCKER_INDEX",
    "IMAGE",
    "INDEX",
    "Held",
    "Registry",
    "RegistryLost",
    "copy",
    "digest_of",
    "entries_of",
    "fetch",
    "has",
    "is_local",
    "is_path",
    "may_write",
    "mounted",
    "plain_platform",
    "platform_of",
    "split",
    "upload",
]
