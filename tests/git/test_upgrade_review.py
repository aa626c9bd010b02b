"""`upgrade.review`: what was merged beyond git, before an upgrade, while it waits, and once it has landed."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import inv
from tests.support.reviews import CASES, EVIL, Case, review_of, well, workspace_of
from tests.support.upgrades import Moving, patch_of, text, upstream_of

ROWS = [(name, kind) for name, case in CASES.items() for kind in case.kinds]
SIDES = ("base", "yours", "upstream", "result")


def beyond(file: dict[str, Any]) -> dict[str, Any]:
    """What of a file says what was merged, and how."""
    return {key: file[key] for key in ("customisation", "path", "was", "strategy")}


@pytest.mark.parametrize(("name", "kind"), ROWS)
def test_a_review_says_the_same_before_and_after(name: str, kind: str, tmp_path: Path) -> None:
    case = CASES[name]
    space = workspace_of(tmp_path, case, kind)
    forecast = review_of(space, "--to", "1.1.0")
    assert forecast["stage"] == "forecast"
    ran = well(inv("upgrade.start", "--to", "1.1.0", cwd=space.root))
    assert ran.err.splitlines()[-1] == "hint 1 file was merged beyond git: difykit upgrade.review"
    landed = review_of(space)
    assert (landed["stage"], landed["from"], landed["to"]) == ("landed", "1.0.0", "1.1.0")
    assert landed["files"] == forecast["files"]
    [file] = landed["files"]
    label = "patch 0002-beyond.patch" if kind == "patch" else "overlay beyond"
    said = {"customisation": label, "path": case.path, "was": case.was or None, "strategy": case.strategy}
    assert beyond(file) == said
    assert {side for side in SIDES if file["sides"][side] is None} == set(case.absent)
    _result(space, case)


def _result(space: Moving, case: Case) -> None:
    """The file is in the source as the case says."""
    space.ref = "1.1.0"
    space.sync()
    place = space.source / case.path
    assert (place.read_bytes().decode() if place.exists() else None) == case.result


@pytest.mark.parametrize(
    "name",
    [
        "html and back-ticks",
        "what turns the direction of text",
        "a very long line",
        "no line feed at the end",
        "control characters, and upstream deletes it",
        "no text, in a folder that upstream moves",
    ],
)
def test_it_can_be_read_in_every_form(name: str, tmp_path: Path) -> None:
    space = workspace_of(tmp_path, CASES[name])
    words = ("upgrade.review", "--to", "1.1.0", "--html", "r.html", "--markdown", "r.md")
    ran = well(inv(*words, cwd=space.root))
    page, markdown = ((space.root / name).read_text("utf-8") for name in ("r.html", "r.md"))
    assert "<script" not in page
    assert "<img" not in page
    assert "default-src 'none'" in page
    assert "\n## " in markdown
    for shown in (ran.out, page, markdown):
        assert CASES[name].path.rpartition("/")[2].partition(".")[0] in shown
        assert not {char for char in shown if ord(char) < 32 or 127 <= ord(char) < 160} - {"\n", "\t"}
        assert not set(shown) & {"\u202e", "\u2066", "\u200e"}
        assert max(map(len, shown.split("\n"))) < 9_000 or shown is page
    assert len(markdown.encode()) <= 60_000
    assert not [line for line in outside(markdown) if "script" in line]
    assert SHOWN[name] in markdown
    assert html.escape(SHOWN[name]) in page
    assert SHOWN[name] in ran.out


SHOWN = {
    "html and back-ticks": EVIL,
    "what turns the direction of text": r"\u202eabc\u2066",
    "a very long line": " characters more)",
    "no line feed at the end": "\\ No newline at end of file",
    "control characters, and upstream deletes it": r"x = 1   # \x1b[31mred\x07\r",
    "no text, in a folder that upstream moves": "not a text: 4 bytes",
}
"""What of each is to be read, whatever the form."""


def outside(markdown: str) -> list[str]:
    """The lines that a reader of CommonMark does not take for code."""
    fence = ""
    lines: list[str] = []
    for line in markdown.split("\n"):
        ticks = len(line) - len(line.lstrip("`"))
        if not fence and ticks >= 3:
            fence = "`" * ticks
        elif fence and ticks >= len(fence) and not line.strip("` "):
            fence = ""
        elif not fence:
            lines.append(line)
    assert not fence
    return lines


def test_what_git_merged_is_not_in_it(tmp_path: Path) -> None:
    made = Moving(
        tmp_path / "ws", upstream_of(tmp_path, ("1.0.0", {"a.py": text()}), ("1.1.0", {"a.py": "x\n" + text()}))
    )
    made.patch("0001-a.patch", patch_of({"a.py": (text(), text(l15="mine"))}))
    made.in_git()
    assert review_of(made, "--to", "1.1.0")["files"] == []
    assert "beyond git" not in well(inv("upgrade.forecast", "--to", "1.1.0", cwd=made.root)).out
    ran = well(inv("upgrade.start", "--to", "1.1.0", "--json", cwd=made.root))
    assert "beyond git" not in ran.err
    assert "merged_beyond_git" not in json.loads(ran.out)
    assert review_of(made)["merged_beyond_git"] == 0
    assert "no file was merged beyond git" in well(inv("upgrade.review", cwd=made.root)).out
    commit = "Port to Dify 1.1.0\n\n- patch 0001-a.patch\n"
    assert commit in made.home("log", "--format=%B", "main..")
    assert "beyond git" not in made.home("log", "--format=%B", "main..")


def test_the_forecast_tells_gits_merges_from_these(tmp_path: Path) -> None:
    space = workspace_of(tmp_path, CASES["keys of both"])
    ran = well(inv("upgrade.forecast", "--to", "1.1.0", "--html", "f.html", "--markdown", "f.md", cwd=space.root))
    assert "  2 (1 beyond git)  " in ran.out
    line = "patch 0002-beyond.patch: web/config.json by json by key"
    assert f"merged beyond git on 1.1.0 (difykit upgrade.review --to 1.1.0):\n  {line}\n" in ran.out
    page = (space.root / "f.html").read_text("utf-8")
    assert 'aria-label="patch 0002-beyond.patch on 1.1.0: merges beyond git (json by key)"' in page
    assert 'aria-label="patch 0001-plain.patch on 1.1.0: merges"' in page
    assert page.count('class="s-beyond"') == 2  # one cell, and the legend
    assert f"  {line}\n" in (space.root / "f.md").read_text("utf-8")
    value = json.loads(well(inv("upgrade.forecast", "--to", "1.1.0", "--json", cwd=space.root)).out)
    plain, other = value["releases"][0]["customisations"]
    assert (plain["state"], plain["strategies"]) == ("merges", [])
    assert (other["state"], other["strategies"]) == ("merges", ["json by key"])
    assert "merge" not in other["parts"][0]


@pytest.mark.parametrize(("name", "subject"), [("keys of both", "Port to Dify"), ("you delete it", "Port to Dify")])
def test_the_commits_of_the_branch_tell_them(name: str, subject: str, tmp_path: Path) -> None:
    case = CASES[name]
    space = workspace_of(tmp_path, case)
    space.in_git()
    ran = well(inv("upgrade.start", "--to", "1.1.0", "--json", cwd=space.root))
    assert json.loads(ran.out)["merged_beyond_git"] == 1
    said = "1 file was merged beyond git: difykit upgrade.review"
    row = f"- patch 0002-beyond.patch: {case.path} by {case.strategy}"
    bodies = {
        body.split(" 1.1.0")[0].strip(): body for body in space.home("log", "-z", "--format=%B", "main..").split("\0")
    }
    assert f"{said}\n{row}\n" in f"{bodies[subject]}\n"
    assert f"{said}\n" in f"{bodies['Lock Dify']}\n"
    assert "beyond git" not in bodies["Pin Dify"]
    assert review_of(space)["branch"] == "difykit/upgrade-1.1.0"


def test_without_an_upgrade_it_says_what_there_is_to_do(tmp_path: Path) -> None:
    ran = inv("upgrade.review", cwd=workspace_of(tmp_path, CASES["keys of both"]).root)
    assert (ran.code, ran.out) == (1, "")
    assert "no upgrade is under way, and none has landed here" in ran.err
    assert "difykit upgrade.review --to RELEASE" in ran.err


def test_two_texts_on_one_output_are_refused(tmp_path: Path) -> None:
    space = workspace_of(tmp_path, CASES["keys of both"])
    assert inv("upgrade.review", "--to", "1.1.0", "--json", "--markdown", "-", cwd=space.root).code == 2
    ran = well(inv("upgrade.review", "--to", "1.1.0", "--markdown", "-", cwd=space.root))
    assert ran.out.startswith("# Merged beyond git: Dify 1.0.0 to 1.1.0\n")


@pytest.mark.parametrize("option", ["--html", "--markdown"])
def test_nothing_is_written_over_what_is_the_users(option: str, tmp_path: Path) -> None:
    space = workspace_of(tmp_path, CASES["keys of both"])
    before = space.mine()
    ran = inv("upgrade.review", "--to", "1.1.0", option, "patches/series", cwd=space.root)
    assert (ran.code, space.mine()) == (1, before)
    assert f"{option} 'patches/series'" in ran.err
