"""`publish`: what `build` made, in a registry, under names that always mean the same."""

from difykit.publish.do import publish
from difykit.publish.plan import Target, plan_publish

__all__ = ["Target", "plan_publish", "publish"]
