"""`deploy`, `status`, `logs`, `down`: a release folder made to run, looked at, and stopped."""

from difykit.deploy.do import Deployment, deploy, down, is_deployed, logs, status
from difykit.deploy.look import Plan, ServiceStatus, Status, plan_deploy

__all__ = [
    "Deployment",
    "Plan",
    "ServiceStatus",
    "Status",
    "deploy",
    "down",
    "is_deployed",
    "logs",
    "plan_deploy",
    "status",
]
