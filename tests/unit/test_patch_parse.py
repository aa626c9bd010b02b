"""Reading patch files: every form git writes, and every form that is refused."""

from __future__ import annotations

import base64
import zlib

import pytest

from difykit.core.errors import ConfigError
from difykit.source.patch import FileChange, Patch, parse

MAIL = """From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
From: =?UTF-8?q?J=C3=B6rg=20=C3=84?= <j@example.org>
Date: Tue, 14 Nov 2023 22:13:20 +0100
Subject: [PATCH 2/7] =?UTF-8?q?Gr=C3=BC=C3=9Fe?= that are long enough
 to be folded
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

The customers ask for it.

Why: the login page
  must greet
Upstream: https://example.org/1
Made-for: 1.15.0
---
 x | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

"""
EDIT = """diff --git a/x b/x
index 1111111..2222222 100644
--- a/x
+++ b/x
@@ -1,3 +1,3 @@ def f():
 one
-two
+TWO
 three
"""
SIGNATURE = "-- \n2.39.5\n\n"
Z40, I40 = "0" * 40, "1" * 40


def read(text: str) -> Patch:
    return parse("0001-x.patch", text.encode())


def only(text: str) -> FileChange:
    (change,) = read(text).changes
    return change


def problem(text: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        parse("0001-x.patch", text if isinstance(text, bytes) else text.encode())
    return str(caught.value)


def packed(data: bytes, method: str = "literal", size: int | None = None) -> str:
    lines = [f"{method} {len(data) if size is None else size}"]
    deflated = zlib.compress(data)
    for at in range(0, len(deflated), 52):
        piece = deflated[at : at + 52]
        letter = chr(len(piece) + (0x40 if len(piece) < 27 else 0x46))
        lines.append(letter + base64.b85encode(piece + b"\0" * (-len(piece) % 4)).decode())
    return "\n".join(lines) + "\n\n"


def binary(halves: str, ids: str = f"{Z40}..{I40}") -> str:
    return f"diff --git a/x b/x\nnew file mode 100644\nindex {ids}\nGIT binary patch\n{halves}"


def test_the_mail_says_who_when_and_why() -> None:
    patch = read(MAIL + EDIT + SIGNATURE)
    assert (patch.subject, patch.author) == ("Grüße that are long enough to be folded", "Jörg Ä")
    assert (patch.email, patch.date) == ("j@example.org", "Tue, 14 Nov 2023 22:13:20 +0100")
    assert patch.body.startswith("The customers ask for it.\n\nWhy: the login")
    assert patch.trailers == (
        ("Why", "the login page must greet"),
        ("Upstream", "https://example.org/1"),
        ("Made-for", "1.15.0"),
    )
    assert patch.trailer("why") == "the login page must greet"
    assert patch.trailer("Until") == ""


def test_an_author_in_the_first_line_of_the_body_is_the_author() -> None:
    mail = MAIL.replace("\n\nThe customers", "\n\nFrom: Real One <real@example.org>\n\nThe customers")
    patch = read(mail + EDIT)
    assert (patch.author, patch.email) == ("Real One", "real@example.org")
    assert patch.body.startswith("The customers")


@pytest.mark.parametrize(
    ("paragraph", "count"),
    [("Why: a\nUntil: b", 2), ("Why: a\nprose\nmore", 1), ("Note: a\nprose", 0), ("prose", 0), ("Why: a\n\nprose", 0)],
)
def test_trailers_are_the_last_paragraph_by_the_rules_of_git(paragraph: str, count: int) -> None:
    mail = MAIL.split("The customers", maxsplit=1)[0]
    assert len(read(f"{mail}Text: x\n\n{paragraph}\n---\n\n{EDIT}").trailers) == count


def test_a_plain_diff_has_its_file_name_as_subject() -> None:
    patch = read(EDIT)
    assert (patch.subject, patch.author, patch.body) == ("0001-x.patch", "", "")


def test_a_hunk_keeps_its_lines_their_ends_and_its_place_in_the_file() -> None:
    text = MAIL + EDIT.replace("-two\n", "-two\r\n").replace(" three\n", " three\n\\ No newline at end of file\n")
    change = only(text + SIGNATURE)
    assert (change.kind, change.old_path, change.new_path) == ("modify", "x", "x")
    assert (change.old_id, change.new_id) == ("1111111", "2222222")
    assert (change.old_mode, change.new_mode) == ("100644", "100644")
    (hunk,) = change.hunks
    assert hunk.lines == (b" one\n", b"-two\r\n", b"+TWO\n", b" three")
    assert (hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count) == (1, 3, 1, 3)
    assert text.splitlines()[hunk.patch_line - 1].startswith("@@ ")


@pytest.mark.parametrize(
    ("header", "kind", "modes"),
    [
        ("new file mode 100755\nindex 0000000..e69de29", "add", (None, "100755")),
        ("new file mode 100644", "add", (None, "100644")),
        ("deleted file mode 120000\nindex e69de29..0000000", "delete", ("120000", None)),
        ("old mode 100644\nnew mode 100755", "modify", ("100644", "100755")),
    ],
)
def test_changes_without_hunks_are_read(header: str, kind: str, modes: tuple[str | None, str | None]) -> None:
    change = only(f"diff --git a/x y b/x y\n{header}\n{SIGNATURE}")
    assert (change.kind, (change.old_mode, change.new_mode), change.path) == (kind, modes, "x y")


@pytest.mark.parametrize("kind", ["rename", "copy"])
def test_renames_and_copies_name_both_paths(kind: str) -> None:
    change = only(f'diff --git a/x b/y\nsimilarity index 100%\n{kind} from x\n{kind} to "y\\tz"\n')
    assert (change.kind, change.old_path, change.new_path) == (kind, "x", "y\tz")


@pytest.mark.parametrize(
    ("names", "path"),
    [
        (r'"a/\303\244 b" "b/\303\244 b"', "ä b"),
        (r'"a/\"\\\n\377" "b/\"\\\n\377"', '"\\\n\udcff'),
        ("a/b/a b/b b/b/a b/b", "b/a b/b"),
    ],
)
def test_quoted_names_and_names_with_blanks_are_read(names: str, path: str) -> None:
    assert only(f"diff --git {names}\nold mode 100644\nnew mode 100755\n").path == path


def test_one_file_may_make_way_for_another_of_its_name() -> None:
    gone = "diff --git a/x b/x\ndeleted file mode 100644\nindex e69de29..0000000\n"
    there = "diff --git a/x b/x\nnew file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+y\n"
    assert [change.kind for change in read(gone + there).changes] == ["delete", "add"]
    assert "two changes to one path" in problem(there + gone)


@pytest.mark.parametrize(
    "path", ["../x", "/x", "a/../b", "a//b", "./x", ".git/config", "a/.GIT/b", r"a/\000", "x/", "x" * 5000]
)
def test_a_path_that_leaves_the_tree_is_refused(path: str) -> None:
    text = f'diff --git "a/{path}" "b/{path}"\nold mode 100644\nnew mode 100755\n'
    assert problem(text).startswith("patches/0001-x.patch:1: this path ")
    assert "this path" in problem(f'diff --git a/x b/y\nrename from x\nrename to "{path}"\n')


MODE = "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 0, "changes no file"),
        (MAIL, 19, "changes no file"),
        (EDIT.replace("diff --git a/x b/x\n", ""), 4, "without a `diff --git`"),
        ("diff --cc x\nindex 1,2..3\n", 1, "combined"),
        (EDIT.replace("@@ -1,3 +1,3 @@", "@@@ -1,3 -1,3 +1,3 @@@"), 5, "combined"),
        (EDIT.replace("1111111", "111z111"), 2, "hexadecimal"),
        (EDIT.replace("1111111", "0000000"), 2, "only a file that is not there"),
        (EDIT.replace("100644", "160000"), 1, "submodule"),
        (EDIT.replace("100644", "100600"), 1, "unknown file mode"),
        (EDIT.replace("+++ b/x", "+++ b/y"), 4, "should name b/x, not b/y"),
        (EDIT.replace("a/x b/x\n", "a/x b/y\n"), 1, "names two files"),
        (EDIT.replace("a/", "").replace("b/", ""), 1, "--src-prefix"),
        (EDIT.replace("\n", "\r\n"), 1, "CRLF"),
        (EDIT + EDIT, 10, "two changes to one path"),
        (EDIT + MODE.replace("/x", "/x/y"), 10, "two changes to one path"),
        (EDIT.replace("-1,3", "-1,4"), 5, "ends before"),
        (EDIT.replace("-1,3", "-1,999999999"), 5, "ends before"),
        (EDIT.replace("-1,3 +1,3", "-1,2 +1,2"), 9, "belongs to no hunk"),
        (EDIT.replace("+1,3", "+2,3"), 5, "do not agree"),
        (EDIT.replace("-1,3 +1,3", "-0,3 +0,3"), 5, "counted from 1"),
        (EDIT.replace("-two\n+TWO", " two"), 5, "changes nothing"),
        (EDIT.removesuffix("\n"), 9, "ends inside this line"),
        (EDIT.replace("-two\n", "-two\n\\ No newline at end of file\n"), 5, "last line of a file"),
        (EDIT.replace("-1,3 +1,3", "-5 +5").replace(" one\n", "").replace(" three\n", ""), 5, "fits anywhere"),
        (EDIT.replace("-1,3 +1,3", "-5,2 +5,2").replace(" one\n", ""), 5, "too few context lines"),
        (EDIT[: EDIT.index("---")], 1, "hunks are missing"),
        (EDIT[: EDIT.index("@@")], 5, "hunk is missing"),
        (EDIT.replace("--- a/x\n", ""), 1, "`---` line"),
        ("diff --git a/x b/x\nindex 111111..222222 100644\nBinary files a/x and b/x differ\n", 3, "--binary"),
        (MODE + "old mode 100644\n", 4, "second `old mode`"),
        (MODE.replace("new mode 100755\n", ""), 1, "pairs"),
        (MODE.replace("100755", "100644"), 1, "changes nothing"),
        (MODE.replace("100755", "120000"), 1, "becomes a symlink"),
        (MODE + SIGNATURE + EDIT.replace("/x", "/y"), 4, "one commit"),
        (MODE + SIGNATURE + "@@ -1 +1 @@\n", 7, "after the end"),
        (MAIL.replace("8bit", "base64") + EDIT, 1, "re-encoded"),
    ],
)
def test_what_is_malformed_is_refused_at_its_line(text: str, line: int, says: str) -> None:
    message = problem(text)
    where = f"patches/0001-x.patch:{line}: " if line else "patches/0001-x.patch: "
    assert message.startswith(where)
    assert says in message


