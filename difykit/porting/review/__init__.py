"""`upgrade.review`: what was merged beyond git, for a person to look at."""

from difykit.porting.review.collect import review
from difykit.porting.review.markdown import markdown
from difykit.porting.review.model import Review, ReviewedFile
from difykit.porting.review.page import page
from difykit.porting.review.words import in_lines

__all__ = [
    "Review",
    "ReviewedFile",
    "in_lines",
    "markdown",
    "page",
    "review",
]
