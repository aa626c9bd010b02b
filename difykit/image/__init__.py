"""Custom images: what they are made from, which strategy they get, and the proof that the customisation is in them."""

from difykit.image.additions import FOLDER, SAYS, Additions
from difykit.image.bakefile import Target, bake_json, tags_in
from difykit.image.buildplatform import on_build_platform, runs_on_target
from difykit.image.choice import Change, Choice, Landing, Wishes, choose, inputs_changed
from difykit.image.fetch import ask_first, check_room, pull
from difykit.image.generated import builds_next, generate, shown, unmirrored
from difykit.image.identity import Verdict, has_digest, judge
from difykit.image.layer import pack
from difykit.image.memory import LEAST, heap_of, in_bytes, with_heap
from difykit.image.mirrors import CONTEXT, Mirrors
from difykit.image.names import (
    INPUTS_LABEL,
    Origin,
    custom_name,
    inputs_id,
    labels,
    official_image,
    own_labels,
    own_name,
    tag_of,
)
from difykit.image.own import Own, OwnFile, copy_files, read_own
from difykit.image.proof import Fault, Proof, prove
from difykit.image.recipe import NO_RECIPE, Recipe, read_recipe
from difykit.image.template import Template, read_template

__all__ = [
    "CONTEXT",
    "FOLDER",
    "INPUTS_LABEL",
    "LEAST",
    "NO_RECIPE",
    "SAYS",
    "Additions",
    "Change",
    "Choice",
    "Fault",
    "Landing",
    "Mirrors",
    "Origin",
    "Own",
    "OwnFile",
    "Proof",
    "Recipe",
    "Target",
    "Template",
    "Verdict",
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
]
