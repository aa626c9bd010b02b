"""The pure half of `adopt`: which base, what goes where, and which patch carries what."""

from __future__ import annotations

import pytest
from packaging.version import Version

from difykit.adopt.adoption import checked_url, suggested_name
from difykit.adopt.fork_base import chosen, ranked
from difykit.adopt.groups import area, by_commit, grouped, patch_plans
from difykit.adopt.history import topmost
from difykit.adopt.model import BaseCandidate, Entries, ForkFinding, ForkSplit
from difykit.adopt.split import is_merge_copy, split
from difykit.core.errors import DifyKitError
from difykit.git.fork import HistoryCommit, Told

FILE = "100644 "
COMMON = {f"api/part_{number}.py": f"{FILE}{number}" for number in range(10)}
TIP = Told("f" * 40, "Ann", "ann@example.org", "Mon, 1 Jan 2024 10:00:00 +0000", "tip")


def release(ref: str, entries: Entries, commit: str = "") -> BaseCandidate:
    return BaseCandidate(ref, commit or ref, Version(ref), {**COMMON, **entries})


def no_blob(oid: str) -> bytes:
    raise AssertionError(oid)


def parts(base: Entries, fork: Entries, **moved: str) -> ForkSplit:
    return split(base, fork, moved, no_blob, {})


def commit(oid: str, message: str = "", **changes: tuple[str, str]) -> Told:
    return Told(oid, "Ann", "ann@example.org", TIP.date, message or oid, changes)


def test_files_of_the_fork_alone_do_not_count() -> None:
    fork = {**COMMON, "a": f"{FILE}1", **{f"own/{number}": f"{FILE}x" for number in range(1000)}}
    best, other = ranked(fork, [release("1.0", {"a": f"{FILE}0"}), release("1.1", {"a": f"{FILE}1"})])
    assert (best.release.ref, best.differs, best.same) == ("1.1", 0, 11)
    assert (other.changed, other.missing, other.stray) == (1, 0, 0)


def test_a_file_of_another_release_counts_as_a_difference() -> None:
    fork = {**COMMON, "old": f"{FILE}1"}
    found = ranked(fork, [release("1.0", {"old": f"{FILE}2"}), release("1.1", {})])
    assert [(each.release.ref, each.changed, each.stray) for each in found] == [("1.1", 0, 1), ("1.0", 1, 0)]


def test_equal_trees_are_no_doubt_and_the_newer_name_is_taken() -> None:
    assert chosen(ranked(COMMON, [release("1.0", {}), release("1.1", {})])).release.ref == "1.1"


def test_a_doubt_is_settled_by_the_history_or_asked() -> None:
    found = ranked({**COMMON, "a": f"{FILE}3"}, [release("1.0", {"a": f"{FILE}1"}), release("1.1", {"a": f"{FILE}2"})])
    assert chosen(found, ["1.0"]).release.ref == "1.0"
    with pytest.raises(DifyKitError, match=r"2 releases of Dify are as near[\s\S]*1\.0 \(1\.0\): 1 of"):
        chosen(found)
    with pytest.raises(DifyKitError, match="as near"):
        chosen(found, ["1.0", "1.1"])


def test_what_is_no_fork_is_told_with_numbers() -> None:
    with pytest.raises(DifyKitError, match=r"no release of Dify is near[\s\S]*10 missing"):
        chosen(ranked({"README.md": f"{FILE}1"}, [release("1.0", {})]))
    with pytest.raises(DifyKitError, match="no release to compare"):
        chosen([])


def test_the_upmost_commits_of_upstream_are_found_by_id_and_by_tree() -> None:
    """A merge of two lines: one holds upstream's commit itself, the other a twin of it that was rewritten."""
    nodes = [
        HistoryCommit("tip", "t0", ("merge",)),
        HistoryCommit("merge", "t1", ("own", "twin")),
        HistoryCommit("own", "t2", ("real",)),
        HistoryCommit("real", "t3", ("root",)),
        HistoryCommit("twin", "t4", ("root",)),
        HistoryCommit("root", "t5", ()),
    ]
    assert [node.oid for node in topmost(nodes, {"real", "root"}, {"t4", "t5"})] == ["real", "twin"]
    assert [node.oid for node in topmost(nodes, {"root"}, set())] == ["root"]


def test_added_files_go_into_the_overlay_and_all_else_into_patches() -> None:
    base = {"same": f"{FILE}1", "changed": f"{FILE}1", "gone": f"{FILE}1", "old": f"{FILE}7", "mode": f"{FILE}1"}
    fork = {"same": f"{FILE}1", "changed": f"{FILE}2", "new": f"{FILE}3", "moved": f"{FILE}8", "mode": "100755 1"}
    found = parts(base, fork, moved="old")
    assert found.overlay == ("new",)
    assert found.patched == ("changed", "mode", "moved", "old")
    assert found.deleted == ("gone",)


@pytest.mark.parametrize(
    "path",
    [
        "a/.gitattributes",
        "a/.gitignore",
        "__pycache__/x.pyc",
        "back\\slash",
        "tab\tname",
        "\udcff.txt",
        "u\N{COMBINING DIAERESIS}.md",
        f"a/{'x' * 250}",
    ],
)
def test_a_name_that_an_overlay_cannot_hold_is_in_a_patch(path: str) -> None:
    found = parts({}, {path: f"{FILE}1"})
    assert (found.overlay, found.patched) == ((), (path,))
    assert found.unfit[path]


def test_a_file_that_is_too_large_for_a_patch_is_a_whole_file_of_the_overlay() -> None:
    found = split(
        {"big": f"{FILE}1", "x": f"{FILE}1"}, {"big": f"{FILE}2", "x": f"{FILE}2"}, {}, no_blob, {"2": 1 << 40}
    )
    assert found.overlay == ("big", "x")


