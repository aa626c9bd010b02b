"""patch.import: diffs, mails and commits of another repository become patches to fill in, all of them or none."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from difykit.source.patch import load
from tests.support.authoring import spaced
from tests.support.cli import inv
from tests.support.trees import read_tree, write_tree
from tests.support.workspaces import WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    return spaced(tmp_path)


def content(space: WorkspaceFixture) -> dict[str, str]:
    return read_tree(space.root, skip=(".difykit",))


PLAIN = """\
--- api/app.py.orig\t2024-01-01 10:00:00
+++ api/app.py\t2024-01-01 10:00:00
@@ -1,3 +1,3 @@
 print('one')
-print('two')
+print('TWO')
 print('three')
"""
GIT = "--- a/api/app.py\n+++ b/api/app.py\n" + PLAIN[PLAIN.index("@@") :]
MAIL = (
    "From: Bob <bob@example.org>\nDate: Tue, 2 Jan 2024 10:00:00 +0100\nSubject: [PATCH 1/1] Say TWO\n"
    f"\nBecause.\n---\n{GIT}"
)
MBOX = f"From {'1' * 40} Mon Sep 17 00:00:00 2001\n{MAIL}-- \n2.39.5\n\n"
BINARY = (
    "diff --git a/api/x.bin b/api/x.bin\nnew file mode 100644\nindex 0000000..1111111\n"
    "Binary files /dev/null and b/api/x.bin differ\n"
)
HOOK = (
    "diff --git a/.git/hooks/x b/.git/hooks/x\nnew file mode 100755\n--- /dev/null\n+++ b/.git/hooks/x\n"
    "@@ -0,0 +1 @@\n+run\n"
)
ENCODED = MAIL.replace("Say TWO", "=?utf-8?q?Gr=C3=BC=C3=9Fe?=")


@pytest.mark.parametrize(
    ("name", "text", "subject", "author"),
    [
        ("two.diff", PLAIN, "two", None),
        ("0007-say_two.patch", f"diff --git a/api/app.py b/api/app.py\n{GIT}", "say two", None),
        ("x.diff", f"Say it louder\n\nIt was not heard.\n\n{GIT}", "Say it louder", None),
        ("x.eml", MAIL, "Say TWO", "Bob"),
        ("x.mbox", f"From {'1' * 40} Mon Sep 17 00:00:00 2001\n{MAIL}-- \n2.39.5\n", "Say TWO", "Bob"),
        ("umlaut.eml", ENCODED, "Grüße", "Bob"),
        ("latin.eml", MAIL.replace("Bob <", "=?iso-8859-1?q?J=FCrgen?= <"), "Say TWO", "Jürgen"),
        ("crlf.eml", MAIL.replace("\n", "\r\n"), "Say TWO", "Bob"),
        ("folded.eml", f"Received: from there\n\tby us; today\n{MAIL}", "Say TWO", "Bob"),
        ("crlf.diff", GIT.replace("\n", "\r\n"), "crlf", None),
        ("no-subject.eml", MAIL.replace("[PATCH 1/1] Say TWO", ""), "An imported change", "Bob"),
        ("moved.diff", GIT.replace("@@ -1,3 +1,3 @@", "@@ -41,3 +41,3 @@"), "moved", None),
    ],
)
def test_each_kind_of_file_becomes_a_patch_to_fill_in(
    space: WorkspaceFixture, name: str, text: str, subject: str, author: str | None
) -> None:
    (space.root / name).write_bytes(text.encode())
    ran = inv("patch.import", name, "--json", cwd=space.root)
    assert ran.code == 0, ran.err
    patch = load(space.root / "patches")[-1]
    assert json.loads(ran.out)["new"] == [patch.name] == (space.root / "patches/series").read_text().split()[-1:]
    assert patch.subject == subject
    assert author is None or patch.author == author
    assert patch.trailer("Made-for") == "1.0.0"
    assert "print('TWO')" in (space.source / "api/app.py").read_text()
    asked = inv("patch.check", cwd=space.root)
    assert (asked.code, f"{patch.name}: Why: is still to be filled in" in asked.out) == (1, True)
    before = content(space)
    again = inv("patch.import", name, cwd=space.root)
    assert (again.code, content(space) == before) == (1, True)


def repository(folder: Path, *, first: str = "print('one')\n") -> str:
    """A repository with two commits on the test's api/app.py, which begins with `first`."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{role}_{part}": "eve@example.org" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")},
    }

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=folder, env=env, check=True, capture_output=True)

    folder.mkdir()
    git("init", "--quiet", "--initial-branch=main")
    write_tree(folder, {"api/app.py": f"{first}print('two')\nprint('three')\n"})
    for message, changes in (
        ("base", {}),
        ("First", {"api/app.py": f"{first}print('TWO')\nprint('three')\n"}),
        ("Second", {"api/more.bin": b"\0\1" * 30}),
    ):
        write_tree(folder, changes)
        git("add", "--all")
        git("commit", "--quiet", "--allow-empty", f"--message={message}")
        if message == "base":
            git("tag", "v0")
    git("branch", "feat/#12_größer@x")
    return str(folder)


