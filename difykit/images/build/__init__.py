"""`build`: the custom images of the source."""

from difykit.images.build.built_settings import check_built
from difykit.images.build.origin import ImageOrigin, origins
from difykit.images.build.pins import locked_digests
from difykit.images.build.plan import BuildPlan, ImagePlan, plan_build, plan_tree
from difykit.images.build.refresh import Refresh, refresh
from difykit.images.build.run import Built, build

__all__ = [
    "BuildPlan",
    "Built",
    "ImageOrigin",
    "ImagePlan",
    "Refresh",
    "build",
    "check_built",
    "locked_digests",
    "origins",
    "plan_build",
    "plan_tree",
    "refresh",
]
