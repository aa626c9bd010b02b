"""The files of a workspace as frozen values: `difykit.yaml`, `overlay.yaml`, `image.yaml`."""

from difykit.manifest.image import ImageManifest
from difykit.manifest.load import read_manifest
from difykit.manifest.overlay import Edit, OneOf, OverlayManifest, Replace, Route, TreeEntry, When
from difykit.manifest.settings import Settings

__all__ = [
    "Edit",
    "ImageManifest",
    "OneOf",
    "OverlayManifest",
    "Replace",
    "Route",
    "Settings",
    "TreeEntry",
    "When",
    "read_manifest",
]