def test_commits_of_a_repository_become_patches(space: WorkspaceFixture, tmp_path: Path) -> None:
    url = repository(tmp_path / "theirs")
    ran = inv("patch.import", "v0..main", "--from", url, "--why", "they did", cwd=space.root)
    assert ran.code == 0, ran.err
    patches = load(space.root / "patches")[-2:]
    assert [(patch.subject, patch.email, patch.trailer("Why")) for patch in patches] == [
        ("First", "eve@example.org", "they did"),
        ("Second", "eve@example.org", "they did"),
    ]
    assert (space.source / "api/more.bin").read_bytes() == b"\0\1" * 30


@pytest.mark.parametrize("commits", ["main~1..main", "HEAD^..HEAD", "feat/#12_größer@x~1..feat/#12_größer@x"])
def test_a_range_may_begin_some_commits_before(space: WorkspaceFixture, tmp_path: Path, commits: str) -> None:
    ran = inv("patch.import", commits, "--from", repository(tmp_path / "theirs"), "--json", cwd=space.root)
    assert (ran.code, json.loads(ran.out)["new"]) == (0, ["0003-second.patch"]), ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nope.diff",), "nope.diff is not there"),
        (("empty.diff",), "holds no diff"),
        (("cover.eml",), "holds no change"),
        (("unfit.diff",), "does not fit Dify 1.0.0"),
        (("fits.diff", "unfit.diff"), "does not fit Dify 1.0.0"),
        (("outside.diff",), "does not fit Dify 1.0.0"),
        (("main", "--from", "{theirs}"), "main is no range of commits"),
        (("main..v0", "--from", "{theirs}"), "holds no change"),
        (("v0..nowhere", "--from", "{theirs}"), "has no nowhere"),
        (("v0..main~9", "--from", "{theirs}"), "has no main~9: the history of main is shorter"),
        (("v0..ma*n", "--from", "{theirs}"), "ma*n in v0..ma*n: "),
        (("v0..main..x", "--from", "{theirs}"), "main..x in v0..main..x: "),
        (("v0..-x", "--from", "{theirs}"), "-x in v0..-x: '-x' is not a tag, a branch or a full commit id"),
        (("v0..~2", "--from", "{theirs}"), "~2 in v0..~2: '' is not a tag, a branch or a full commit id"),
        (("v0..main@{{1}}", "--from", "{theirs}"), "'main@{1}' is not a tag, a branch or a full commit id"),
        (("v0..main", "--from", "ftp://example.org/x"), "is not an https, ssh or file URL"),
        (("v0..main", "--from", "ext::sh -c x"), "is not an https, ssh or file URL"),
        (("v0..main", "--from", "{odd}"), ", commit 1 (First) does not fit Dify 1.0.0"),
        (("two.mbox",), "two.mbox, mail 2 (Say TWO) does not fit Dify 1.0.0"),
        (("binary.diff",), "write it by git diff --binary"),
        (("hook.diff",), "a patch cannot write there"),
        (("fits.diff", "--subject", "A", "--also", "fits.diff"), "names one patch"),
    ],
)
def test_an_import_that_cannot_be_is_refused_and_nothing_changes(
    space: WorkspaceFixture, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    theirs, odd = repository(tmp_path / "theirs"), repository(tmp_path / "odd", first="print('uno')\n")
    unfit = GIT.replace("print('one')", "print('uno')")
    outside = GIT.replace("a/api/app.py", "a/../x").replace("b/api/app.py", "b/../x")
    texts = {"empty.diff": "hello\n", "cover.eml": MAIL.partition("---\n")[0], "unfit.diff": unfit}
    texts |= {"binary.diff": BINARY, "hook.diff": HOOK, "two.mbox": MBOX + MBOX}
    write_tree(space.root, {**texts, "fits.diff": GIT, "outside.diff": outside})
    before = content(space)
    ran = inv("patch.import", *(word.format(theirs=theirs, odd=odd) for word in words), cwd=space.root)
    assert (ran.code, content(space) == before) == (1, True), ran.err
    assert said in ran.err
