"""Applying to a dict: what fits, and what is said of what does not."""

from __future__ import annotations

import pytest

from difykit.core.errors import PatchConflict
from difykit.git import blob_id
from difykit.source.patch import Blob, apply, parse

OLD = b"".join(b"line %d\n" % number for number in range(1, 21))
NEW = OLD.replace(b"line 10\n", b"ten\n")
PATCH = f"""Subject: x

Why: customers count
---
diff --git a/api/x.py b/api/x.py
index {blob_id(OLD)}..{blob_id(NEW)} 100644
--- a/api/x.py
+++ b/api/x.py
@@ -7,7 +7,7 @@
 line 7
 line 8
 line 9
-line 10
+ten
 line 11
 line 12
 line 13
"""
BARE = PATCH.replace(f"index {blob_id(OLD)}..{blob_id(NEW)} 100644\n", "")
ADD = "diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+new\n"
DELETE = "diff --git a/n b/n\ndeleted file mode 100644\n--- a/n\n+++ /dev/null\n@@ -1 +0,0 @@\n-new\n"
MODE = "diff --git a/n b/n\nold mode 100644\nnew mode 100755\n"
RENAME = "diff --git a/n b/m\nsimilarity index 100%\nrename from n\nrename to m\n"
APPEND = "diff --git a/n b/n\n--- a/n\n+++ b/n\n@@ -1,2 +1,3 @@\n a\n b\n+c\n"
FILL = "diff --git a/n b/n\n--- a/n\n+++ b/n\n@@ -0,0 +1 @@\n+a\n"
TOOK = "already applied: upstream may have taken this change"


def run(text: str, tree: dict[str, Blob]) -> dict[str, Blob | None]:
    return apply(parse("0003-x.patch", text.encode()), tree.get)


def conflict(text: str, tree: dict[str, Blob]) -> str:
    with pytest.raises(PatchConflict) as caught:
        run(text, tree)
    assert "difykit patch.show 0003-x.patch" in caught.value.hint
    return caught.value.message


def plain(data: bytes, path: str = "n") -> dict[str, Blob]:
    return {path: ("100644", data)}


def test_a_patch_that_fits_gives_the_new_files_and_none_for_the_ones_that_go() -> None:
    assert run(PATCH, plain(OLD, "api/x.py")) == plain(NEW, "api/x.py")
    assert run(ADD, {}) == plain(b"new\n")
    assert run(DELETE, plain(b"new\n")) == {"n": None}
    assert run(MODE, plain(b"x")) == {"n": ("100755", b"x")}
    assert run(RENAME, plain(b"x")) == {"n": None, "m": ("100644", b"x")}
    assert run(FILL, plain(b"")) == plain(b"a\n")


def test_a_hunk_that_does_not_fit_shows_both_sides_and_the_reason_of_the_patch() -> None:
    assert conflict(PATCH, plain(OLD.replace(b"line 10\n", b"zehn\n"), "api/x.py")) == (
        "patches/0003-x.patch: api/x.py: hunk 1 (patch line 9) does not fit at line 7\n"
        "  the patch expects   the release has\n"
        "   9 | line 9       |  9 | line 9\n"
        "  10 | line 10      | 10 | zehn\n"
        "  11 | line 11      | 11 | line 11\n"
        "  12 | line 12      | 12 | line 12\n"
        "  13 | line 13      | 13 | line 13\n"
        "  The same lines occur nowhere in this file.\n"
        "  Why: customers count"
    )


def test_lines_that_moved_are_found() -> None:
    moved = b"top\n" * 3 + OLD
    assert "The same lines occur at line 10: upstream moved them." in conflict(PATCH, plain(moved, "api/x.py"))
    twice = "The same lines occur at lines 10, 30: upstream moved them."
    assert twice in conflict(PATCH, plain(moved + OLD, "api/x.py"))


def test_a_change_that_upstream_took_is_recognised() -> None:
    assert TOOK in conflict(PATCH, plain(NEW, "api/x.py"))
    assert TOOK in conflict(PATCH, plain(b"top\n" + NEW, "api/x.py"))
    assert TOOK in conflict(ADD, plain(b"new\n"))
    assert TOOK in conflict(DELETE, {})
    assert TOOK in conflict(MODE, {"n": ("100755", b"x")})
    assert TOOK in conflict(RENAME, plain(b"x", "m"))
    assert TOOK in conflict(APPEND, plain(b"a\nb\nc\n"))


@pytest.mark.parametrize(
    ("text", "tree", "says"),
    [
        (PATCH, {}, "the release has no api/x.py"),
        (ADD, plain(b"other"), "the patch makes this file, but the release has it"),
        (ADD.replace("a/n", "a/n/o").replace("b/n", "b/n/o"), plain(b""), "n is a file or a symlink, not a folder"),
        (RENAME, {**plain(b""), **plain(b"", "m")}, "the release has it"),
        (MODE, {"n": ("120000", b"x")}, "expects mode 100644, the release has 120000"),
        (DELETE, plain(b"new\nmore\n"), "must end the file at line 1"),
        (APPEND, plain(b"a\nb\nmore\n"), "must end the file at line 2"),
        (FILL, plain(b"x\n"), "must end the file at line 0"),
        (APPEND, plain(b"a\n"), "(end of file)"),
        (PATCH.replace("+ten", "+zehn"), plain(OLD, "api/x.py"), "was the patch edited by hand?"),
    ],
)
def test_what_differs_is_said(text: str, tree: dict[str, Blob], says: str) -> None:
    assert says in conflict(text, tree)


def test_differences_that_cannot_be_seen_are_made_visible() -> None:
    message = conflict(BARE, plain(OLD.replace(b"line 10\n", b"line\t10  \r\n"), "api/x.py"))
    assert r"10 | line\t10  \r" in message
    assert "10 | line 10·" in conflict(BARE, plain(OLD.replace(b"line 10\n", b"line 10 \n"), "api/x.py"))
    assert r"\x1b[31m" in conflict(BARE, plain(OLD.replace(b"line 10\n", b"\x1b[31m\n"), "api/x.py"))


def test_a_difference_far_to_the_right_is_shown() -> None:
    old, new = b"x" * 200 + b"old\n", b"x" * 200 + b"new\n"
    text = BARE.replace("line 10", old.decode().strip())
    message = conflict(text, plain(OLD.replace(b"line 10\n", new), "api/x.py"))
    assert "xold " in message
    assert "xnew\n" in message


def test_every_file_that_does_not_fit_is_named() -> None:
    message = conflict(PATCH + RENAME, plain(b"", "api/x.py"))
    assert "api/x.py: hunk 1" in message
    assert "n: the release has no n" in message
    assert message.count("Why:") == 1


def test_a_damaged_delta_is_a_conflict_not_a_crash() -> None:
    head = f"diff --git a/n b/n\nindex {blob_id(b'x')}..{'1' * 40} 100644\nGIT binary patch\n"
    text = head + "delta 4\nLc${NooxlkI0YCtt\n\n"
    assert "is damaged" in conflict(text, plain(b"x"))
    assert "made for blob" in conflict(text, plain(b"y"))


def test_a_patch_made_for_another_content_applies_where_its_lines_stand_at_their_place() -> None:
    patch = parse("0001.patch", PATCH.encode())
    blob = apply(patch, plain(OLD + b"more\n", "api/x.py").get)["api/x.py"]
    assert blob is not None
    assert blob[1] == OLD.replace(b"line 10\n", b"ten\n") + b"more\n"
