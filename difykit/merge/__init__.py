"""Three-way merges of whole trees: git's, and named strategies for what git leaves in conflict."""

from difykit.merge.batch import Clash, Job, Merged, Merger, Row, WholeTrees
from difykit.merge.byhand import Flaw, flaws
from difykit.merge.gitclean import MergedFile, Verdict, merged_files, refusal, verdict
from difykit.merge.hunks import Hunk
from difykit.merge.model import INVALID, UNFIT, Conflict, Outcome, Refusal, Remark, Solved, Trees
from difykit.merge.strategies import solve
from difykit.merge.trees import Completed, Completer, StrategyMerge, marked_files, three_way, write_tree

__all__ = [
    "INVALID",
    "UNFIT",
    "Clash",
    "Completed",
    "Completer",
    "Conflict",
    "Flaw",
    "Hunk",
    "Job",
    "Merged",
    "MergedFile",
    "Merger",
    "Outcome",
    "Refusal",
    "Remark",
    "Row",
    "Solved",
    "StrategyMerge",
    "Trees",
    "Verdict",
    "WholeTrees",
    "flaws",
    "marked_files",
    "merged_files",
    "refusal",
    "solve",
    "three_way",
    "verdict",
    "write_tree",
]
