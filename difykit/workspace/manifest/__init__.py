"""The files of a workspace as frozen values: `difykit.yaml`, `overlay.yaml`, `image.yaml`."""

from difykit.workspace.manifest.base import (
    ImageId,
    ImageName,
    Model,
    Pattern,
    PinnedReference,
    Reference,
    TreePath,
    Version,
)
from difykit.workspace.manifest.by_release import NAMED, ComposeChanges, EnvChoice, Removal
from difykit.workspace.manifest.data_folder import OWN, check_derived, data_folder, system_fault
from difykit.workspace.manifest.edit import Edit, I18n, Insert, OneOf, Replace, When
from difykit.workspace.manifest.image import ImageManifest
from difykit.workspace.manifest.load import problem_at, read_manifest, read_text, read_user_env
from difykit.workspace.manifest.output_path import mount_fault, new_folder, output_file, work_folder
from difykit.workspace.manifest.overlay import Middleware, OverlayManifest, Route, TreeEntry
from difykit.workspace.manifest.paths import PathFault
from difykit.workspace.manifest.settings import Mirrors, Proxy, Settings
from difykit.workspace.manifest.target import TARGETS
from difykit.workspace.manifest.toolkit import FORMS, this_machine_only, wheel_fault, wheel_path

__all__ = [
    "FORMS",
    "NAMED",
    "OWN",
    "TARGETS",
    "ComposeChanges",
    "Edit",
    "EnvChoice",
    "I18n",
    "ImageId",
    "ImageManifest",
    "ImageName",
    "Insert",
    "Middleware",
    "Mirrors",
    "Model",
    "OneOf",
    "OverlayManifest",
    "PathFault",
    "Pattern",
    "PinnedReference",
    "Proxy",
    "Reference",
    "Removal",
    "Replace",
    "Route",
    "Settings",
    "TreeEntry",
    "TreePath",
    "Version",
    "When",
    "check_derived",
    "data_folder",
    "mount_fault",
    "new_folder",
    "output_file",
    "problem_at",
    "read_manifest",
    "read_text",
    "read_user_env",
    "system_fault",
    "this_machine_only",
    "wheel_fault",
    "wheel_path",
    "work_folder",
]
