"""What runs Dify: `deploy`, `status`, `logs` and `down`, for each target alike."""

from difykit.targets.base import (
    DeploymentPlan,
    DeploymentStatus,
    Running,
    ServiceStatus,
    Target,
    target_named,
    target_of,
)
from difykit.targets.verbs import Deployment, deploy, down, is_deployed, logs, plan_deploy, status

__all__ = [
    "Deployment",
    "DeploymentPlan",
    "DeploymentStatus",
    "Running",
    "ServiceStatus",
    "Target",
    "deploy",
    "down",
    "is_deployed",
    "logs",
    "plan_deploy",
    "status",
    "target_named",
    "target_of",
]
