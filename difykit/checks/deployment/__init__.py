"""A deployment that runs: its services, its stores, the isolation of its sandbox, its ports."""

from difykit.checks.deployment.check import check_deployment

__all__ = ["check_deployment"]
