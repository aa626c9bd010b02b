"""Env files as Compose reads them, changed line by line, merged by layers; and the secrets that may not stay public."""

from difykit.env.dotenv import assignments, decode, faults, quote, set_raw, set_values, template, without
from difykit.env.entries import filled, raw_entry
from difykit.env.merge import Layer, Merged, merge
from difykit.env.named import is_secret
from difykit.env.secret import (
    followers,
    generate,
    to_generate,
    with_made,
)
from difykit.env.values import plain, settled, values

__all__ = [
    "Layer",
    "Merged",
    "assignments",
    "decode",
    "faults",
    "filled",
    "followers",
    "generate",
    "is_secret",
    "merge",
    "plain",
    "quote",
    "raw_entry",
    "set_raw",
    "set_values",
    "settled",
    "template",
    "to_generate",
    "values",
    "with_made",
    "without",
]
