"""`upgrade.review`: what was merged beyond git, for a person to look at."""

from difykit.upgrade.review.collect import review
from difykit.upgrade.review.model import Review, ReviewedFile

__all__ = ["Review", "ReviewedFile", "review"]
