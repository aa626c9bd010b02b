"""Three-way merges of whole trees: git's, and named strategies for what git leaves in conflict."""

from difykit.merge.model import Conflict, Outcome, Solved
from difykit.merge.strategies import solve
from difykit.merge.trees import three_way

__all__ = ["Conflict", "Outcome", "Solved", "solve", "three_way"]
