"""The page in a real browser: by keyboard, at both widths, with hostile names, and without asking for anything."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.porting.pages.page import page
from difykit.porting.plan.facts import EnvChanges, ReleaseFacts
from difykit.porting.plan.model import Cell, Customisation, Forecast, ForecastPart, Outlook, State, Strategy, cell_of
from difykit.porting.strategies import ConflictHunk
from tests.support.browser import PROGRAM, Page, browsing

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not PROGRAM, reason="no chromium: apt install chromium"),
]

EVIL = "</script><script>document.title='broken'</script><img src=http://127.0.0.1:9/x onerror=\"document.title='x'\">"
FOCUSED = "document.activeElement.getAttribute('aria-label')"
TITLE = "document.getElementById('panel-title').textContent"
HIDDEN = "document.getElementById('panel').hidden"


def cell(row: int, column: int) -> Cell:
    if (row, column) == (2, 20):
        parts = [
            ForecastPart(
                "api/app.py", State.CONFLICTS, 1, EVIL, work=True, hunks=(ConflictHunk(7, EVIL, "before", "mine"),)
            )
        ]
        return cell_of(parts, after="0001.patch")
    return cell_of(
        [ForecastPart("api/app.py", State.GONE if row == 3 and column == 1 else State.UNTOUCHED, work=row == 3)]
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = tuple(Customisation("patch", f"{number:04d}.patch", EVIL, EVIL) for number in range(1, 31))
    facts = ReleaseFacts(env=EnvChanges(added=tuple(f"KEY_{number}" for number in range(40)), yours=(EVIL,)))
    outlooks = tuple(
        Outlook(
            f"1.{column}.0",
            "0" * 40,
            1_700_000_000,
            tuple(cell(row, column) for row in range(len(rows))),
            facts,
            (Strategy("api", "layer", EVIL),),
        )
        for column in range(30)
    )
    path = tmp_path_factory.mktemp("page") / "forecast.html"
    path.write_text(page(Forecast("1.10.0", rows, outlooks, EVIL)), "utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    # A profile outlives its browser by a moment: what a last process writes must not fail the test.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, browsing(Path(folder)) as found:
        yield found


def focus(browser: Page, row: int, column: int) -> None:
    browser.ask(f"document.querySelectorAll('tr[data-row]')[{row}].querySelectorAll('button')[{column}].focus()")


def test_nothing_is_asked_for_and_nothing_hostile_runs(browser: Page, address: str) -> None:
    browser.asked.clear()
    browser.complained.clear()
    browser.open(address)
    focus(browser, 2, 20)
    browser.press("Enter")
    assert browser.ask("document.title") == "Upgrade forecast from Dify 1.10.0"
    assert browser.ask("document.images.length") == 0
    assert browser.asked == [address]
    assert browser.complained == []


def test_the_policy_refuses_what_a_forgotten_escape_would_let_in(browser: Page, address: str) -> None:
    browser.complained.clear()
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.5)
        host = f"http://127.0.0.1:{door.getsockname()[1]}/x"
        browser.open(address)
        browser.ask("const s = document.createElement('script'); s.text = 'window.ran = 1'; document.body.append(s);")
        browser.ask(f"const i = new Image(); i.src = '{host}'; document.body.append(i); fetch('{host}').catch(() => 0)")
        with pytest.raises(TimeoutError):
            door.accept()
    assert browser.ask("window.ran || 0") == 0
    assert [text for text in browser.complained if "Content Security Policy" in text]


def test_arrows_move_enter_opens_escape_closes_and_gives_the_focus_back(browser: Page, address: str) -> None:
    browser.open(address)
    focus(browser, 0, 18)
    browser.press("ArrowRight", times=2)
    browser.press("ArrowDown", times=2)
    assert browser.ask(FOCUSED) == "patch 0003.patch on 1.20.0: conflicts (1 hunk)"
    assert browser.ask(HIDDEN) is True
    browser.press("Enter")
    assert browser.ask(HIDDEN) is False
    assert browser.ask(TITLE) == "patch 0003.patch"
    text = browser.ask("document.getElementById('panel').innerText")
    assert EVIL in text
    assert "from line 7" in text
    assert "after a conflict of 0001.patch" in text
    assert browser.ask(FOCUSED) == "Close"
    browser.press("Escape")
    assert browser.ask(HIDDEN) is True
    assert browser.ask(FOCUSED) == "patch 0003.patch on 1.20.0: conflicts (1 hunk)"


def test_the_edges_hold_and_home_and_end_go_there(browser: Page, address: str) -> None:
    browser.open(address)
    focus(browser, 0, 0)
    browser.press("ArrowUp")
    browser.press("ArrowLeft")
    assert browser.ask(FOCUSED).startswith("patch 0001.patch on 1.0.0")
    browser.press("End")
    assert browser.ask(FOCUSED).startswith("patch 0001.patch on 1.29.0")
    browser.press("ArrowRight")
    assert browser.ask(FOCUSED).startswith("patch 0001.patch on 1.29.0")


def test_the_map_is_one_stop_of_the_tab_key(browser: Page, address: str) -> None:
    browser.open(address)
    assert browser.ask("document.querySelectorAll('table.map button[tabindex=\"0\"]').length") == 1
    focus(browser, 4, 4)
    browser.press("ArrowDown")
    assert browser.ask("document.querySelectorAll('table.map button[tabindex=\"0\"]').length") == 1


def test_the_focus_is_to_be_seen(browser: Page, address: str) -> None:
    browser.open(address)
    focus(browser, 1, 1)
    browser.press("ArrowDown")
    assert browser.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert float(browser.ask("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")) >= 2


def test_rows_without_work_can_be_put_away_and_arrows_pass_over_them(browser: Page, address: str) -> None:
    browser.open(address)
    browser.ask("document.getElementById('only').click()")
    shown = "[...document.querySelectorAll('tr[data-row]')].filter((row) => !row.hidden).map((row) => row.dataset.row)"
    assert browser.ask(shown) == ["2", "3"]
    focus(browser, 3, 0)
    browser.press("ArrowUp")
    assert browser.ask(FOCUSED).startswith("patch 0003.patch")


def test_every_cell_has_its_headings_and_a_sign_beside_its_colour(browser: Page, address: str) -> None:
    browser.open(address)
    assert browser.ask("document.querySelectorAll('thead th[scope=col]').length") == 31
    assert browser.ask("document.querySelectorAll('tbody th[scope=row]').length") == 31
    signs = "new Set([...document.querySelectorAll('td button')].map((one) => one.className + one.textContent)).size"
    names = "new Set([...document.querySelectorAll('td button')].map((one) => one.textContent)).size"
    assert browser.ask(names) == 3
    assert browser.ask(signs) >= 3


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_never_scrolls_sideways_and_its_text_can_be_read(
    browser: Page, address: str, width: int, dark: bool
) -> None:
    browser.open(address, width=width, height=900, dark=dark)
    focus(browser, 2, 20)
    browser.press("Enter")
    browser.ask("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert browser.ask("document.documentElement.scrollWidth <= document.documentElement.clientWidth") is True
    left, right, bottom = browser.ask(
        "(({left, right, bottom}) => [left, right, bottom])(document.getElementById('panel').getBoundingClientRect())"
    )
    assert left >= 0
    assert right <= width
    assert bottom <= 900
    assert browser.ask(CONTRAST) >= 4.5


CONTRAST = """(() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((one) => one / 255)
      .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$/.test(colour) && colour !== 'transparent') return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const ratio = (node) => {
    const pair = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => b - a);
    return (pair[0] + 0.05) / (pair[1] + 0.05);
  };
  const nodes = document.querySelectorAll('h1, h2, h3, h4, p, dt, dd, td button, th, pre, summary span, footer');
  return Math.min(...[...nodes].map(ratio));
})()"""


def test_the_page_opens_at_the_pin_where_older_releases_stand_before_it(browser: Page, address: str) -> None:
    browser.open(address, width=900)
    left = browser.ask("document.querySelector('th.pin').getBoundingClientRect().left")
    corner = browser.ask("document.querySelector('th.corner').getBoundingClientRect().right")
    assert abs(left - corner) < 4
