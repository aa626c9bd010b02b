"""`render`: the release folder, everything that a deployment needs in one place."""

from difykit.release.render.begun import check_begun, recovered
from difykit.release.render.environment import Environment, plan_environment
from difykit.release.render.gateway import gateway_faults
from difykit.release.render.inputs import OverlayPart, RenderInputs, read_inputs
from difykit.release.render.judgement import judge_plan
from difykit.release.render.manifest import Manifest
from difykit.release.render.plan import RenderPlan, plan_render, replacements
from difykit.release.render.write import check_render, plant_seeds, render

__all__ = [
    "Environment",
    "Manifest",
    "OverlayPart",
    "RenderInputs",
    "RenderPlan",
    "check_begun",
    "check_render",
    "environment",
    "gateway_faults",
    "judge_plan",
    "plan_environment",
    "plan_render",
    "plant_seeds",
    "read_inputs",
    "recovered",
    "render",
    "replacements",
]
