"""The files of a workspace as frozen values: `difykit.yaml`, `overlay.yaml`, `image.yaml`."""

from difykit.manifest.byrelease import NAMED, ComposeChanges, EnvChoice, Removal
from difykit.manifest.edit import Edit, I18n, Insert, Json, OneOf, Replace, When
from difykit.manifest.image import ImageManifest
from difykit.manifest.load import read_manifest
from difykit.manifest.overlay import Middleware, OverlayManifest, Route, TreeEntry
from difykit.manifest.settings import Mirrors, Proxy, Settings

__all__ = [
    "NAMED",
    "ComposeChanges",
    "Edit",
    "EnvChoice",
    "I18n",
    "ImageManifest",
    "Insert",
    "Json",
    "Middleware",
    "Mirrors",
    "OneOf",
    "OverlayManifest",
    "Proxy",
    "Removal",
    "Replace",
    "Route",
    "Settings",
    "TreeEntry",
    "When",
    "read_manifest",
]
