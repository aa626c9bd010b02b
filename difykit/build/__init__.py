"""`build`: the custom images of the source."""

from difykit.build.pins import locked_digests
from difykit.build.plan import BuildPlan, ImagePlan, plan_build
from difykit.build.run import build

__all__ = ["BuildPlan", "ImagePlan", "build", "locked_digests", "plan_build"]
