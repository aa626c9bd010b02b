"""Registries asked directly, by the OCI distribution API: what they have, and what an engine cannot put there."""

from difykit.registry.blobs import copy, fetch, has, mounted, upload
from difykit.registry.client import INDEX, Held, Registry, RegistryLost, split

__all__ = ["INDEX", "Held", "Registry", "RegistryLost", "copy", "fetch", "has", "mounted", "split", "upload"]
