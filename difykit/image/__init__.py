"""Custom images: what they are made from, which strategy they get, and the proof that the customisation is in them."""

from difykit.image.bakefile import Target, bake_json
from difykit.image.choice import Change, Choice, Landing, choose, inputs_changed
from difykit.image.layer import pack
from difykit.image.names import INPUTS_LABEL, custom_name, inputs_id, labels, official_image, tag_of
from difykit.image.proof import Fault, Proof, prove
from difykit.image.recipe import Recipe, read_recipe
from difykit.image.template import Template, read_template

__all__ = [
    "INPUTS_LABEL",
    "Change",
    "Choice",
    "Fault",
    "Landing",
    "Proof",
    "Recipe",
    "Target",
    "Template",
    "bake_json",
    "choose",
    "custom_name",
    "inputs_changed",
    "inputs_id",
    "labels",
    "official_image",
    "pack",
    "prove",
    "read_recipe",
    "read_template",
    "tag_of",
]
