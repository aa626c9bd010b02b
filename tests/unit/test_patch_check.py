"""What `patch.check` finds, which patch a word picks, and how a patch is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.source.patch import Patch, check, parse, pick, readable, shown, stats
from tests.support.trees import write_tree
from tests.support.workspaces import patch_text

FULL = "Why: to see it\nUpstream: not sent, an example\nMade-for: 1.15.0\n"


def patch(message: str = FULL) -> str:
    return patch_text("a.txt", ["one", "two"], ["one", "three"], message=message)


def findings(root: Path, series: str, **patches: str) -> list[str]:
    write_tree(root, {"series": series, **{f"{name}.patch": text for name, text in patches.items()}})
    return [str(problem) for problem in check(root)]


def parsed(*names: str) -> list[Patch]:
    return [parse(name, patch().encode()) for name in names]


def test_a_series_with_everything_said_has_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path, "a.patch\n", a=patch(FULL + "Applies-to: >=1.13,<2\nUntil: 1.17.0\n")) == []


def test_no_patches_have_no_findings(tmp_path: Path) -> None:
    assert check(tmp_path / "patches") == ()


def test_missing_trailers_are_found_one_by_one(tmp_path: Path) -> None:
    assert findings(tmp_path, "a.patch\n", a=patch("Why: to see it\n")) == [
        "patches/a.patch: the message has no `Upstream:` trailer: a link, or why it was not sent",
        "patches/a.patch: the message has no `Made-for:` trailer: the Dify release that it was made for",
    ]


@pytest.mark.parametrize(
    ("trailer", "why"),
    [
        ("Applies-to: 1.x", "Applies-to: '1.x' is not a version range such as >=1.13,<2 (PEP 440)"),
        ("Until: some day", "Until: 'some day' is not a Dify version such as 1.15.0 (PEP 440)"),
        ("until: some day", "Until: 'some day' is not a Dify version such as 1.15.0 (PEP 440)"),
    ],
)
def test_a_trailer_that_says_nothing_is_found(tmp_path: Path, trailer: str, why: str) -> None:
    assert findings(tmp_path, "a.patch\n", a=patch(f"{FULL}{trailer}\n")) == [f"patches/a.patch: {why}"]


def test_made_for_has_to_be_a_version(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "a.patch\n", a=patch(FULL.replace("1.15.0", "the newest")))
    assert found == "patches/a.patch: Made-for: 'the newest' is not a Dify version such as 1.15.0 (PEP 440)"


def test_everything_is_found_at_once(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        "a.patch\na.patch\ngone.patch\nbad.patch\n",
        a=patch("x\n"),
        bad="diff --git a/x b/x\n",
        orphan=patch(),
    )
    assert found == [
        "patches/series:2: a.patch is in line 1 already",
        "patches/series:3: patches/gone.patch does not exist",
        "patches/bad.patch:1: this changes nothing",
        "patches/orphan.patch: not in patches/series: add it there, or remove it",
        "patches/a.patch: the message has no `Why:` trailer: say what it is for, to whoever has to carry it on",
        "patches/a.patch: the message has no `Upstream:` trailer: a link, or why it was not sent",
        "patches/a.patch: the message has no `Made-for:` trailer: the Dify release that it was made for",
    ]


def test_what_can_be_read_is_read_whatever_is_wrong_with_the_others(tmp_path: Path) -> None:
    findings(tmp_path, "bad.patch\na.patch\n../x\n", a=patch(), bad="nothing\n")
    assert [each.name for each in readable(tmp_path)] == ["a.patch"]


def test_a_part_of_a_name_picks_the_patch() -> None:
    found = parsed("0001-api.patch", "0002-web.patch", "web.patch")
    assert pick(found, "0001").name == "0001-api.patch"
    assert pick(found, "web.patch").name == "web.patch"


def test_a_word_that_picks_none_or_several_lists_what_there_is() -> None:
    found = parsed("0001-api.patch", "0002-web.patch")
    with pytest.raises(DifyKitError) as caught:
        pick(found, "000")
    assert caught.value.message == "2 patches have 000 in their names:\n  0001-api.patch\n  0002-web.patch"
    with pytest.raises(DifyKitError, match=r"no patch has docs in its name; there are:\n  0001-api\.patch"):
        pick(found, "docs")
    with pytest.raises(DifyKitError, match="patches/series names none"):
        pick([], "docs")


def test_a_patch_is_shown_with_who_why_how_much_and_the_diff() -> None:
    raw = patch().encode()
    assert shown(parse("a.patch", raw), raw, colour=False).rstrip("\n").split("\n") == [
        "patches/a.patch",
        "change it",
        "Ann <ann@example.org>",
        "Mon, 1 Jan 2024 10:00:00 +0100",
        "",
        "Why: to see it",
        "Upstream: not sent, an example",
        "Made-for: 1.15.0",
        "",
        " a.txt | 2 +-",
        " 1 file changed, 1 added, 1 removed",
        "",
        "diff --git a/a.txt b/a.txt",
        "--- a/a.txt",
        "+++ b/a.txt",
        "@@ -1,2 +1,2 @@",
        " one",
        "-two",
        "+three",
    ]


def test_colour_changes_no_word() -> None:
    raw = patch().encode()
    coloured = shown(parse("a.patch", raw), raw, colour=True)
    assert "\033[32m+three\033[m\n" in coloured
    assert "\033[31m-two\033[m\n" in coloured


def test_nothing_in_a_patch_reaches_the_terminal_as_a_command() -> None:
    raw = patch(f"\033[2Jclear\n\n{FULL}").replace("+three", "+\033]0;title\a\tthree").encode()
    text = shown(parse("a.patch", raw), raw, colour=False)
    assert "\033" not in text
    assert "+\\x1b]0;title\\x07\tthree" in text


def test_the_size_of_a_binary_change_is_not_counted_in_lines() -> None:
    mail = "From: A <a@b.c>\nSubject: [PATCH] x\n\n---\n"
    diff = "diff --git a/x b/x\nnew file mode 100644\nindex 0000000000000000000000000000000000000000.."
    binary = "f76dd238ade08917e6712764a16a22005a50573d\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\n"
    (found,) = stats(parse("b.patch", f"{mail}{diff}{binary}literal 0\nHcmV?d00001\n\n".encode()))
    assert (found.path, found.added, found.removed) == ("x", None, None)
