"""Registries asked directly, by the OCI distribution API: what they have, and what an engine cannot put there."""

from difykit.registry.blobs import copy, may_write, upload
from difykit.registry.client import INDEX, Held, Registry, RegistryLost, is_local, is_path, split
from difykit.registry.platforms import plain_platform, platform_of

__all__ = [
    "INDEX",
    "Held",
    "Registry",
    "RegistryLost",
    "copy",
    "is_local",
    "is_path",
    "may_write",
    "plain_platform",
    "platform_of",
    "split",
    "upload",
]
