"""Whatever a fork did to whichever files: a sync of the adopted workspace is the fork."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from difykit.adopt import Request, adopt
from difykit.core.progress import Silent
from difykit.source.sync import sync
from difykit.workspace.workspace import Workspace
from tests.support.forks import Fork
from tests.support.repos import Upstream
from tests.support.sweeps import swept
from tests.support.trees import Content, Link, Script
from tests.support.workspaces import WorkspaceFixture

FOLDERS = ("api/a", "api/a/b", "web", "web/c d", "docs/é", ".github")
NAMES = ("one.py", "two.txt", "three", "~four", "five.sh", ".gitattributes", "six\ttabs")


def content(dice: random.Random) -> Content:
    """A file of any kind."""
    lines = [f"{dice.randrange(6)}" for _ in range(dice.choice((0, 1, 3, 30)))]
    end = dice.choice(("\n", "\r\n"))
    text = end.join(lines) + dice.choice((end, "")) if lines else ""
    return dice.choice((text, text, text, Script(text), Link("three"), bytes(dice.randrange(256) for _ in range(40))))


def tree(dice: random.Random, count: int) -> dict[str, Content]:
    """Files below each other's folders, never one below another."""
    found: dict[str, Content] = {}
    for _ in range(count):
        path = f"{dice.choice(FOLDERS)}/{dice.choice(NAMES)}"
        if dice.random() < 0.2:
            path += f"/{dice.choice(NAMES)}"
        above = {path.rsplit("/", depth)[0] for depth in range(1, path.count("/") + 1)}
        if above.isdisjoint(found) and not any(other.startswith(f"{path}/") for other in found):
            found[path] = "*.txt text eol=crlf\n" if path.endswith("attributes") else content(dice)
    return found


@pytest.mark.parametrize("seed", swept(range(16), lambda seed: seed < 4))
def test_a_random_fork_comes_out_of_sync_as_it_went_in(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    upstream = Upstream(tmp_path)
    first, second = tree(dice, 14), tree(dice, 14)
    upstream.release("1.0.0", first)
    fork = Fork(tmp_path, upstream, "1.0.0")
    kept = {path: content for path, content in first.items() if path in second and dice.random() < 0.5}
    gone: dict[str, Content] = dict.fromkeys(first)
    fork.commit({**gone, "README.md": "ours\n"}, "away")
    fork.commit({**second, **kept}, "here")
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    request = Request(fork.url, "main", base="1.0.0", by=dice.choice(("area", "file", "commit")))
    plan = adopt(Workspace.open(space.root), request, Silent())
    assert plan.proven == fork.tree()
    sync(Workspace.open(space.root), Silent())
    assert space.git("rev-parse", "HEAD^{tree}") == fork.tree()
    assert space.git("status", "--porcelain") == ""
