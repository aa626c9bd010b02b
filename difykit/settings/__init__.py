"""`env.check`, `env.list`, `env.show`, `env.diff` and `env.set`: what a workspace sets, and what its release reads."""

from difykit.settings.check import check, findings
from difykit.settings.diff import Differences, diff
from difykit.settings.edit import Edited, set_value
from difykit.settings.finding import Finding
from difykit.settings.given import Look, look
from difykit.settings.show import Shown, listed, show

__all__ = [
    "Differences",
    "Edited",
    "Finding",
    "Look",
    "Shown",
    "check",
    "diff",
    "findings",
    "listed",
    "look",
    "set_value",
    "show",
]
