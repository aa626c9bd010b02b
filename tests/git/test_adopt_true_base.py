"""`adopt` of a fork that shares no commit with Dify: its base is found among all of upstream's, by its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from difykit.source.patch import load
from tests.support.cli import inv
from tests.support.forks import Fork
from tests.support.repos import Upstream
from tests.support.trees import Content
from tests.support.workspaces import WorkspaceFixture

LONG = "".join(f"line {number}\n" for number in range(60))
MORE: dict[str, Content] = {"web/i18n/en-US/common.json": "{}\n", "api/more.py": "M = 1\n"}
PARTS: dict[str, Content] = {f"api/core/part_{number}.py": "P = 0\n" for number in range(12)}


def squashed(fork: Fork, *stale: str) -> None:
    """Make a fork of one commit, without history, of what it is now; `stale` are messages of commits below."""
    tree = fork.git("rev-parse", "main^{tree}")
    fork.git("update-ref", "refs/heads/main", fork.git("commit-tree", tree, "-m", "Initial commit"))
    assert not stale


def moved_on(upstream: Upstream, number: int) -> str:
    """Upstream's main, one commit further."""
    return upstream.commit({f"api/core/part_{number}.py": f"P = {number + 1}\n", f"api/new_{number}.py": "N = 1\n"})


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path)
    made.git("config", "uploadpack.allowFilter", "true")
    made.release("1.0.0", {**PARTS, "api/mine.py": LONG, "api/extra.py": LONG})
    return made


def adopted(space: WorkspaceFixture, fork: Fork, *options: str) -> dict[str, Any]:
    ran = inv("adopt", "--fork", fork.url, "--ref", "main", "--json", *options, cwd=space.root)
    assert ran.code == 0, ran.err
    told: dict[str, Any] = json.loads(ran.out)
    return told


@pytest.mark.parametrize("day", [0, 4, 9])
@pytest.mark.parametrize("ending", ["with tags", "without tags"])
def test_a_squashed_fork_stands_on_the_commit_of_its_day(
    tmp_path: Path, upstream: Upstream, day: int, ending: str
) -> None:
    commits = [moved_on(upstream, number) for number in range(10)]
    upstream.release("1.1.0", {"api/last.py": "L = 1\n"})
    fork = Fork(tmp_path, upstream, commits[day])
    fork.commit({"api/mine.py": LONG + "mine\n", "api/own/a.py": "A = 1\n", "web/package.json": None})
    squashed(fork)
    if ending == "without tags":
        for tag in ("1.0.0", "1.1.0"):
            upstream.git("tag", "--delete", tag)
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    told = adopted(space, fork)
    assert told["base"] == {"ref": commits[day], "commit": commits[day]}
    assert told["equal"]
    assert sorted(path for each in told["patches"] for path in each["paths"]) == ["api/mine.py", "web/package.json"]
    assert inv("sync", cwd=space.root).code == 0
    assert space.git("rev-parse", "HEAD^{tree}") == fork.tree()


def test_a_commit_of_another_branch_and_of_a_merged_one_is_found(tmp_path: Path, upstream: Upstream) -> None:
    start = upstream.git("rev-parse", "main")
    side = moved_on(upstream, 1)
    upstream.git("branch", "release/1.0", side)
    upstream.git("reset", "--quiet", "--hard", start)
    moved_on(upstream, 2)
    upstream.git("merge", "--quiet", "--no-ff", "-m", "merge", side)
    moved_on(upstream, 3)
    fork = Fork(tmp_path, upstream, side)
    fork.commit({"api/mine.py": LONG + "mine\n"})
    squashed(fork)
    assert adopted(WorkspaceFixture(tmp_path / "ws", upstream), fork)["base"]["commit"] == side


@pytest.mark.parametrize("newer", [True, False])
def test_of_commits_that_are_as_near_the_lines_decide(tmp_path: Path, upstream: Upstream, newer: bool) -> None:
    """Upstream changed just the file that the fork changed, too."""
    first = upstream.commit({"api/core/part_1.py": "P = 2\n"})
    second = upstream.commit({"api/mine.py": LONG.replace("line 7\n", "line seven\n").replace("line 9\n", "nine\n")})
    moved_on(upstream, 5)
    fork = Fork(tmp_path, upstream, second if newer else first)
    own = upstream.git("show", f"{second if newer else first}:api/mine.py") + "\nmine\n"
    fork.commit({"api/mine.py": own})
    squashed(fork)
    told = adopted(WorkspaceFixture(tmp_path / "ws", upstream), fork)
    assert told["base"]["commit"] == (second if newer else first)


def test_a_release_that_is_as_near_goes_before_a_commit(tmp_path: Path, upstream: Upstream) -> None:
    upstream.commit({"api/extra.py": LONG + "more\n"})
    fork = Fork(tmp_path, upstream, "1.0.0")
    fork.commit({"api/extra.py": LONG + "ours\n"})
    squashed(fork)
    assert adopted(WorkspaceFixture(tmp_path / "ws", upstream), fork)["base"]["ref"] == "1.0.0"


def test_every_part_that_may_take_long_is_named(tmp_path: Path, upstream: Upstream) -> None:
    moved_on(upstream, 1)
    fork = Fork(tmp_path, upstream, "main")
    fork.commit({"api/mine.py": LONG + "mine\n"})
    squashed(fork)
    ran = inv("adopt", "--fork", fork.url, "--ref", "main", cwd=WorkspaceFixture(tmp_path / "ws", upstream).root)
    assert ran.code == 0, ran.err
    for words in ("2 of 2 commits compared", "look for files that moved", "look for secrets in", "see what changed"):
        assert words in ran.err


