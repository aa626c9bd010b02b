"""`adopt`: an existing fork of Dify becomes patches and one overlay, and a sync of them is that fork."""

from difykit.adopt.base import in_words
from difykit.adopt.do import adopt
from difykit.adopt.model import ForkFinding, Plan, Request, way
from difykit.adopt.report import findings_in_words, summary

__all__ = [
    "ForkFinding",
    "Plan",
    "Request",
    "adopt",
    "findings_in_words",
    "in_words",
    "summary",
    "way",
]
