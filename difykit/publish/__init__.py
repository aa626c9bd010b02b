"""`publish`: what `build` made, in a registry, under names that always mean the same."""

from difykit.publish.do import Published, publish
from difykit.publish.plan import Target, plan_publish

__all__ = ["Published", "Target", "plan_publish", "publish"]
