"""Registries asked directly, by the OCI distribution API: what they have, and what an engine cannot put there."""

from difykit.registry.blobs import copy, upload
from difykit.registry.client import INDEX, Held, Registry, RegistryLost, split

__all__ = ["INDEX", "Held", "Registry", "RegistryLost", "copy", "split", "upload"]
