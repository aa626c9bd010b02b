"""Three-way merges of whole trees: git's, and named strategies for what git leaves in conflict."""

from difykit.merge.byhand import Flaw, flaws
from difykit.merge.gitclean import MergedFile, Verdict, merged_files, refusal, verdict
from difykit.merge.model import INVALID, Conflict, Outcome, Refusal, Remark, Solved
from difykit.merge.strategies import solve
from difykit.merge.trees import three_way

__all__ = [
    "INVALID",
    "Conflict",
    "Flaw",
    "MergedFile",
    "Outcome",
    "Refusal",
    "Remark",
    "Solved",
    "Verdict",
    "flaws",
    "merged_files",
    "refusal",
    "solve",
    "three_way",
    "verdict",
]