def test_all_problems_of_one_patch_are_told_at_once() -> None:
    broken = EDIT.replace("-1,3", "-1,4")
    assert problem(broken + MODE.replace("/x", "/../y") + broken.replace("/x", "/z")).count("\n") == 2


def test_a_binary_patch_is_kept_packed_with_both_halves() -> None:
    change = only(binary(packed(b"\0data" * 99) + packed(b"")) + SIGNATURE)
    assert change.binary is not None
    forward, reverse = change.binary
    assert (forward.method, forward.size) == ("literal", 495)
    assert reverse is not None
    assert len(forward.deflated) < 100


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (binary(packed(b"x"), "0000000..1111111"), "full index"),
        (binary(packed(b"\0" * 1000, size=10)), "does not unpack to the 10 bytes"),
        (binary(packed(b"x", size=2)), "does not unpack to the 2 bytes"),
        (binary(packed(b"x", size=65 << 20)), "the limit is"),
        (binary("literal 1\nzabc\n\n"), "damaged"),
        (binary("literal 1\nD00000\n\n"), "does not unpack"),
        (binary("literal 1\nD~~~~~\n\n"), "damaged"),
        (binary(packed(b"x").rstrip()), "cut off"),
        (binary("oops\n"), "`literal` or `delta`"),
    ],
)
def test_a_damaged_or_oversized_binary_patch_is_refused(text: str, says: str) -> None:
    assert says in problem(text)


def test_a_hunk_that_replaces_a_whole_file_needs_no_context() -> None:
    text = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+first\n"
    assert only(text).hunks[0].lines == (b"+first\n",)
