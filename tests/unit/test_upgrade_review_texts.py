"""A review's passages and texts: what they show is there, and what they leave out is said."""

from __future__ import annotations

import random
import re

import pytest

from difykit.porting.apply.journal import FileMerge, IndexStage
from difykit.porting.review.changes import changes_of
from difykit.porting.review.markdown import LONGEST, markdown
from difykit.porting.review.model import Review, ReviewedFile, ReviewSide
from difykit.porting.review.page import page
from difykit.porting.review.passages import SIDES, passages_of
from difykit.porting.review.words import Bounds, in_lines

LINES = [f"line {number}\n" for number in range(1, 21)]


def text(**changed: str) -> str:
    return "".join(changed.get(f"l{number}", line) for number, line in enumerate(LINES, 1))


def four(base: str, yours: str, upstream: str, result: str) -> dict[str, str]:
    return dict(zip(SIDES, (base, yours, upstream, result), strict=True))


@pytest.mark.parametrize(
    ("texts", "places", "one_sided"),
    [
        (four(text(), text(l5="a\n"), text(l5="b\n"), text(l5="a\nb\n")), [(5, 2)], 0),
        (four(text(), text(l5="a\n"), text(l5="b\n", l15="c\n"), text(l5="a\nb\n", l15="c\n")), [(5, 2)], 1),
        (four(text(), text(l5="a\n"), text(l6="b\n"), text(l5="a\n", l6="b\n")), [(5, 2)], 0),
        (four(text(), text(l2="a\n"), text(l18="b\n"), text(l2="a\n", l18="b\n")), [(2, 1), (18, 1)], 0),
        (four(text(), text(l2="", l18="a\n"), text(l18="b\n"), text(l2="", l18="a\nb\n")), [(17, 2)], 1),
        (four(text(), text(), text(), text()), [], 0),
        (four("", "a\n", "b\n", "a\nb\n"), [(1, 2)], 0),
        (four("x", "x\n", "y", "y\n"), [(1, 1)], 0),
        ({"yours": "a\nmine\n", "upstream": "a\ntheirs\n", "result": "a\nmine\ntheirs\n"}, [(2, 2)], 0),
        ({"base": text(), "yours": text(l5="a\n")}, [None], 0),
        ({"yours": "a\n", "result": "a\n"}, [], 0),
        ({}, [], 0),
    ],
)
def test_passages_are_where_both_sides_met(
    texts: dict[str, str], places: list[tuple[int, int] | None], one_sided: int
) -> None:
    passages, more = passages_of(texts)
    assert ([passage.changed for passage in passages], more) == (places, one_sided)
    assert all(passage.sides.keys() == texts.keys() for passage in passages)


def _varied(dice: random.Random) -> str:
    rows = list(LINES)
    for _ in range(dice.randint(0, 6)):
        at = dice.randrange(len(rows))
        rows[at : at + dice.randint(0, 2)] = [f"new {dice.randint(0, 3)}\n" for _ in range(dice.randint(0, 2))]
        rows = rows or ["x\n"]
    return "".join(rows).removesuffix(dice.choice(["", "\n"]))


@pytest.mark.parametrize("seed", range(60))
def test_each_line_shown_stands_where_it_is_said(seed: int) -> None:
    dice = random.Random(seed)
    texts = {side: _varied(dice) for side in SIDES if dice.random() < 0.9}
    rows = {side: content.split("\n") for side, content in texts.items()}
    for passage in passages_of(texts)[0]:
        for side, excerpt in passage.sides.items():
            first, count = excerpt.first - 1, len(excerpt.lines)
            assert list(excerpt.lines) == rows[side][first : first + count]
            ends = bool(count) and first + count == len(rows[side])
            assert excerpt.open_end is (ends and not texts[side].endswith("\n"))


