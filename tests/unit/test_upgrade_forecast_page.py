"""The page and the words of a forecast made of hostile values: nothing of them is markup, nothing is lost."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

from difykit.porting.pages.markdown import markdown, title
from difykit.porting.pages.page import page
from difykit.porting.pages.text import details, headline, plain, verdict
from difykit.porting.plan.facts import EnvChanges, ReleaseFacts
from difykit.porting.plan.model import Cell, Customisation, Forecast, ForecastPart, Outlook, State, Strategy, cell_of
from difykit.porting.strategies import ConflictHunk

EVIL = "</script><img src=x onerror=alert(1)>&\"'\u2028\x1b[31m\udcff"


def outlook(ref: str, *cells: Cell, facts: ReleaseFacts = ReleaseFacts()) -> Outlook:  # noqa: B008 - frozen
    return Outlook(ref, "0" * 40, 1_700_000_000, cells, facts, (Strategy("api", "layer", EVIL),))


def forecast(*outlooks: Outlook, pin: str = "1.0.0", note: str = "") -> Forecast:
    rows = tuple(Customisation("patch", f"{number:04d}.patch", EVIL, EVIL) for number in range(len(outlooks[0].cells)))
    return Forecast(pin, rows, outlooks, note)


CLEAN = cell_of([ForecastPart("a.py", State.UNTOUCHED)])
CONFLICT = cell_of(
    [ForecastPart(EVIL, State.CONFLICTS, 2, EVIL, work=True, hunks=(ConflictHunk(3, EVIL, EVIL, EVIL),) * 2)]
)
HOSTILE = forecast(
    outlook(
        "1.1.0", CLEAN, CONFLICT, facts=ReleaseFacts(env=EnvChanges(added=(EVIL, "B"), defaults={"A": (EVIL, "")}))
    ),
    outlook("1.2.0", CONFLICT, CONFLICT),
    note=EVIL,
)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def read(text: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = _Reader()
    reader.feed(text)
    return reader.tags


def test_nothing_hostile_becomes_markup() -> None:
    tags = read(page(HOSTILE))
    assert not [tag for tag, _ in tags if tag in {"img", "iframe", "object", "link", "svg", "a"}]
    assert not [name for _, attrs in tags for name in attrs if name.startswith("on") or name in {"src", "style"}]
    assert [tag for tag, _ in tags].count("script") == 2


def test_the_policy_names_exactly_the_script_and_style_that_are_there() -> None:
    text = page(HOSTILE)
    policy = next(attrs["content"] or "" for tag, attrs in read(text) if attrs.get("http-equiv"))
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)
    assert style
    assert script
    for body in (style[1], script[1]):
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_the_page_is_unicode_whatever_a_release_holds() -> None:
    assert page(HOSTILE).encode()


def test_what_the_panel_shows_is_whole_in_the_data() -> None:
    data = re.search(r'id="data">(.*?)</script>', page(HOSTILE), re.DOTALL)
    assert data
    value = json.loads(data[1])
    cell = value["details"][value["cells"][1][0]]
    assert cell["words"] == "conflicts (2 hunks)"
    assert cell["parts"][0]["hunks"][0]["yours"].startswith("</script><img")
    assert value["cells"][0][1] == value["cells"][1][0]


def test_every_cell_says_in_words_what_its_colour_says() -> None:
    buttons = [attrs for tag, attrs in read(page(HOSTILE)) if tag == "button" and attrs.get("aria-label") != "Close"]
    assert [attrs["aria-label"] for attrs in buttons] == [
        "patch 0000.patch on 1.1.0: untouched",
        "patch 0000.patch on 1.2.0: conflicts (2 hunks)",
        "patch 0001.patch on 1.1.0: conflicts (2 hunks)",
        "patch 0001.patch on 1.2.0: conflicts (2 hunks)",
    ]


def test_the_headline_names_the_newest_release_without_work() -> None:
    found = forecast(outlook("1.1.0", CLEAN), outlook("1.2.0", CONFLICT))
    assert headline(found) == "The newest release that needs no work is 1.1.0."
    assert verdict(found) == "1.2.0 needs you for 1 of 1 customisation: 1 in conflict."
    assert found.newest_without_work == "1.1.0"


def test_the_pin_itself_is_no_answer() -> None:
    found = forecast(outlook("1.0.0", CLEAN), outlook("1.1.0", CONFLICT))
    assert (
        headline(found) == "No release newer than 1.0.0 goes without work; 1.1.0 needs the least, 1 of 1 customisation."
    )


def test_a_control_character_does_not_reach_the_terminal() -> None:
    lines = details(HOSTILE, HOSTILE.outlooks[1])
    assert not [line for line in lines if "\x1b" in line or "\udcff" in line]
    assert plain("a\x1bb") == "a\\x1bb"


def test_json_has_the_shape_that_is_written_down() -> None:
    value = json.loads(json.dumps(HOSTILE.describe(), ensure_ascii=False).encode())
    assert value["newest_without_work"] is None
    release = value["releases"][0]
    assert [cell["state"] for cell in release["customisations"]] == ["untouched", "conflicts"]
    assert release["work"] == 1
    assert release["customisations"][1]["parts"][0]["hunks"][0]["line"] == 3
    assert release["env"]["defaults"] == {"A": [EVIL.replace("\udcff", "\\udcff"), ""]}


def test_the_text_of_an_issue_has_no_markup_of_others() -> None:
    text = markdown(HOSTILE)
    outside = re.sub(r"```text.*?```", "", text, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)[<>\[\]*]", outside)
    assert text.encode()
    assert text.count("```") == 4
    assert "difykit upgrade.start --to 1.2.0" in text


def test_nobody_is_called_by_a_release_name() -> None:
    assert "@someone" not in markdown(forecast(outlook("@someone", CLEAN))).partition("```")[0]


def test_a_pin_that_is_the_newest_release_is_an_answer() -> None:
    assert headline(Forecast("1.15.0", (), ())) == "No release is newer than the pin 1.15.0."


def test_an_issue_s_title_changes_only_with_the_answer() -> None:
    assert title(HOSTILE) == "Dify 1.2.0 needs work on 2 of 2, from 1.0.0"
    assert title(forecast(outlook("1.1.0", CLEAN))) == "Dify 1.1.0 takes everything, from 1.0.0"
