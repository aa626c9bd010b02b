"""`overlay.check` tells what `sync`, `build` and `render` would refuse, and what none of them finds, with its line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from difykit.checks.overlays import OverlayReport, check
from difykit.core.errors import DifyKitError
from difykit.source.sync import pinned
from difykit.workspace.workspace import Workspace
from tests.support.cli import difykit
from tests.support.repos import Upstream
from tests.support.trees import Content, snapshot
from tests.support.workspaces import RecordingProgress, WorkspaceFixture

RELEASE: dict[str, Content] = {
    "api/pyproject.toml": '[project]\nname = "dify-api"\nrequires-python = ">=3.11,<3.13"\ndependencies = ["a>=1"]\n',
    "api/uv.lock": (
        '[[package]]\nname = "a"\n\n[[package]]\nname = "dify-api"\n\n[package.metadata]\n'
        'requires-dist = [{ name = "a", specifier = ">=1" }]\n'
    ),
    "api/Dockerfile": "FROM python:3.12-slim\nCOPY . /app/api/\n",
    "api/controllers/console/__init__.py": 'bp = Blueprint("console", __name__, url_prefix="/console/api")\nns = 1\n',
    "api/controllers/open.py": "def __getattr__(name): ...\n",
    "docker/.env.example": "LOG_LEVEL=INFO\n",
    "docker/docker-compose.yaml": (
        "services:\n  api:\n    image: langgenius/dify-api:1.0.0\n    env_file: .env\n"
        "  web:\n    image: langgenius/dify-web:1.0.0\n"
    ),
    "web/Dockerfile": "FROM node:22\nCOPY . .\n",
    "web/package.json": '{\n  "name": "dify-web",\n  "version": "1.0.0",\n  "dependencies": {"next": "1"}\n}\n',
    "web/pnpm-lock.yaml": (
        "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      next:\n        specifier: '1'\n"
        "        version: '1'\n\npackages: {}\n"
    ),
    "web/app/(commonLayout)/apps/page.tsx": "export default function P() { return null }\n",
    "web/app/odd/page.tsx": "const a = (\n",
}
BP = 'from flask import Blueprint\nbp = Blueprint("mine", __name__)\n'
PAGE = "export default () => <p>x</p>\n"
LABEL = "overlays/o/overlay.yaml"


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    upstream = Upstream(tmp_path)
    upstream.release("1.0.0", RELEASE)
    space = WorkspaceFixture(tmp_path / "space", upstream)
    space.sync()
    return space


def checked(space: WorkspaceFixture) -> OverlayReport:
    workspace = Workspace.open(space.root)
    with pinned(workspace) as pin:
        return check(workspace, pin)


def told(space: WorkspaceFixture, manifest: str, tree: Mapping[str, Content] | None = None) -> OverlayReport:
    """What is told of the overlay `o`, whose manifest goes on from its third line."""
    space.overlay("o", tree, manifest)
    return checked(space)


REFUSED = [
    (
        "an edit that does not match",
        'edits:\n  - {file: api/app.py, replace: {find: nothing, with: ""}}\n',
        f"{LABEL}:4: edits.0: api/app.py has the text to find 0 times, not 1",
    ),
    (
        "a file that is not there",
        "edits:\n  - {file: api/none.py, insert: {after: x, text: y}}\n",
        f"{LABEL}:4: edits.0: the release has no api/none.py",
    ),
    (
        "a text that is not there",
        "edits:\n  - i18n: {locale: en-US, key: login.none, value: x}\n",
        f"{LABEL}:4: edits.0: web/i18n/en-US/login.json has no text none",
    ),
    (
        "a language that is not there",
        "edits:\n  - i18n: {locale: xx-XX, key: login.signBtn, value: x}\n",
        f"{LABEL}:4: edits.0: the release has no web/i18n/xx-XX; it has en-US",
    ),
    (
        "an image that is not there",
        "images:\n  - nope\n",
        f"{LABEL}:4: images: there is no image nope (no images/nope/image.yaml)",
    ),
    (
        "a Compose file that is not there",
        "compose:\n  files: [none.yaml]\n",
        f"{LABEL}:4: compose.files: there is no none.yaml beside it",
    ),
    (
        "a setting with a slip",
        "env: {LOG_LEVL: DEBUG}\n",
        (
            f"{LABEL}:3: LOG_LEVL: Dify 1.0.0 does not know it; the nearest that it knows is LOG_LEVEL; write"
            " LOG_LEVEL, or take it out"
        ),
    ),
    (
        "a secret for a service that is not there",
        "secrets:\n  MINE: {generate: 32, to: [nobody]}\n",
        f"{LABEL}:4: secrets.MINE.to: there is no service nobody",
    ),
    (
        "a route that is Dify's",
        "gateway: {routes: [{path: /console/api}]}\n",
        f"{LABEL}:3: gateway.routes.0: /console/api is routed by Dify itself, to api",
    ),
    (
        "a route that takes a page",
        "gateway:\n  routes:\n    - {path: /free}\n    - {path: /ap}\n",
        f"{LABEL}:6: gateway.routes.1: /ap would take /apps (a page)",
    ),
    (
        "a route inside one of Dify's",
        "gateway: {routes: [{path: /console/api/x}]}\n",
        (
            f"{LABEL}:3: gateway.routes.0: /console/api/x would take what begins with it from /console/api, which Dify"
            " sends to api already: /console/api needs no route"
        ),
    ),
    (
        "a blueprint's module that is not there",
        "api:\n  blueprints: [controllers.none:bp]\n",
        f"{LABEL}:4: api.blueprints.0: there is no api/controllers/none.py in this source",
    ),
    (
        "a console module that is not there",
        "api: {console: [controllers.none]}\n",
        f"{LABEL}:3: api.console.0: there is no api/controllers/none.py in this source",
    ),
    (
        "a module below one that is no package",
        "api: {console: [controllers.open.inner]}\n",
        f"{LABEL}:3: api.console.0: there is no api/controllers/open/inner.py in this source",
    ),
]


@pytest.mark.parametrize(("manifest", "line"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_manifest_is_refused_with_its_line(space: WorkspaceFixture, manifest: str, line: str) -> None:
    problems = [problem.splitlines()[0].removesuffix(":") for problem in told(space, manifest).problems]
    assert problems == [line]


BLUEPRINT = "api: {blueprints: [controllers.mine:bp]}\n"
CODE = [
    ("no such name", BLUEPRINT, {"mine.py": "pb = 1\n"}, "{}:3: api.blueprints.0: {tree}/mine.py does not define bp"),
    (
        "a name with a type alone",
        BLUEPRINT,
        {"mine.py": "bp: int\n"},
        "{}:3: api.blueprints.0: {tree}/mine.py does not",
    ),
    (
        "a name in a function",
        BLUEPRINT,
        {"mine.py": "def f():\n    bp = 1\n"},
        "{}:3: api.blueprints.0: {tree}/mine.py",
    ),
    ("a literal", BLUEPRINT, {"mine.py": "bp = 3\n"}, "{}:3: api.blueprints.0: bp in {tree}/mine.py is no blueprint"),
    ("a function", BLUEPRINT, {"mine.py": "def bp(): ...\n"}, "{}:3: api.blueprints.0: bp in {tree}/mine.py is no"),
    (
        "a name from where it is not",
        BLUEPRINT,
        {"mine.py": "from .views import bp\n", "views.py": "x = 1\n"},
        "{tree}/mine.py:1: imports bp from controllers.views, which does not define it",
    ),
    (
        "an import of what the release lacks",
        BLUEPRINT,
        {"mine.py": f"import os\nfrom controllers.console.none import x\n{BP}"},
        "{tree}/mine.py:2: imports from controllers.console.none, which is not in this source",
    ),
    (
        "a name of Dify's blueprints",
        BLUEPRINT,
        {"mine.py": BP.replace('"mine"', '"console"')},
        "{}:3: api.blueprints.0: its blueprint is called 'console', as Dify's is, and Flask takes one of a name",
    ),
    (
        "no Python",
        "api: {console: [controllers.mine]}\n",
        {"mine.py": "x = 1\ndef f(:\n"},
        "{tree}/mine.py:2: is no Python: invalid syntax (Dify's api runs in Python 3.12)",
    ),
    (
        "newer Python",
        "api: {console: [controllers.mine]}\n",
        {"mine.py": "x = t'{y}'\n"},
        "{tree}/mine.py:1: is no Python: a template string came with Python 3.14 (Dify's api runs in Python 3.12)",
    ),
]


@pytest.mark.parametrize(("manifest", "modules", "line"), [row[1:] for row in CODE], ids=[row[0] for row in CODE])
def test_a_module_that_api_cannot_load_is_told(
    space: WorkspaceFixture, manifest: str, modules: dict[str, str], line: str
) -> None:
    report = told(space, manifest, {f"api/controllers/{name}": text for name, text in modules.items()})
    (problem,) = report.problems
    assert problem.startswith(line.replace("{}", LABEL).replace("{tree}", "overlays/o/tree/api/controllers"))


RIGHT: list[tuple[str, str, dict[str, Content]]] = [
    ("a blueprint", BLUEPRINT, {"api/controllers/mine.py": BP}),
    (
        "one in a branch",
        BLUEPRINT,
        {"api/controllers/mine.py": f"try:\n    import x\nexcept E:\n    pass\nif x:\n    {BP[28:]}"},
    ),
    ("one by another name", BLUEPRINT, {"api/controllers/mine.py": f"{BP}bp, x = bp, 1\n"}),
    (
        "one of a package",
        "api: {blueprints: [mine:bp]}\n",
        {"api/mine/__init__.py": "from .a import *\n", "api/mine/a.py": BP},
    ),
    ("one in a plain folder", "api: {blueprints: [mine.a:bp]}\n", {"api/mine/a.py": BP}),
    (
        "a console module of the release's own names",
        "api: {console: [mine]}\n",
        {"api/mine.py": "from controllers.console import ns\n"},
    ),
    (
        "an import that may fail",
        "api: {console: [mine]}\n",
        {"api/mine.py": "try:\n    import controllers.none\nexcept E: ...\n"},
    ),
    ("newer Python of the image", "api: {console: [mine]}\n", {"api/mine.py": "def f[T](x: T) -> T: return x\n"}),
    ("a test that is no Python", "", {"api/tests/broken.py": "def f(:\n"}),
    ("a page", "", {"web/app/mine/page.tsx": PAGE}),
    ("a part without a default", "", {"web/app/mine/part.tsx": "export const P = () => <p>R&D</p>\n"}),
    ("a test of web", "", {"web/app/mine/a.spec.tsx": "const a = (\n"}),
    ("a route of one's own", "gateway: {routes: [{path: /mine}, {path: /apps-mine}]}\n", {}),
    ("a script", "", {"api/mine.sh": "if\n", "web/app/mine/x.css": "{\n"}),
]


@pytest.mark.parametrize(("manifest", "tree"), [row[1:] for row in RIGHT], ids=[row[0] for row in RIGHT])
def test_what_works_is_right(space: WorkspaceFixture, manifest: str, tree: dict[str, Content]) -> None:
    assert [*told(space, manifest, tree).problems] == []


WEB = [
    ("mine/page.tsx", "export default () => <p>\n", "mine/page.tsx:1: is no valid code near"),
    ("mine/page.tsx", "export default () => <p>x</b>\n", "mine/page.tsx:1: closes <p> of line 1 with </b>"),
    ("mine/page.tsx", "export const P = 1\n", "mine/page.tsx: has no `export default`"),
    ("mine/part.ts", "const a: = 1\n", "mine/part.ts:1: is no valid code near"),
    ("console-mine/page.tsx", "", "console-mine/page.tsx: has no `export default`"),
]


@pytest.mark.parametrize(("path", "text", "line"), WEB)
def test_a_page_that_web_cannot_build_is_told(space: WorkspaceFixture, path: str, text: str, line: str) -> None:
    (problem,) = told(space, "", {f"web/app/{path}": text}).problems
    assert problem.startswith(f"overlays/o/tree/web/app/{line}")


def test_a_page_where_the_gateway_sends_elsewhere_is_told(space: WorkspaceFixture) -> None:
    (problem,) = told(space, "", {"web/app/console/api/page.tsx": PAGE}).problems
    assert problem.endswith("nobody would see this page: the gateway sends all that begins with /console/api to api")


def test_an_edit_that_breaks_difys_own_file_is_told_at_the_edit(space: WorkspaceFixture) -> None:
    edit = "edits:\n  - {file: api/app.py, replace: {find: \"print('one')\", with: \"print('one'\"}}\n"
    (problem,) = told(space, edit).problems
    assert problem.startswith(f"{LABEL}:4: edits.0: then line 1 of api/app.py is no Python: ")


def test_what_of_difys_cannot_be_read_is_not_judged_and_said(space: WorkspaceFixture) -> None:
    report = told(space, "", {"web/app/odd/page.tsx": "const b = (\n"})
    assert [*report.problems] == []
    assert any("the grammar cannot read Dify's own web/app/odd/page.tsx" in reason for reason in report.not_judged)


@pytest.mark.parametrize(
    ("manifest", "tree"),
    [
        ("api: {blueprints: [some_dist:bp], python: [some-dist]}\n", {}),
        (BLUEPRINT, {"api/controllers/mine.py": "globals()['bp'] = 1\n"}),
        ("api: {blueprints: [controllers.open:bp]}\n", {}),
    ],
)
def test_a_name_that_no_text_shows_is_not_judged_and_said(
    space: WorkspaceFixture, manifest: str, tree: dict[str, Content]
) -> None:
    report = told(space, manifest, tree)
    assert [*report.problems] == []
    assert any(reason.startswith(f"{LABEL}: api.blueprints.0: ") for reason in report.not_judged)


def test_all_of_all_overlays_is_told_at_once(space: WorkspaceFixture) -> None:
    space.overlay("a", None, 'edits: [{file: api/app.py, replace: {find: no, with: ""}}]\nimages: [nope]\n')
    space.overlay("b", {"web/app/b/page.tsx": "("}, "gateway: {routes: [{path: /apps}]}\napi: {console: [none]}\n")
    assert {problem.split(":")[0] for problem in checked(space).problems} == {
        "overlays/a/overlay.yaml",
        "overlays/b/overlay.yaml",
        "overlays/b/tree/web/app/b/page.tsx",
    }
    assert len(checked(space).problems) == 5


def test_nothing_is_left_of_looking(space: WorkspaceFixture) -> None:
    space.overlay("o", {"api/controllers/mine.py": BP}, BLUEPRINT)
    before = snapshot(space.root)
    assert [*checked(space).problems] == []
    assert snapshot(space.root) == before


def test_the_command_ends_with_a_failure_and_every_line(space: WorkspaceFixture) -> None:
    space.overlay("o", {"web/app/o/page.tsx": "("}, "images: [nope]\n")
    ran = difykit("overlay.check", cwd=space.root)
    assert ran.code == 1
    assert f"fail {LABEL}:3: images: there is no image nope (no images/nope/image.yaml)" in ran.err
    assert "overlays/o/tree/web/app/o/page.tsx:1: is no valid code near: (" in ran.err


def test_a_route_that_takes_what_is_difys_stops_sync_and_overlay_new(space: WorkspaceFixture) -> None:
    ran = difykit("overlay.new", "app", cwd=space.root)
    assert (ran.code, "cannot be the name of a new endpoint" in ran.err) == (1, True)
    space.overlay("o", None, "gateway: {routes: [{path: /ap}]}\n")
    with pytest.raises(DifyKitError, match=r"overlay.yaml:3: gateway.routes.0: /ap would take /apps \(a page\)"):
        space.sync()


def test_sync_makes_code_that_will_not_run_and_says_so(space: WorkspaceFixture) -> None:
    progress = RecordingProgress()
    space.overlay("o", None, BLUEPRINT)
    space.sync(progress)
    assert progress.texts("warn") == [
        f"{LABEL}:3: api.blueprints.0: there is no api/controllers/mine.py in this source"
    ]
    again = RecordingProgress()
    space.sync(again)
    assert again.texts("warn") == []


NPM = "edits:\n  - {file: web/package.json, json: {merge: {dependencies: {left-pad: '1.3.0'}}}}\n"
LOCK = "      left-pad:\n        specifier: 1.3.0\n        version: 1.3.0\n"
PIP = 'edits:\n  - {file: api/pyproject.toml, replace: {find: \'"a>=1"\', with: \'"a>=1", "b>=2"\'}}\n'
UNLOCKED = [
    (
        NPM,
        (
            "overlay o: web/package.json asks for left-pad 1.3.0, and web/pnpm-lock.yaml does not fit it: the build of"
            " web stops there"
        ),
    ),
    (
        PIP,
        (
            "overlay o: api/pyproject.toml asks for b >=2, and api/uv.lock does not fit it: the build installs what the"
            " lock has, and so not this"
        ),
    ),
]


@pytest.mark.parametrize(("manifest", "line"), UNLOCKED)
def test_a_dependency_without_its_lock_is_said_at_sync(space: WorkspaceFixture, manifest: str, line: str) -> None:
    progress = RecordingProgress()
    space.overlay("o", None, manifest)
    space.sync(progress)
    assert progress.texts("warn") == [line]
    assert any(warning.startswith(f"{line}; mend it: (cd .difykit/source/") for warning in checked(space).warnings)


def test_a_dependency_with_its_lock_is_right(space: WorkspaceFixture) -> None:
    progress = RecordingProgress()
    text = str(RELEASE["web/pnpm-lock.yaml"]).replace("\n\npackages", f"\n{LOCK}\npackages")
    space.overlay("o", {"web/pnpm-lock.yaml": text}, NPM)
    space.sync(progress)
    assert progress.texts("warn") == []
