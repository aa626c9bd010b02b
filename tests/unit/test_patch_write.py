"""Patch files that difykit writes: read back as they were meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from difykit.source.patch import file_name, parse, write_patch

DIFF = b"""diff --git a/a.txt b/a.txt
new file mode 100644
index 0000000000000000000000000000000000000000..78981922613b2afb6025042ff6bd878ac1994e85
--- /dev/null
+++ b/a.txt
@@ -0,0 +1 @@
+a
"""
WHEN = "Tue, 3 Mar 2026 10:00:00 +0100"


def written(**changes: str) -> bytes:
    words = {"subject": "Add a", "author": "Ann", "email": "ann@example.com", "date": WHEN, "body": "", **changes}
    return write_patch(**words, diff=DIFF)


def test_it_is_a_mail_that_git_am_takes() -> None:
    text = written(body="Because.\n\nWhy: it is needed\nMade-for: 1.15.0").decode()
    assert text.startswith("From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\nFrom: Ann <ann@")
    assert "\nSubject: [PATCH] Add a\n\nBecause.\n" in text
    assert "\nMade-for: 1.15.0\n---\ndiff --git a/a.txt" in text


def test_trailers_come_back() -> None:
    patch = parse("a.patch", written(body="Why: it is needed\nMade-for: 1.15.0"))
    assert (patch.trailer("Why"), patch.trailer("Made-for")) == ("it is needed", "1.15.0")


@pytest.mark.parametrize(
    "body",
    ["one\n---\ntwo", "diff --git a/x b/x\n", "From: somebody else", "see\n@@ -1 +1 @@\nthere", "Subject: x", "---"],
)
def test_a_message_that_looks_like_a_diff_stays_a_message(body: str) -> None:
    patch = parse("a.patch", written(body=body))
    assert (patch.subject, patch.author) == ("Add a", "Ann")
    assert [change.path for change in patch.changes] == ["a.txt"]
    assert [line.strip() for line in patch.body.splitlines()] == body.splitlines()


PLAIN = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="<>=?"), min_size=1, max_size=20)


@given(subject=PLAIN, author=PLAIN, body=st.lists(PLAIN, max_size=5))
def test_every_text_comes_back(subject: str, author: str, body: list[str]) -> None:
    patch = parse("a.patch", written(subject=subject, author=author, body="\n".join(body)))
    assert (patch.subject, patch.author, patch.email, patch.date) == (subject, author, "ann@example.com", WHEN)
    assert [line.strip() for line in patch.body.split("\n")] == (body or [""])


def test_without_an_author_it_is_still_a_patch() -> None:
    patch = parse("a.patch", written(author="", email="", date=""))
    assert (patch.subject, patch.author, patch.date) == ("Add a", "", "")


@pytest.mark.parametrize(
    ("subject", "name"),
    [("Add a button!", "add-a-button.patch"), ("中文", "patch.patch"), ("a" * 99, "a" * 60 + ".patch")],
)
def test_the_file_is_named_by_the_subject(subject: str, name: str) -> None:
    assert file_name(subject) == name
