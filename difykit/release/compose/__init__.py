"""Upstream's Compose file, read as a value and rewritten as a whole; nothing here touches a file."""

from difykit.core.interpolation import interpolate, literal, refused, unset, withheld
from difykit.release.compose.choice import ServiceImage, choices, switches
from difykit.release.compose.images import API, WEB, Replacement, closure_faults, repository
from difykit.release.compose.includes import joined, secret_files, services_file
from difykit.release.compose.migrate import MIGRATE, as_api
from difykit.release.compose.mounts import (
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
    with_data_folder,
)
from difykit.release.compose.overlay import (
    Local,
    OverlayFile,
    local_paths,
    moved,
    read_overlay_file,
    resolved_path,
    strings,
)
from difykit.release.compose.proxy import NO_PROXY, ServiceProxy
from difykit.release.compose.references import reference_faults
from difykit.release.compose.rewrite import ComposeRewrite, rewrite
from difykit.release.compose.schema import schema_faults
from difykit.release.compose.services import active, profiles, unknown_services
from difykit.release.compose.variables import defaults, environment, interpolated, overruled, reads_env_file

__all__ = [
    "API",
    "DATA",
    "MIGRATE",
    "NO_PROXY",
    "WEB",
    "ComposeRewrite",
    "Local",
    "OverlayFile",
    "Replacement",
    "ServiceImage",
    "ServiceProxy",
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
    "reference_faults",
    "refused",
    "repository",
    "resolved_path",
    "rewrite",
    "schema_faults",
    "secret_files",
    "seeds",
    "services_file",
    "stamped",
    "strings",
    "switches",
    "unknown_services",
    "unset",
    "with_data_folder",
    "withheld",
]
