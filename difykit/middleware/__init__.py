"""Middleware as a project of its own: on hosts of its own, or the bundled one for those who run api from source."""

from difykit.middleware.develop import Developed, check_dev, dev
from difykit.middleware.inputs import project_of
from difykit.middleware.run import down, node_to_start, up
from difykit.middleware.text import steps
from difykit.middleware.write import Rendered, check_render, render

__all__ = [
    "Developed",
    "Rendered",
    "check_dev",
    "check_render",
    "dev",
    "down",
    "node_to_start",
    "project_of",
    "render",
    "steps",
    "up",
]
