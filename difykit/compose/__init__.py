"""Upstream's Compose file, read as a value and rewritten as a whole; nothing here touches a file."""

from difykit.compose.images import Replacement, closure_faults, repository
from difykit.compose.joined import joined, secret_files
from difykit.compose.mounts import carried, seeds, stamped
from difykit.compose.rewrite import Wanted, rewrite
from difykit.compose.services import unknown_services
from difykit.compose.variables import defaults, interpolated, overruled

__all__ = [
    "Replacement",
    "Wanted",
    "carried",
    "closure_faults",
    "defaults",
    "interpolated",
    "joined",
    "overruled",
    "repository",
    "rewrite",
    "secret_files",
    "seeds",
    "stamped",
    "unknown_services",
]
