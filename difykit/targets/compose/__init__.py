"""The compose target: containers of this machine's Docker engine, as Docker Compose runs them."""

from difykit.targets.compose.database_revision import reason
from difykit.targets.compose.target import ComposeTarget

TARGET = ComposeTarget()

__all__ = [
    "TARGET",
    "ComposeTarget",
    "reason",
    "stack",
]
