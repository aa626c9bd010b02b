"""What upstream has absorbed, what the licence reserves, and what a series costs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from difykit.dify.licence import reserved
from difykit.source.patch import Patch, burden, parse, unapplied
from difykit.source.patch.apply import Blob

HEAD = "From: Ann <ann@example.org>\nDate: {date}\nSubject: [PATCH] x\n\n---\n"
DATE = "Mon, 1 Jan 2024 10:00:00 +0100"
MODIFY = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
ADD = "diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1,1 @@\n+new\n"
DELETE = "diff --git a/d b/d\ndeleted file mode 100644\n--- a/d\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-old\n"
RENAME = "diff --git a/r b/s\nsimilarity index 100%\nrename from r\nrename to s\n"
MODE = "diff --git a/m b/m\nold mode 100644\nnew mode 100755\n"


def patch(*diffs: str, date: str = DATE) -> Patch:
    return parse("0001-x.patch", (HEAD.format(date=date) + "".join(diffs)).encode())


def there(*diffs: str, **files: str) -> bool:
    blobs: dict[str, Blob] = {
        path: ("100755" if path == "m" else "100644", text.encode()) for path, text in files.items()
    }
    return unapplied(patch(*diffs), blobs.get) is not None


def test_lines_that_upstream_has_are_found_wherever_they_are() -> None:
    assert there(MODIFY, f="a\nB\nc\n")
    assert there(MODIFY, f="x\ny\na\nB\nc\nz\n")
    assert not there(MODIFY, f="a\nb\nc\n")
    assert not there(MODIFY, f="a\nB\nx\nc\n")
    assert not there(MODIFY)


def test_files_that_upstream_made_deleted_renamed_or_changed_the_mode_of() -> None:
    assert there(ADD, n="new\n")
    assert not there(ADD, n="newer\n")
    assert there(DELETE)
    assert not there(DELETE, d="old\n")
    assert there(RENAME, s="x\n")
    assert not there(RENAME, s="x\n", r="x\n")
    assert there(MODE, m="x\n")
    assert not there(MODIFY, ADD, f="a\nB\nc\n")


def test_what_upstream_has_is_taken_back_so_that_the_patch_before_is_seen() -> None:
    files: dict[str, Blob] = {"f": ("100644", b"x\na\nB\nc\nz"), "n": ("100644", b"new\n"), "s": ("100644", b"s\n")}
    assert unapplied(patch(MODIFY, ADD, DELETE, RENAME), files.get) == {
        "f": ("100644", b"x\na\nb\nc\nz"),
        "n": None,
        "d": ("100644", b"old\n"),
        "r": ("100644", b"s\n"),
        "s": None,
    }


@pytest.mark.parametrize(
    ("path", "old", "new", "what"),
    [
        ("web/public/logo/logo.svg", b"<svg>", b"<other>", "changes Dify's logo"),
        ("web/public/logo/logo.svg", b"<svg>", None, "removes Dify's logo"),
        ("web/app/components/base/logo/dify-logo.tsx", b"a", b"b", "changes Dify's logo"),
        (
            "web/app/x.tsx",
            "<i>© 2025 LangGenius, Inc.</i>".encode(),
            b"<i></i>",
            "removes or changes a copyright notice",
        ),
        ("web/app/x.tsx", "©\n{year}\n".encode(), b"(c)\n{year}\n", "removes or changes a copyright notice"),
        ("web/app/x.tsx", b"<DifyLogo size='l' />", b"<b>Ours</b>", "shows Dify's logo no longer in a place"),
        ("web/app/x.tsx", b"LangGenius, Inc.\n", None, "removes or changes a copyright notice"),
    ],
)
def test_what_the_licence_reserves_is_seen(path: str, old: bytes, new: bytes | None, what: str) -> None:
    assert reserved(path, old, new) == what


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("web/public/logo/ours.svg", None, b"<svg>"),
        ("web/app/x.tsx", "a\n© LangGenius, Inc.\n".encode(), "b\n  © LangGenius, Inc.\n".encode()),
        ("web/app/components/base/logo/__tests__/dify-logo.spec.tsx", b"a", b"b"),
        ("api/x.py", b"LangGenius, Inc.", b""),
        ("web/app/x.tsx", b"<DifyLogo />", b"<DifyLogo />\n<DifyLogo />"),
        ("web/app/x.tsx", b"// LangGenius, Inc. says\n", b""),
    ],
)
def test_what_it_does_not_reserve_is_not(path: str, old: bytes | None, new: bytes) -> None:
    assert reserved(path, old, new) == ""


def test_the_burden_counts_patches_lines_files_and_days() -> None:
    now = datetime(2024, 1, 31, 12, tzinfo=UTC)
    cost = burden(
        [patch(MODIFY, ADD), patch(MODIFY, date="Wed, 31 Jan 2024 11:00:00 +0000"), patch(MODE, date="?")], now
    )
    assert [each.age for each in cost.patches] == [30, 0, None]
    assert (cost.added, cost.removed, cost.oldest) == (3, 2, 30)
    assert cost.hot[0] == ("f", 2)
    assert cost.describe()["count"] == 3
