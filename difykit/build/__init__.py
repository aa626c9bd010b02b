"""`build`: the custom images of the source."""

from difykit.build.origin import Origin, origins
from difykit.build.pins import locked_digests
from difykit.build.plan import BuildPlan, ImagePlan, plan_build
from difykit.build.run import Built, build

__all__ = ["BuildPlan", "Built", "ImagePlan", "Origin", "build", "locked_digests", "origins", "plan_build"]
