"""Custom images: what they are made from, which strategy they get, and the proof that the customisation is in them."""

from difykit.images.definition.additions import FOLDER, SAYS, Additions
from difykit.images.definition.bakefile import BakeTarget, bake_json, tags_in
from difykit.images.definition.build_platform import on_build_platform, runs_on_target
from difykit.images.definition.choice import InputChange, LayerFile, StrategyChoice, Wishes, choose, inputs_changed
from difykit.images.definition.fetch import ask_first, check_room, pull
from difykit.images.definition.generated import builds_next, generate, shown, unmirrored, with_settings
from difykit.images.definition.identity import ImageVerdict, has_digest, judge
from difykit.images.definition.layer import pack
from difykit.images.definition.memory import LEAST, heap_of, in_bytes, with_heap
from difykit.images.definition.mirrors import CONTEXT, BuildMirrors
from difykit.images.definition.names import (
    INPUTS_LABEL,
    ImageLabels,
    custom_name,
    inputs_id,
    labels,
    official_image,
    own_labels,
    own_name,
    tag_of,
)
from difykit.images.definition.own import ImageFolder, OwnFile, copy_files, read_own
from difykit.images.definition.proof import Proof, ProofFault, prove
from difykit.images.definition.recipe import NO_RECIPE, Recipe, read_recipe
from difykit.images.definition.template import Template, read_template

__all__ = [
    "CONTEXT",
    "FOLDER",
    "INPUTS_LABEL",
    "LEAST",
    "NO_RECIPE",
    "SAYS",
    "Additions",
    "BakeTarget",
    "BuildMirrors",
    "ImageFolder",
    "ImageLabels",
    "ImageVerdict",
    "InputChange",
    "LayerFile",
    "OwnFile",
    "Proof",
    "ProofFault",
    "Recipe",
    "StrategyChoice",
    "Template",
    "Wishes",
    "ask_first",
    "bake_json",
    "builds_next",
    "check_room",
    "choose",
    "copy_files",
    "custom_name",
    "generate",
    "has_digest",
    "heap_of",
    "in_bytes",
    "inputs_changed",
    "inputs_id",
    "judge",
    "labels",
    "official_image",
    "on_build_platform",
    "own_labels",
    "own_name",
    "pack",
    "prove",
    "pull",
    "read_own",
    "read_recipe",
    "read_template",
    "runs_on_target",
    "shown",
    "tag_of",
    "tags_in",
    "unmirrored",
    "with_heap",
    "with_settings",
]
