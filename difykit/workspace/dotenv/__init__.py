"""Env files as Compose reads them, changed line by line, merged by layers; and the secrets that may not stay public."""

from difykit.workspace.dotenv.dotenv import assignments, decode, faults, quote, set_raw, set_values, template, without
from difykit.workspace.dotenv.entries import filled, raw_entry
from difykit.workspace.dotenv.merge import EnvLayer, MergedEnv, merge
from difykit.workspace.dotenv.secret import followers, generate, has_value, to_generate, with_made, with_taken
from difykit.workspace.dotenv.secret_names import is_secret
from difykit.workspace.dotenv.values import plain, settled, values

__all__ = [
    "EnvLayer",
    "MergedEnv",
    "assignments",
    "decode",
    "faults",
    "filled",
    "followers",
    "generate",
    "has_value",
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
    "with_taken",
    "without",
]
