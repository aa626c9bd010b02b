"""`doctor`: what is wrong with this machine and this workspace, and what mends it."""

from difykit.doctor.do import CHECKS, Check, doctor
from difykit.doctor.finding import Finding, Said, fail, ok, skip, warn

__all__ = ["CHECKS", "Check", "Finding", "Said", "doctor", "fail", "ok", "skip", "warn"]
