"""`doctor --stack`: what is wrong with a deployment that runs, and what mends it."""

from difykit.stack.do import CHECKS, examine_stack

__all__ = ["CHECKS", "examine_stack"]
