"""Settings: what a workspace sets, what its release reads, and new secrets in the place of old ones."""

from difykit.checks.settings.check import JudgedSettings, broken, check, findings, judge
from difykit.checks.settings.configured import Look, look, look_at
from difykit.checks.settings.coverage import Coverage
from difykit.checks.settings.diff import Differences, diff
from difykit.checks.settings.edit import SettingEdit, set_value
from difykit.checks.settings.release import read_release
from difykit.checks.settings.rotate import check_rotation, rotate
from difykit.checks.settings.rotation import Rotation
from difykit.checks.settings.show import ShownSetting, listed, show
from difykit.checks.settings.stack import left_out_by

__all__ = [
    "Coverage",
    "Differences",
    "JudgedSettings",
    "Look",
    "Rotation",
    "SettingEdit",
    "ShownSetting",
    "broken",
    "check",
    "check_rotation",
    "diff",
    "findings",
    "judge",
    "left_out_by",
    "listed",
    "look",
    "look_at",
    "read_release",
    "rotate",
    "set_value",
    "show",
]
