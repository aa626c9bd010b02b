"""The `overlay.*` commands, on a fetched release."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from difykit.demo import RELEASES, make_upstream
from difykit.dify.addresses import CONSOLE, PATHS
from difykit.source.overlay import KINDS
from tests.support.cli import Ran, difykit, inv
from tests.support.repos import Upstream
from tests.support.trees import Content
from tests.support.workspaces import WorkspaceFixture

PAGES = {"web/app/(commonLayout)/reports/page.tsx": "", "web/public/brand/x.svg": ""}
CONSOLE_API = {"api/controllers/console/app.py": 'api.add_resource(Ledger, "/ledger")\n'}
NAMES = ("new", "list", "show", "enable", "disable", "eject", "migration")
Run = Callable[..., Ran]


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    upstream = Upstream(tmp_path)
    upstream.release("1.0.0", {**PAGES, **CONSOLE_API})
    return WorkspaceFixture(tmp_path / "space", upstream)


@pytest.fixture
def run(space: WorkspaceFixture) -> Run:
    def run(*args: str, code: int = 0) -> Ran:
        ran = inv(*args, cwd=space.root)
        assert ran.code == code, ran.err
        return ran

    return run


@pytest.mark.parametrize("release", RELEASES)
def test_one_of_each_kind_syncs_on_the_miniature_and_its_python_compiles(tmp_path: Path, release: str) -> None:
    make_upstream(tmp_path / "mini.git")
    space = WorkspaceFixture(tmp_path / "space", (tmp_path / "mini.git").as_uri(), ref=release)
    for kind in KINDS:
        assert inv("overlay.new", f"my-{kind}", "--kind", kind, cwd=space.root).code == 0
    done = inv("sync", cwd=space.root)
    assert done.code == 0, done.err
    written = sorted((space.source / "api").glob("controllers/overlay_my_*.py"))
    assert [path.stem for path in written] == ["overlay_my_console_endpoint", "overlay_my_endpoint"]
    for path in (*written, space.source / "api" / "extensions" / "ext_blueprints.py"):
        compile(path.read_text(), str(path), "exec")
    assert (space.source / "web" / "app" / "my-page" / "page.tsx").is_file()


def test_new_says_what_was_written_and_what_will_answer(run: Run) -> None:
    said = run("overlay.new", "orders").err
    assert said.splitlines() == [
        "  ok overlays/orders/overlay.yaml",
        "  ok overlays/orders/tree/api/controllers/overlay_orders.py",
        "  ok difykit.yaml: orders is enabled",
        'hint invoke sync build deploy; then GET /orders answers {"message":"Hello from orders!"}',
    ]
    assert "overlay.enable later" in run("overlay.new", "later", "--kind", "env", "--disabled").err
    assert [each["name"] for each in listed(run) if each["enabled"]] == ["orders"]


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("report", "endpoint", "/reports, which is of Dify"),
        ("brand", "page", "/brand is of Dify"),
        ("ledger", "console-endpoint", "/console/api/ledger is of Dify"),
    ],
)
def test_an_address_of_the_fetched_release_is_not_taken(run: Run, name: str, kind: str, why: str) -> None:
    assert name not in PATHS | CONSOLE
    run("sync")
    assert why in run("overlay.new", name, "--kind", kind, code=1).err
    assert listed(run)[0]["enabled"] is False


def listed(run: Run) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run("overlay.list", "--json").out)["overlays"]
    return found


def test_the_list_shows_each_with_its_origin(run: Run, space: WorkspaceFixture) -> None:
    space.overlay("mine", {"a.txt": ""}, "requires: {dify: '>=1'}\n")
    run("overlay.enable", "hello-page", "--before", "mine")
    lines = run("overlay.list").out.splitlines()
    assert lines[0].split() == ["#", "NAME", "FROM", "REQUIRES", "DESCRIPTION"]
    rows = [line.split()[:3] for line in lines[1:]]
    assert rows[:2] == [["1", "hello-page", "preset"], ["2", "mine", "workspace"]]
    assert ["-", "hello-console", "preset"] in rows
    assert {row[0] for row in rows[2:]} == {"-"}
    assert [row[1] for row in rows[2:]] == sorted(row[1] for row in rows[2:])


def test_show_says_what_it_replaces_once_the_release_is_here(run: Run, space: WorkspaceFixture) -> None:
    trees = "trees: [{from: tree}, {from: later, when: {dify: '>=2'}}]\n"
    whole: dict[str, Content] = {"api/app.py": "print('mine')\n", "api/new.py": ""}
    run("overlay.new", "other", "--kind", "env")
    assert json.loads(run("overlay.show", "other", "--json").out)["replaces"] is None
    run("sync")
    space.overlay("mine", whole, trees)
    space.write({"overlays/mine/later/README.md": "later\n"})
    facts = json.loads(run("overlay.show", "mine", "--json").out)
    assert facts["files"] == ["api/app.py", "api/new.py"]
    assert facts["replaces"] == ["api/app.py"]
    assert "  replaces: api/app.py" in run("overlay.show", "mine").out.splitlines()


def test_enable_and_disable_change_the_source(run: Run, space: WorkspaceFixture) -> None:
    space.overlay("mine", {"mine.txt": "x\n"})
    run("sync")
    assert "mine is disabled" in run("overlay.disable", "mine").err
    assert run("overlay.disable", "mine").err == "skip mine is not enabled; nothing was changed\n"
    run("sync")
    assert not (space.source / "mine.txt").exists()
    run("overlay.enable", "mine")
    assert run("overlay.enable", "mine").err == "skip mine is enabled already; nothing was changed\n"
    run("sync")
    assert (space.source / "mine.txt").exists()


def test_an_ejected_preset_gives_the_same_source(run: Run) -> None:
    run("overlay.enable", "hello-endpoint")
    before = json.loads(run("sync", "--json").out)["commit"]
    run("overlay.eject", "hello-endpoint")
    assert json.loads(run("sync", "--json").out)["commit"] == before
    assert "has overlays/hello-endpoint already" in run("overlay.eject", "hello-endpoint", code=1).err


def test_the_commands_work_one_after_the_other_in_one_line(run: Run) -> None:
    run("overlay.new", "orders", "--kind", "page", "overlay.disable", "orders", "overlay.list")


def test_every_command_has_its_line_in_the_menu(run: Run) -> None:
    menu = run("--list").out
    assert all(f"  overlay.{name} " in menu for name in NAMES)


def test_every_option_is_explained(tmp_path: Path) -> None:
    for name in NAMES:  # as processes: Invoke forgets the words once it has shown them
        shown = difykit("--help", f"overlay.{name}", cwd=tmp_path).out
        options = [line for line in shown.partition("Options:")[2].splitlines() if line.strip().startswith("-")]
        assert all(len(line.split(maxsplit=1)) == 2 for line in options), shown
