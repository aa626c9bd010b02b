"""`publish`: what `build` made, in a registry, under names that always mean the same."""

from difykit.publish.do import Published, publish
from difykit.publish.grow import entries_of
from difykit.publish.plan import Target, plan_publish

__all__ = ["Published", "Target", "entries_of", "plan_publish", "publish"]
