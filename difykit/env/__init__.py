"""Env files as Compose reads them, changed line by line, merged by layers; and the secrets that may not stay public."""

from difykit.env.dotenv import assignments, decode, faults, quote, set_raw, set_values
from difykit.env.merge import Layer, Merged, merge
from difykit.env.secret import followers, generate, to_generate

__all__ = [
    "Layer",
    "Merged",
    "assignments",
    "decode",
    "faults",
    "followers",
    "generate",
    "merge",
    "quote",
    "set_raw",
    "set_values",
    "to_generate",
]
