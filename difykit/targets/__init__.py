"""What runs Dify: `deploy`, `status`, `logs` and `down`, for each target alike."""

from difykit.targets.base import (
    DeploymentPlan,
    DeploymentStatus,
    RunningRelease,
    ServiceStatus,
    Target,
    target_named,
    target_of,
)
from difykit.targets.expected import ExpectedImages, expected_images, need_built
from difykit.targets.folder import DeployFault, changed_files, check_folder, check_parts, refuse
from difykit.targets.hold import hold_data_folder
from difykit.targets.preview import release_folder
from difykit.targets.verbs import Deployment, deploy, down, is_deployed, logs, plan_deploy, status

__all__ = [
    "DeployFault",
    "Deployment",
    "DeploymentPlan",
    "DeploymentStatus",
    "ExpectedImages",
    "RunningRelease",
    "ServiceStatus",
    "Target",
    "changed_files",
    "check_folder",
    "check_parts",
    "deploy",
    "down",
    "expected_images",
    "hold_data_folder",
    "is_deployed",
    "logs",
    "need_built",
    "plan_deploy",
    "refuse",
    "release_folder",
    "status",
    "target_named",
    "target_of",
]
