"""`publish`: what `build` made, in a registry, under names that always mean the same."""

from difykit.publish.do import Published, publish
from difykit.publish.grow import entries_of, plain_platform, platform_of
from difykit.publish.plan import Target, check_prefix, plan_publish
from difykit.publish.send import persistently

__all__ = [
    "Published",
    "Target",
    "check_prefix",
    "entries_of",
    "persistently",
    "plain_platform",
    "plan_publish",
    "platform_of",
    "publish",
]
