"""`adopt.deployment`: a Dify that runs from upstream's own docker folder becomes a workspace, its data where it is."""

from difykit.adopt.deployment.do import adopt_deployment
from difykit.adopt.deployment.plan import Plan
from difykit.adopt.deployment.report import lines

__all__ = ["Plan", "adopt_deployment", "lines"]
