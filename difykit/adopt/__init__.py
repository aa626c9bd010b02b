"""`adopt`: an existing fork of Dify becomes patches and one overlay, and a sync of them is that fork."""

from difykit.adopt.adoption import adopt
from difykit.adopt.model import AdoptionPlan, ForkFinding, Request, grouping_of
from difykit.adopt.move_in import clear, move_in, scratch
from difykit.adopt.report import findings_in_words, summary

__all__ = [
    "AdoptionPlan",
    "ForkFinding",
    "Request",
    "adopt",
    "clear",
    "findings_in_words",
    "grouping_of",
    "move_in",
    "scratch",
    "summary",
]
