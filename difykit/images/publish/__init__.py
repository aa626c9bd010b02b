"""`publish`: what `build` made, in a registry, under names that always mean the same."""

from difykit.images.publish.plan import PublishTarget, check_prefix
from difykit.images.publish.send import persistently
from difykit.images.publish.upload import publish

__all__ = ["PublishTarget", "check_prefix", "persistently", "plan_publish", "publish"]