def test_a_pin_that_is_no_release_is_said_and_built_from_source(tmp_path: Path, upstream: Upstream) -> None:
    between = moved_on(upstream, 3)
    fork = Fork(tmp_path, upstream, between)
    fork.commit({"api/mine.py": LONG + "mine\n"})
    squashed(fork)
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    adopted(space, fork)
    assert [patch.trailer("Made-for") for patch in load(space.root / "patches")] == ["1.0.0+commit"]
    assert inv("sync", cwd=space.root).code == 0
    assert inv("patch.check", cwd=space.root).code == 0
    (space.root / "images/api").mkdir(parents=True)
    (space.root / "images/api/image.yaml").write_text("version: 1\nreplaces: langgenius/dify-api\n")
    dockerfile = "FROM busybox\nWORKDIR /app/api\nCOPY . /app/api/\n"
    pinned = upstream.commit({"api/Dockerfile": dockerfile, "web/Dockerfile": dockerfile.replace("api", "web")})
    (space.root / "patches/series").write_text("")
    for patch in (space.root / "patches").glob("*.patch"):
        patch.unlink()
    settings = space.root / "difykit.yaml"
    settings.write_text(settings.read_text().replace(between, pinned))
    assert inv("sync", cwd=space.root).code == 0
    ran = inv("build", "--check", "--json", cwd=space.root)
    assert ran.code == 0, ran.err
    why = f"{pinned} is no release with images of its own: its Compose file names the images of 1.0.0"
    images = json.loads(ran.out)["images"]
    assert {(image["strategy"], image["reason"]) for image in images} == {("source", why)}


def kinds(told: dict[str, Any], kind: str) -> list[tuple[str, str]]:
    return [(each["path"], each["text"]) for each in told["findings"] if each["kind"] == kind]


@pytest.mark.parametrize("named", [True, False])
def test_a_submodule_is_left_out_and_listed(tmp_path: Path, upstream: Upstream, named: bool) -> None:
    fork = Fork(tmp_path, upstream, "1.0.0")
    modules = '[submodule "thing"]\n\tpath = vendor/thing\n\turl = https://example.org/thing.git\n'
    fork.commit({"api/mine.py": LONG + "mine\n", **({".gitmodules": modules} if named else {})})
    without = fork.tree()
    fork.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor/thing")
    fork.git("commit", "--quiet", "--message=stray")
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    told = adopted(space, fork)
    assert (told["left_out"], told["equal"], told["tree"]) == (["vendor/thing"], True, without)
    text = ".gitmodules says of which repository"
    assert kinds(told, "submodule") == [("vendor/thing", text if named else f"a stray: no {text}")]
    assert inv("sync", cwd=space.root).code == 0
    assert space.git("rev-parse", "HEAD^{tree}") == without


KEY = f"sk-{'a1B2c3D4' * 5}"


@pytest.mark.parametrize(
    ("changes", "secret"),
    [
        ({"api/tests/moved/test_key.py": f'KEY = "{KEY}"\nOWN = 1\n', "api/tests/test_key.py": None}, []),
        ({"api/tests/moved/test_key.py": f'KEY = "{KEY}"\n'}, []),
        ({"docker/own.env": "API_TOKEN=shipped-value-1\n"}, []),
        ({"api/own.py": f'KEY = "{KEY[::-1].replace("-ks", "")}"\nK = "sk-{"Z9y8X7w6" * 5}"\n'}, ["api/own.py"]),
        ({"api/own.py": f'A = "{KEY}"\nB = "sk-{"Z9y8X7w6" * 5}"\n'}, ["api/own.py"]),
    ],
)
def test_what_upstream_ships_elsewhere_is_no_secret_of_the_fork(
    tmp_path: Path, upstream: Upstream, changes: dict[str, Content], secret: list[str]
) -> None:
    upstream.release("1.0.1", {"api/tests/test_key.py": f'KEY = "{KEY}"\n', "dev/x.env": "API_TOKEN=shipped-value-1\n"})
    fork = Fork(tmp_path, upstream, "1.0.1")
    fork.commit(changes)
    told = adopted(WorkspaceFixture(tmp_path / "ws", upstream), fork)
    assert [path for path, _ in kinds(told, "secret")] == secret


def test_what_names_the_same_new_things_is_one_patch(tmp_path: Path, upstream: Upstream) -> None:
    upstream.release("1.0.1", {**MORE, "api/services/app.py": LONG})
    fork = Fork(tmp_path, upstream, "1.0.1")
    fork.commit(
        {
            "api/services/seat_plan.py": "class SeatPlan: ...\n",
            "api/services/app.py": LONG + "from services.seat_plan import SeatPlan\n",
            "web/i18n/en-US/common.json": '{"seatPlan.title": "Seats"}\n',
            "api/extra.py": LONG + "something = 'else'\n",
        }
    )
    squashed(fork)
    told = adopted(WorkspaceFixture(tmp_path / "ws", upstream), fork)
    assert [(each["subject"], each["paths"]) for each in told["patches"]] == [
        ("my-fork: seat-plan", ["api/services/app.py", "web/i18n/en-US/common.json"]),
        ("my-fork: api", ["api/extra.py"]),
    ]


def test_commits_on_top_of_the_base_keep_their_author_and_message(tmp_path: Path, upstream: Upstream) -> None:
    fork = Fork(tmp_path, upstream, "1.0.0")
    fork.commit({"api/mine.py": LONG + "mine\n", "api/own.py": "O = 1\n"}, "Mine\n\nSince it has to be.")
    fork.who("Bob", "bob@example.org")
    fork.commit({"api/extra.py": LONG + "extra\n"}, "Extra")
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    adopted(space, fork)
    patches = load(space.root / "patches")
    assert [(patch.subject, patch.author) for patch in patches] == [("Mine", "Ann"), ("Extra", "Bob")]
    assert "Since it has to be." in patches[0].body
