"""`render`: the release folder, everything that a deployment needs in one place."""

from difykit.release.render.data_files import folder_of
from difykit.release.render.environment import Environment, plan_environment
from difykit.release.render.gateway import gateway_faults
from difykit.release.render.inputs import OverlayPart, RenderInputs, read_inputs
from difykit.release.render.manifest import Manifest
from difykit.release.render.plan import RenderPlan, plan_render
from difykit.release.render.preview import preview_plan, previewed
from difykit.release.render.write import check_data_files, check_render, plant_seeds, render

__all__ = [
    "Environment",
    "Manifest",
    "OverlayPart",
    "RenderInputs",
    "RenderPlan",
    "check_data_files",
    "check_render",
    "environment",
    "folder_of",
    "gateway_faults",
    "plan_environment",
    "plan_render",
    "plant_seeds",
    "preview_plan",
    "previewed",
    "read_inputs",
    "render",
]
