"""`adopt.deployment`: a Dify that runs from upstream's own docker folder becomes a workspace, its data where it is."""

from difykit.adopt.deployment.adoption import adopt_deployment
from difykit.adopt.deployment.plan import DeploymentAdoption, notes
from difykit.adopt.deployment.report import lines

__all__ = [
    "DeploymentAdoption",
    "adopt_deployment",
    "lines",
    "notes",
]
