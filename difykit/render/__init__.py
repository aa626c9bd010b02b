"""`render`: the release folder, everything that a deployment needs in one place."""

from difykit.render.do import check_render, plant_seeds, render
from difykit.render.gateway import gateway_faults
from difykit.render.inputs import Inputs, Part, read_inputs
from difykit.render.manifest import Manifest
from difykit.render.plan import RenderPlan, plan_render

__all__ = [
    "Inputs",
    "Manifest",
    "Part",
    "RenderPlan",
    "check_render",
    "gateway_faults",
    "plan_render",
    "plant_seeds",
    "read_inputs",
    "render",
]
