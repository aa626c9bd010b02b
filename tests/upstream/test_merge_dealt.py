"""Dify's own changes from one release to the next, dealt to two sides at random: together again, nothing is wrong.

What comes out is the release's own file, so whatever is said to be wrong of it for sure is not.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from difykit.git import Store
from difykit.porting.strategies.diff import DiffEdit, edits
from difykit.porting.strategies.merge_findings import judge
from difykit.porting.strategies.model import FindingWeight, MergeTexts
from difykit.porting.strategies.regions import lines_of

pytestmark = pytest.mark.upstream
FILES = 150
DOUBTS = 5


def changed(store: Store, old: str, new: str) -> Iterator[tuple[str, str, str]]:
    """The code that both releases have otherwise, as (path, old text, new text)."""
    trees = [store.tree(rev) for rev in (old, new)]
    paths = [path for _, path in store.changed(old, new) if path.endswith((".py", ".ts", ".tsx"))]
    both = sorted(path for path in paths if all(path in tree.entries for tree in trees))
    for path in random.Random(new).sample(both, FILES):
        yield path, trees[0].text(path), trees[1].text(path)


def made(base: Sequence[str], changes: Sequence[DiffEdit]) -> str:
    rows: list[str] = []
    at = 0
    for edit in changes:
        rows += [*base[at : edit.start], *edit.new]
        at = edit.end
    return "".join([*rows, *base[at:]])


@pytest.mark.parametrize(("old", "new"), [("1.12.1", "1.13.0"), ("1.14.0", "1.15.0")])
def test_what_comes_together_again_is_not_wrong(tmp_path: Path, old: str, new: str) -> None:
    place = os.environ.get("DIFYKIT_UPSTREAM", "").removeprefix("file://")
    if not place:
        pytest.skip("DIFYKIT_UPSTREAM names no repository of Dify's releases")
    argv = ["git", f"--git-dir={place}", "rev-parse", f"{old}^{{commit}}", f"{new}^{{commit}}"]
    revs = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()
    deal = random.Random(old)
    doubts: list[str] = []
    with Store(tmp_path / "store.git") as store:
        store.ensure()
        (store.path / "objects/info/alternates").write_text(f"{Path(place).resolve() / 'objects'}\n")
        for path, was, now in changed(store, *revs):
            base = lines_of(was)
            changes = edits(base, lines_of(now))
            dealt = [deal.random() < 0.5 for _ in changes]
            ours, theirs = (
                made(base, [edit for edit, first in zip(changes, dealt, strict=True) if first is mine])
                for mine in (True, False)
            )
            findings = judge(MergeTexts(path, was, ours, theirs), now)
            assert [finding.text for finding in findings if finding.weight is FindingWeight.SURE] == [], path
            doubts += [f"{path}: {finding.text}" for finding in findings if finding.weight is FindingWeight.DOUBT]
    assert len(doubts) <= DOUBTS, doubts
