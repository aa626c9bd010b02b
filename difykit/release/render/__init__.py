"""`render`: the release folder, everything that a deployment needs in one place."""

from difykit.release.render.begun import check_begun, recovered
from difykit.release.render.certificate import CertificateFiles, find_certificate
from difykit.release.render.data_files import folder_of
from difykit.release.render.environment import Environment, plan_environment, shipped_values
from difykit.release.render.gateway import gateway_faults
from difykit.release.render.inputs import OverlayPart, RenderInputs, read_inputs
from difykit.release.render.judgement import judge_plan
from difykit.release.render.limits import Contradiction, contradictions
from difykit.release.render.lists import adds, list_defaults
from difykit.release.render.manifest import Manifest
from difykit.release.render.plan import RenderPlan, plan_render, replacements
from difykit.release.render.preview import preview_plan, previewed
from difykit.release.render.values import RefusedValue, reaching, refused_values
from difykit.release.render.write import check_data_files, check_render, render

__all__ = [
    "CertificateFiles",
    "Contradiction",
    "Environment",
    "Manifest",
    "OverlayPart",
    "RefusedValue",
    "RenderInputs",
    "RenderPlan",
    "adds",
    "check_begun",
    "check_data_files",
    "check_render",
    "contradictions",
    "environment",
    "find_certificate",
    "folder_of",
    "gateway_faults",
    "judge_plan",
    "list_defaults",
    "plan_environment",
    "plan_render",
    "preview_plan",
    "previewed",
    "reaching",
    "read_inputs",
    "recovered",
    "refused_values",
    "render",
    "replacements",
    "shipped_values",
]
