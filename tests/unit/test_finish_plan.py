"""A plan in words, what it lacks, and the message of a new patch."""

from __future__ import annotations

import pytest

from difykit.authoring.message import full_body
from difykit.authoring.plan import FinishPlan, Kind, NewPatch, Placement, check_complete
from difykit.authoring.rebuild import kept_head
from difykit.core.errors import DifyKitError
from difykit.source.patch.mail import read_trailers


def placed(kind: Kind, target: str = "", reason: str = "") -> Placement:
    return Placement("api/a.py", 3, 4, "2 added", kind, target, reason)


@pytest.mark.parametrize(
    ("placement", "words"),
    [
        (placed("patch", "0001-x.patch"), "api/a.py:3-4 (2 added) -> patches/0001-x.patch"),
        (placed("overlay", "mine"), "api/a.py:3-4 (2 added) -> overlay mine"),
        (placed("new patch"), "api/a.py:3-4 (2 added) -> new patch: not named yet"),
        (placed("refused", "", "no"), "api/a.py:3-4 (2 added) -> nowhere: no"),
        (Placement("a\x1b[m", 0, 0, "new file", "open", ""), "a\\x1b[m (new file) -> not said yet"),
    ],
)
def test_each_edit_is_a_line(placement: Placement, words: str) -> None:
    assert str(placement) == words


def test_what_a_plan_lacks_is_said_in_the_order_of_its_weight() -> None:
    nameless = NewPatch(1, "", "", None)
    everything = FinishPlan((placed("refused", "", "no"), placed("open"), placed("new patch")), (nameless,))
    with pytest.raises(DifyKitError, match="cannot be folded back"):
        check_complete(everything, ("mine",))
    with pytest.raises(DifyKitError, match="where these new files belong") as caught:
        check_complete(FinishPlan((placed("open"), placed("new patch")), (nameless,)), ("mine",))
    assert (
        caught.value.hint
        == "difykit finish --into NAME; NAME is one of: mine, patches; difykit overlay.new makes another"
    )
    with pytest.raises(DifyKitError, match="need a new patch"):
        check_complete(FinishPlan((placed("new patch"),), (nameless,)), ())
    check_complete(FinishPlan((placed("new patch", "x"), placed("patch", "y")), (NewPatch(1, "x", "", None),)), ())
    assert everything.describe()["complete"] is False


@pytest.mark.parametrize(
    ("body", "why", "wanted"),
    [
        ("", "", "Upstream: not sent\nMade-for: 1.0.0"),
        ("Text.", "a\nb", "Text.\n\nWhy: a b\nUpstream: not sent\nMade-for: 1.0.0"),
        (
            "Text.\n\nWhy: mine\nSigned-off-by: x",
            "other",
            "Text.\n\nWhy: mine\nSigned-off-by: x\nUpstream: not sent\nMade-for: 1.0.0",
        ),
        ("Why: a\nUpstream: b\nMade-for: 0.9", "", "Why: a\nUpstream: b\nMade-for: 0.9"),
        ("Difykit-Patch: patches/0001.patch", "w", "Why: w\nUpstream: not sent\nMade-for: 1.0.0"),
    ],
)
def test_a_new_patch_gets_the_trailers_that_its_message_lacks(body: str, why: str, wanted: str) -> None:
    made = full_body(body, why, "1.0.0")
    assert made == wanted
    assert {"Upstream", "Made-for"} <= dict(read_trailers(made)).keys()


def test_the_message_of_a_patch_stays_to_the_byte_without_its_old_diffstat() -> None:
    head = b"From abc Mon\r\nFrom: =?utf-8?q?=C3=A4?= <a@b>\nSubject: [PATCH 3/9] x\n\nWhy: y\n---\n"
    assert kept_head(head + b" f | 1 +\n\ndiff --git a/f b/f\n-- \n2.1\n") == head
    assert kept_head(b"diff --git a/f b/f\n") == b""
    assert kept_head(b"words of mine\n\ndiff --git a/f b/f\n---\n") == b"words of mine\n\n"
