"""Upstream's Compose file, read as a value and rewritten as a whole; nothing here touches a file."""

from difykit.compose.choice import Choice, choices, switches
from difykit.compose.images import Replacement, closure_faults, repository
from difykit.compose.joined import joined, secret_files, services_file
from difykit.compose.migrate import MIGRATE, as_api
from difykit.compose.mounts import (
    DATA,
    bind_sources,
    carried,
    data_of,
    digest,
    is_data,
    is_within,
    mountable,
    seeds,
    stamped,
)
from difykit.compose.overlay import Local, OverlayFile, local_paths, moved, read_overlay_file, resolved_path, strings
from difykit.compose.proxy import NO_PROXY, Proxy
from difykit.compose.rewrite import Wanted, rewrite
from difykit.compose.services import active, profiles, unknown_services
from difykit.compose.variables import defaults, environment, interpolated, overruled, reads_env_file
from difykit.interpolation import interpolate, literal, refused, unset, withheld

__all__ = [
    "DATA",
    "MIGRATE",
    "NO_PROXY",
    "Choice",
    "Local",
    "OverlayFile",
    "Proxy",
    "Replacement",
    "Wanted",
    "active",
    "as_api",
    "bind_sources",
    "carried",
    "choices",
    "closure_faults",
    "data_of",
    "defaults",
    "digest",
    "environment",
    "interpolate",
    "interpolated",
    "is_data",
    "is_within",
    "joined",
    "literal",
    "local_paths",
    "mountable",
    "moved",
    "overruled",
    "profiles",
    "read_overlay_file",
    "reads_env_file",
    "refused",
    "repository",
    "resolved_path",
    "rewrite",
    "secret_files",
    "seeds",
    "services_file",
    "stamped",
    "strings",
    "switches",
    "unknown_services",
    "unset",
    "withheld",
]
