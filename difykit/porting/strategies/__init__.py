"""Three-way merges of whole trees: git's, and named strategies for what git leaves in conflict."""

from difykit.porting.strategies.batch import ConflictedPath, Job, Merger, Row, TreeMerge, WholeTrees
from difykit.porting.strategies.completion import (
    CompletedMerge,
    Completer,
    StrategyMerge,
    marked_files,
    write_tree,
)
from difykit.porting.strategies.diff import edits
from difykit.porting.strategies.hand_merged import Flaw, flaws
from difykit.porting.strategies.hunks import ConflictHunk
from difykit.porting.strategies.model import INVALID, UNFIT, Conflict, Refusal, Remark, Solved, Trees

__all__ = [
    "INVALID",
    "UNFIT",
    "CompletedMerge",
    "Completer",
    "Conflict",
    "ConflictHunk",
    "ConflictedPath",
    "Flaw",
    "Job",
    "Merger",
    "Refusal",
    "Remark",
    "Row",
    "Solved",
    "StrategyMerge",
    "TreeMerge",
    "Trees",
    "WholeTrees",
    "edits",
    "flaws",
    "marked_files",
    "write_tree",
]