@pytest.mark.parametrize("target", [b"here", b"../own/other", b"other/x"])
def test_a_link_by_way_of_a_link_is_in_a_patch(target: bytes) -> None:
    fork = {"own/here": "120000 1", "own/other": "120000 2"}
    assert "own/here" in split({}, fork, {}, lambda oid: target if oid == "1" else b"x", {}).unfit


def test_what_nothing_can_carry_is_refused_all_at_once() -> None:
    fork = {"sub": "160000 1", "x/.git/config": f"{FILE}1", "out": "120000 2"}
    with pytest.raises(DifyKitError) as caught:
        split({}, fork, {}, lambda _: b"../../x", {})
    assert all(word in caught.value.message for word in ("a submodule", "reaches into .git", "leaves the tree"))


def test_where_a_file_becomes_a_folder_one_patch_carries_both() -> None:
    found = parts({"a": f"{FILE}1", "b/c": f"{FILE}1"}, {"a/x": f"{FILE}2", "b": f"{FILE}2"})
    assert found.swapped == {"a": ("a", "a/x"), "b": ("b", "b/c")}
    assert (found.overlay, found.deleted) == ((), ())


def test_a_copy_that_a_merge_left_is_no_moved_file() -> None:
    found = parts(
        {"AGENTS.md": f"{FILE}1"}, {"AGENTS.md~upstream_main": f"{FILE}1"}, **{"AGENTS.md~upstream_main": "AGENTS.md"}
    )
    assert (found.overlay, found.deleted, found.moved) == (("AGENTS.md~upstream_main",), ("AGENTS.md",), {})
    assert not is_merge_copy("notes~", {"notes"})
    assert not is_merge_copy("notes~main", {"other"})


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("api/app.py", "api"),
        ("api/controllers/console/x.py", "api/controllers"),
        ("web/app/page.tsx", "web/app"),
        ("web/Dockerfile", "web"),
        ("docker/nginx/x.conf", "docker"),
        ("README.md", "other"),
        (".github/workflows/x.yml", "other"),
    ],
)
def test_the_areas(path: str, name: str) -> None:
    assert area(path) == name


def patched(paths: list[str], deleted: tuple[str, ...] = ()) -> ForkSplit:
    return ForkSplit((), tuple(paths), deleted, {}, {}, {})


def test_an_area_with_many_files_is_cut_into_its_parts() -> None:
    paths = [f"api/core/{part}/{number}.py" for part in ("a", "b") for number in range(20)]
    found = grouped(patched(paths), "area", [], [], ({}, {}))
    assert [(group.name, len(group.paths)) for group in found] == [("api/core/a", 20), ("api/core/b", 20)]


def test_what_may_be_dropped_has_a_patch_for_itself_and_deletions_come_first() -> None:
    findings = [ForkFinding("conflict markers", "api/x.py", "")]
    found = grouped(
        patched(["api/x.py", "api/y.py", "api/uv.lock"], ("web/i18n/a.json", "web/i18n/b.json", "c")),
        "area",
        findings,
        [],
        ({}, {}),
    )
    assert [group.paths for group in found] == [
        ("c",),
        ("web/i18n/a.json", "web/i18n/b.json"),
        ("api/x.py",),
        ("api/y.py",),
        ("api/uv.lock",),
    ]


def test_commits_that_lead_from_the_base_to_the_fork_are_patches() -> None:
    own = [
        commit("early", a=("x", "0"), b=("0", "1")),
        commit("first", a=("0", "1")),
        commit("aside", a=("0", "9")),
        commit("second", a=("1", "2"), c=("1", "2")),
    ]
    found = by_commit(["a", "b", "c"], own, {"a": "0", "b": "0", "c": "0"}, {"a": "2", "b": "1", "c": "2"})
    assert [(group.name, group.paths) for group in found] == [("early", ("b",)), ("first", ("a",)), ("second", ("a",))]


def test_a_patch_has_the_message_of_its_commit_and_the_trailers() -> None:
    own = [commit("c" * 40, "Say more\n\nIt was too little.", a=("0", "1"))]
    groups = grouped(patched(["a", "z"]), "commit", [], own, ({"a": "0"}, {"a": "1"}))
    facts = {"name": "ours", "from": "https://example.org/x 1.0 (ffff)", "release": "1.0.0"}
    first, second = patch_plans(groups, TIP, facts)
    assert (first.name, first.subject, first.author, first.commit) == (
        "0001-say-more.patch",
        "Say more",
        "Ann",
        "c" * 40,
    )
    assert first.body.startswith(
        "It was too little.\n\nWhy: taken over from https://example.org/x 1.0 (ffff), commit ccc"
    )
    assert (second.name, second.subject, second.author) == ("0002-other.patch", "ours: other", "ours")
    assert second.body.endswith("Upstream: not sent, it comes from a fork\nMade-for: 1.0.0\n")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/YFGaia/dify-plus.git", "dify-plus"),
        ("git@github.com:Me/My_Dify", "my-dify"),
        ("file:///srv/x/", "x"),
        ("https://example.org/中文", "fork"),
    ],
)
def test_the_overlay_is_named_after_the_fork(url: str, name: str) -> None:
    assert suggested_name(url) == name


@pytest.mark.parametrize("url", ["https://a:b@example.org/x", "ext::sh", "--upload-pack=x", "http://example.org/x"])
def test_a_url_that_git_must_not_see_is_refused(url: str) -> None:
    with pytest.raises(DifyKitError, match="--fork: "):
        checked_url(url, "main")


def test_an_odd_ref_is_refused() -> None:
    with pytest.raises(DifyKitError, match="--ref: "):
        checked_url("https://example.org/x", "--upload-pack=x")
