"""Registries asked directly, by the OCI distribution API: what they have, and what an engine cannot put there."""

from difykit.registry.addresses import is_local
from difykit.registry.blobs import copy, fetch, has, may_write, mounted, upload
from difykit.registry.client import Registry, is_path, split
from difykit.registry.manifests import (
    CONFIG,
    PLATFORM,
    Held,
    as_json,
    described,
    digest_of,
    entries_of,
    entry,
    plain_platform,
    platform_of,
)
from difykit.registry.transport import SMALL, BadAnswer, RegistryLost
from difykit.registry.untrusted import DOCKER_IMAGE, IMAGE, INDEX, Unfit, configuration

__all__ = [
    "CONFIG",
    "DOCKER_IMAGE",
    "IMAGE",
    "INDEX",
    "PLATFORM",
    "SMALL",
    "BadAnswer",
    "Held",
    "Registry",
    "RegistryLost",
    "Unfit",
    "as_json",
    "configuration",
    "copy",
    "described",
    "digest_of",
    "entries_of",
    "entry",
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
