"""`publish`: what `build` made, in a registry, under names that always mean the same."""

from difykit.publish.do import publish
from difykit.publish.plan import Target, check_prefix, plan_publish
from difykit.publish.send import persistently

__all__ = ["Target", "check_prefix", "persistently", "plan_publish", "publish"]
