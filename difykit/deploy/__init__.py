"""`deploy`, `status`, `logs`, `down`: a release folder made to run, looked at, and stopped."""

from difykit.deploy.do import Deployment, Plan, ServiceStatus, deploy, down, logs, plan_deploy, status

__all__ = ["Deployment", "Plan", "ServiceStatus", "deploy", "down", "logs", "plan_deploy", "status"]
