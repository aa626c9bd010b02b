"""The `env` commands: what a workspace sets, what its release reads, and new secrets in the place of old ones."""

from difykit.settings.check import check, findings
from difykit.settings.diff import Differences, diff
from difykit.settings.edit import Edited, set_value
from difykit.settings.finding import Finding
from difykit.settings.given import Look, look
from difykit.settings.rotate import check_rotation, rotate
from difykit.settings.rotation import Rotation
from difykit.settings.show import Shown, listed, show

__all__ = [
    "Differences",
    "Edited",
    "Finding",
    "Look",
    "Rotation",
    "Shown",
    "check",
    "check_rotation",
    "diff",
    "findings",
    "listed",
    "look",
    "rotate",
    "set_value",
    "show",
]
