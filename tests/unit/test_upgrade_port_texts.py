"""The texts that an upgrade changes in place: the pin, a patch's trailers; and what its commits say."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.porting.apply.journal import JournalLayer, UpgradeJournal
from difykit.porting.apply.messages import messages
from difykit.porting.apply.pin import with_ref
from difykit.porting.apply.port import made_for, rewritten
from difykit.porting.plan.wholefiles import check_own
from difykit.source.patch import Patch, parse
from difykit.workspace.manifest import OverlayManifest
from difykit.workspace.workspace import Overlay


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1\nupstream: {ref: 1.0.0}\n", "version: 1\nupstream: {ref: 1.1.0}\n"),
        ("version: 1\nupstream: {ref: '1.0.0'} # x\n", "version: 1\nupstream: {ref: '1.1.0'} # x\n"),
        ('upstream:\n  ref: "1.0.0"   # pin\nenv: {}\n', 'upstream:\n  ref: "1.1.0"   # pin\nenv: {}\n'),
        ("upstream:\r\n  ref: 1.0.0\r\n", "upstream:\r\n  ref: 1.1.0\r\n"),
        ("{upstream: {ref: 1.0.0, url: x}, version: 1}", "{upstream: {ref: 1.1.0, url: x}, version: 1}"),
    ],
)
def test_the_pin_moves_in_the_quotes_that_it_has(old: str, new: str) -> None:
    assert with_ref(old, "1.1.0") == new


def test_a_ref_that_would_be_a_number_is_quoted() -> None:
    assert with_ref("upstream: {ref: main}\n", "1.1") == 'upstream: {ref: "1.1"}\n'


def test_a_pin_that_an_anchor_gives_is_left_to_a_person() -> None:
    with pytest.raises(DifyKitError, match=r"upstream\.ref is written in a way"):
        with_ref("env: {A: &pin 1.0.0}\nupstream: {ref: *pin}\n", "1.1.0")


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("", "Made-for: 2"),
        ("Words.", "Words.\n\nMade-for: 2"),
        ("Why: x", "Why: x\nMade-for: 2"),
        ("Words.\n\nWhy: x\nMade-for: 1\nUntil: y", "Words.\n\nWhy: x\nMade-for: 2\nUntil: y"),
        ("It was Made-for: 1 once.\n\nWhy: x", "It was Made-for: 1 once.\n\nWhy: x\nMade-for: 2"),
        ("Words: with a colon.\nAnd more of them.", "Words: with a colon.\nAnd more of them.\n\nMade-for: 2"),
    ],
)
def test_made_for_says_the_release(body: str, wanted: str) -> None:
    assert made_for(body, "2") == wanted


def patch(head: str) -> Patch:
    diff = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
    return parse("0001-x.patch", (head + diff).encode())


@pytest.mark.parametrize(
    "head",
    [
        "From: Ann Bé <ann@example.org>\nDate: Mon, 1 Jan 2024 10:00:00 +0100\nSubject: [PATCH] sät\n\nWhy: ö\n---\n",
        "Subject: [PATCH 2/3] only a subject\n\n---\n",
        "",
    ],
)
def test_a_patch_that_is_written_anew_says_what_it_said(head: str) -> None:
    before = patch(head)
    diff = b"diff --git a/y b/y\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n"
    after = parse("0001-x.patch", rewritten(before, "2", diff))
    assert (after.subject, after.author, after.email, after.date) == (
        before.subject,
        before.author,
        before.email,
        before.date,
    )
    assert after.trailer("Why") == before.trailer("Why")
    assert after.trailer("Made-for") == "2"
    assert after.changes[0].path == "y"


def test_each_phase_says_what_it_is_about() -> None:
    layers = (
        JournalLayer(kind="patch", name="1.patch", state="untouched"),
        JournalLayer(kind="patch", name="2.patch", state="ported"),
        JournalLayer(kind="patch", name="3.patch", state="dropped", note="already in Dify 2"),
        JournalLayer(kind="overlay", name="o", state="left out", note="it is for Dify <2"),
    )
    said = messages(UpgradeJournal(old="1", to="2", commit="c" * 40, inputs="", layers=layers), {})
    assert said["pin"] == "Pin Dify 2\n\nIt was 1.\n\nLeft out:\n- overlay o: it is for Dify <2\n"
    assert said["ported"] == "Port to Dify 2\n\n- patch 2.patch\n"
    assert said["dropped"] == "Drop what Dify 2 has\n\n- patch 3.patch: already in Dify 2\n"
    assert list(said) == ["pin", "ported", "dropped", "lock"]


def test_a_shipped_overlay_that_would_have_to_change_asks_to_be_ejected() -> None:
    manifest = OverlayManifest.model_validate({"version": 1, "description": "x"})
    own = Overlay("own", Path("/staged/overlays/own"), manifest)
    shipped = Overlay("own", Path("/presets/overlays/own"), manifest)
    files = {"tree/api/x.py": ("100644", b"")}
    check_own(own, "/staged", files)
    check_own(shipped, "/staged", {})
    with pytest.raises(DifyKitError, match=r"is one that difykit ships, and its api/x\.py has to be merged") as caught:
        check_own(shipped, "/staged", files)
    assert "overlay.eject own" in caught.value.hint
