"""Registries asked directly, by the OCI distribution API: what they have, and what an engine cannot put there."""

from difykit.registry.blobs import copy, upload
from difykit.registry.client import INDEX, Held, Registry, RegistryLost, is_path, split
from difykit.registry.platforms import plain_platform, platform_of

__all__ = [
    "INDEX",
    "Held",
    "Registry",
    "RegistryLost",
    "copy",
    "is_path",
    "plain_platform",
    "platform_of",
    "split",
    "upload",
]
