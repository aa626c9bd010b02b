"""A Compose project: read from its folder, watched until its services are up, and told about where one is not."""

from difykit.docker.project.services import Stack, quieter, refused, unhealthy
from difykit.docker.project.watch import PATIENCE, starts, wait

__all__ = ["PATIENCE", "Stack", "quieter", "refused", "starts", "unhealthy", "wait"]
