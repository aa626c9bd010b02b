"""Three-way merges of whole trees: git's, and named strategies for what git leaves in conflict."""

from difykit.merge.batch import Clash, Job, Merged, Merger, Row, WholeTrees
from difykit.merge.hunks import Hunk
from difykit.merge.model import INVALID, UNFIT, Conflict, Outcome, Refusal, Solved, Trees
from difykit.merge.strategies import solve
from difykit.merge.trees import Completed, Completer, marked_files, three_way, write_tree

__all__ = [
    "INVALID",
    "UNFIT",
    "Clash",
    "Completed",
    "Completer",
    "Conflict",
    "Hunk",
    "Job",
    "Merged",
    "Merger",
    "Outcome",
    "Refusal",
    "Row",
    "Solved",
    "Trees",
    "WholeTrees",
    "marked_files",
    "solve",
    "three_way",
    "write_tree",
]
