"""`topology` on a workspace of the miniature Dify, and its page in a real browser."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.demo.upstream import make_upstream
from difykit.workspace import state
from tests.support.browser import PROGRAM, Page, browsing
from tests.support.cli import inv
from tests.support.workspaces import WorkspaceFixture

pytestmark = pytest.mark.skipif(not shutil.which("docker"), reason="no docker: Compose reads the release folder")

SECRET = "Hunter2-s3cr3t"
COMPOSE = (
    "services:\n  extra:\n    image: example.org/extra:1\n    ports: ['127.0.0.1:9009:9000']\n    networks: [default]\n"
)
MANIFEST = "api: {blueprints: ['controllers.hello:bp']}\ncompose: {files: [more.yaml]}\n"
TOO_WIDE = """[...document.querySelectorAll('.svc')].flatMap((group) => {
  const box = group.querySelector('.box').getBBox();
  return [...group.querySelectorAll('text')].filter((text) => {
    const own = text.getBBox();
    return own.x + own.width > box.x + box.width - 4 || own.y + own.height > box.y + box.height + 2;
  }).map((text) => text.textContent);
})"""


@pytest.fixture(scope="module", params=["1.98.0", "1.99.0"])
def space(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> WorkspaceFixture:
    folder = tmp_path_factory.mktemp("topology")
    make_upstream(folder / "upstream.git")
    found = WorkspaceFixture(folder / "ws", (folder / "upstream.git").as_uri(), ref=request.param)
    found.overlay("hello", {"api/controllers/hello.py": "bp = None\n"}, MANIFEST)
    found.write({"overlays/hello/more.yaml": COMPOSE, ".env": f"DB_HOST=pg.example.org\nDB_PASSWORD={SECRET}\n"})
    commit = found.sync().commit
    images = tuple(
        state.Image(
            name=part,
            replaces=f"langgenius/dify-{part}",
            strategy="layer",
            reference=f"dify-{part}-custom:{request.param}-0123456789ab",
            image_id="sha256:0",
        )
        for part in ("api", "web")
    )
    state.write_images(found.root / ".difykit", state.BuiltImages(source=commit, images=images))
    assert inv("render", cwd=found.root).code == 0
    return found


def test_it_tells_what_the_release_folder_runs(space: WorkspaceFixture) -> None:
    ran = inv("topology", "--json", cwd=space.root)
    assert ran.code == 0, ran.err
    services = {one["name"]: one for one in json.loads(ran.out)["services"]}
    assert services["api"]["mark"] == services["web"]["mark"] == "custom"
    assert services["api"]["parts"] == ["hello"]
    assert services["web"]["parts"] == []
    assert (services["extra"]["mark"], services["extra"]["parts"]) == ("own", ["hello"])
    assert services["extra"]["ports"] == [
        {"host": "9009", "container": 9000, "protocol": "tcp", "address": "127.0.0.1"}
    ]
    assert services["pg.example.org"]["mark"] == "external"
    assert services["redis"]["mark"] == "stock"


def test_words_and_pictures_agree_and_hold_no_secret(space: WorkspaceFixture) -> None:
    words = inv("topology", cwd=space.root)
    drawn = inv("topology", "--svg", "a.svg", "--html", "a.html", cwd=space.root)
    assert (words.code, drawn.code, drawn.out) == (0, 0, "")
    shown = {"words": words.out, **{name: (space.root / name).read_text("utf-8") for name in ("a.svg", "a.html")}}
    private = (space.root / ".difykit" / "release" / ".env").read_text()
    made = [line.partition("=")[2] for line in private.splitlines() if "SECRET_KEY=" in line or "_API_KEY=" in line]
    for name, text in shown.items():
        for service in ("nginx", "api", "worker", "redis", "extra", "pg.example.org"):
            assert service in text, name
        assert [value for value in (SECRET, *made) if len(value) > 5 and value in text] == []
    before = shown["a.svg"]
    inv("topology", "--svg", "a.svg", cwd=space.root)
    assert (space.root / "a.svg").read_text("utf-8") == before


def test_without_a_release_folder_it_says_how_to_make_one(space: WorkspaceFixture, tmp_path: Path) -> None:
    empty = WorkspaceFixture(tmp_path / "ws", space.url, ref=space.ref)
    ran = inv("topology", cwd=empty.root)
    assert ran.code == 1
    assert "there is no release folder" in ran.err
    assert "hint make it: difykit render" in ran.err


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    # A profile outlives its browser by a moment: what a last process writes must not fail the test.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, browsing(Path(folder)) as found:
        yield found


@pytest.mark.browser
@pytest.mark.skipif(not PROGRAM, reason="no chromium: apt install chromium")
@pytest.mark.parametrize(("width", "dark"), [(1600, False), (390, True)])
def test_the_page_shows_a_service_by_keyboard_and_asks_for_nothing(
    space: WorkspaceFixture, browser: Page, width: int, *, dark: bool
) -> None:
    inv("topology", "--html", "page.html", cwd=space.root)
    links = json.loads(inv("topology", "--json", cwd=space.root).out)["links"]
    near = sorted({name for one in links if "web" in one.values() for name in (one["source"], one["target"])})
    assert {"nginx", "web"} <= set(near)
    address = (space.root / "page.html").as_uri()
    browser.asked.clear()
    browser.complained.clear()
    browser.open(address, width=width, height=900, dark=dark)
    assert browser.ask(TOO_WIDE) == []
    assert browser.ask("document.documentElement.scrollWidth") <= width
    lit = "[...document.querySelectorAll('.svc.on')].map((one) => one.dataset.name).sort()"
    assert browser.ask(lit) == []
    browser.ask("document.querySelector('[data-name=web]').focus()")
    browser.press("Enter")
    browser.ask("document.activeElement.blur()")
    assert browser.ask(lit) == near
    off = "[...document.querySelectorAll('.wire.on .off')].map((one) => one.dataset.of)"
    assert not set(browser.ask(off)) & {"web"}
    browser.press("Escape")
    assert browser.ask(lit) == []
    assert browser.asked == [address]
    assert browser.complained == []
