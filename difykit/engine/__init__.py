"""The Docker engine, buildx and Compose, as difykit uses them; the only place that calls them.

What is asked on every run goes through the docker program: it answers in 10 ms, importing docker-py takes 130 ms.
"""

from difykit.engine.bake import bake, bake_argv
from difykit.engine.compose import (
    ComposeService,
    compose,
    compose_argv,
    compose_down,
    compose_env,
    compose_logs,
    compose_ps,
    compose_up,
)
from difykit.engine.files import FileInImage, ImageFiles, open_image
from difykit.engine.images import ImageInfo, inspect, pull, remove_tree, tag, untag
from difykit.engine.tools import available, compose_version, engine_version, need_buildx, need_compose, need_engine

__all__ = [
    "ComposeService",
    "FileInImage",
    "ImageFiles",
    "ImageInfo",
    "available",
    "bake",
    "bake_argv",
    "compose",
    "compose_argv",
    "compose_down",
    "compose_env",
    "compose_logs",
    "compose_ps",
    "compose_up",
    "compose_version",
    "engine_version",
    "inspect",
    "need_buildx",
    "need_compose",
    "need_engine",
    "open_image",
    "pull",
    "remove_tree",
    "tag",
    "untag",
]