@pytest.mark.parametrize("seed", range(60))
def test_the_changes_make_one_text_of_the_other(seed: int) -> None:
    dice = random.Random(seed)
    texts = {side: _varied(dice) for side in SIDES}
    changes = changes_of(texts)
    for side, other in (("yours", "base"), ("result", "upstream")):
        rows = texts[other].splitlines(keepends=True)
        for change in reversed(changes[side]):
            start = change.line - 1
            assert tuple(rows[start : start + len(change.removed)]) == change.removed
            rows[start : start + len(change.removed)] = change.added
        assert "".join(rows) == texts[side]


def file(number: int, texts: dict[str, str], note: str = "") -> ReviewedFile:
    stage = IndexStage(mode="100644", oid="a" * 40)
    path = f"api/f{number}.py"
    merge = FileMerge(path=path, strategy="s", kind="content", reason="both", note=note, base=stage, result=stage)
    sides = {
        side: ReviewSide("100644", "a" * 40, len(content), content.count("\n"), "") for side, content in texts.items()
    }
    passages, one_sided = passages_of(texts)
    layer = f"patch {number}.patch"
    return ReviewedFile(
        layer, f"patches/{number}.patch", "t", "w", merge, sides, changes_of(texts), passages, one_sided
    )


def review(*files: ReviewedFile, notes: tuple[str, ...] = ()) -> Review:
    return Review("landed", "1.0.0", "1.1.0", files, notes=notes)


MET = four(text(), text(l5="a\n"), text(l5="b\n"), text(l5="a\nb\n"))
LARGE = four("", *("".join(f"{word} {n} {'x' * 200}\n" for n in range(900)) for word in ("a", "b", "c")))
TALL = four(*("".join(f"{word}{n}\n\n\n\n\n\n\nsame {n}\nand {n}\n" for n in range(60)) for word in "abcd"))


@pytest.mark.parametrize("count", [0, 5, 3000])
@pytest.mark.parametrize("texts", [MET, LARGE, TALL], ids=["met", "large", "tall"])
def test_the_text_of_a_pull_request_is_bounded_and_names_what_it_leaves_out(texts: dict[str, str], count: int) -> None:
    one = file(0, texts)
    said = markdown(review(*[one] * count))
    assert len(said.encode()) <= LONGEST
    shown = said.count("\n## ")
    if shown < count:
        assert f"Not shown, since this text may not be longer: {count - shown} file" in said
    else:
        assert "Not shown, since" not in said


def test_notes_without_end_are_bounded_too() -> None:
    said = markdown(review(file(1, MET), notes=tuple("`[x](y)` " * 900 for _ in range(500))))
    assert len(said.encode()) <= LONGEST
    assert "and 480 notes more" in said


@pytest.mark.parametrize("ticks", [1, 3, 4, 17])
def test_no_line_ends_a_fence(ticks: int) -> None:
    evil = "`" * ticks
    said = markdown(review(file(1, four(text(), text(l5=f"{evil}\n"), text(l5="b\n"), text(l5=f"{evil}\nb\n")))))
    fence = "`" * max(3, ticks + 1)
    assert f"\n{fence}text\n" in said
    assert said.count(f"\n{fence}\n") == said.count(f"\n{fence}text\n") + said.count(f"\n{fence}diff\n")


def test_what_a_screen_leaves_out_is_counted() -> None:
    lines = "\n".join(in_lines(review(file(1, LARGE)), Bounds(passages=1, lines=10, width=50)))
    assert lines.count("    | … and 890 lines more") == 3  # of yours, of upstream's, and of the result
    assert re.search(r"x… \(\d+ characters more\)", lines)
    tall = "\n".join(in_lines(review(file(1, TALL)), Bounds(passages=2, lines=10, width=50)))
    assert "and 58 passages more, which upgrade.review --json has" in tall


def test_the_page_runs_nothing_and_escapes_all() -> None:
    evil = "</pre><script>alert(1)</script><img src=x>\"'&\n"
    shown = page(review(file(1, four(text(), text(l5=evil), text(l5="b\n"), text(l5=evil)), note=evil)))
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x&gt;&quot;&#x27;&amp;" in shown
    assert "script-src" not in shown
    assert re.search(r"default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'", shown)
