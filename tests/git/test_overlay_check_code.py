"""`overlay.check` tells of code that no step before a running Dify would look at, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.overlay_checks import BLUEPRINT, BP, LABEL, PAGE, fetched, told
from tests.support.trees import Content
from tests.support.workspaces import WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    return fetched(tmp_path)


CODE: list[tuple[str, str, dict[str, Content], str]] = [
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
        "a class",
        BLUEPRINT,
        {"mine.py": "class bp: ...\n"},
        "{}:3: api.blueprints.0: bp in {tree}/mine.py is no blueprint",
    ),
    (
        "an import from above the top",
        BLUEPRINT,
        {"mine.py": f"from ..libs import x\n{BP}"},
        "{tree}/mine.py:1: imports from ..libs, above the top of api",
    ),
    (
        "text in no encoding",
        BLUEPRINT,
        {"mine.py": BP.encode() + b"# \xe9\n"},
        "{tree}/mine.py:3: is no Python: its text is not in utf-8, and it names no other encoding",
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
    space: WorkspaceFixture, manifest: str, modules: dict[str, Content], line: str
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
    ("one with a byte order mark", BLUEPRINT, {"api/controllers/mine.py": f"\ufeff{BP}"}),
    (
        "one in another encoding",
        BLUEPRINT,
        {"api/controllers/mine.py": b"# coding: latin-1\n# \xe9\n" + BP.encode()},
    ),
    (
        "relative imports in a package",
        "api: {blueprints: [mine:bp]}\n",
        {
            "api/mine/__init__.py": "from .a.b import bp\n",
            "api/mine/a/b.py": f"from .. import c\n{BP}",
            "api/mine/c.py": "",
        },
    ),
    (
        "imports of a page that are there",
        "",
        {
            "web/app/mine/page.tsx": (
                "import a from './a'\nimport '@/app/mine/b.css'\nimport c from '../mine/c.js'\n"
                f"import next from 'next'\nimport type {{ X }} from './x'\n{PAGE}"
            ),
            "web/app/mine/a/index.ts": "",
            "web/app/mine/b.css": "",
            "web/app/mine/c.ts": "",
        },
    ),
    ("a file of JavaScript", "", {"web/app/mine/page.jsx": PAGE}),
    ("a loading.tsx that is no page's", "", {"web/app/components/mine/loading.tsx": "export const L = 1\n"}),
    (
        "pages in parallel",
        "",
        {"web/app/mine/page.tsx": PAGE, "web/app/mine/@side/page.tsx": PAGE, "web/app/mine/(.)x/page.tsx": PAGE},
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
    ("mine/page.js", "export default (a: string) => null\n", "mine/page.js:1: has types, which a file of JavaScript"),
    ("mine/page.tsx", f"import a from './a'\n{PAGE}", "mine/page.tsx:1: imports ./a, which is not in this source"),
    (
        "mine/page.tsx",
        f"\nexport {{ a }} from '@/b'\n{PAGE}",
        "mine/page.tsx:2: imports @/b, which is not in this source",
    ),
    ("(mine)/apps/page.jsx", PAGE, "(mine)/apps/page.jsx: makes the address that web/app/(commonLayout)/apps/page.tsx"),
    ("apps/route.ts", "export const GET = 1\n", "apps/route.ts: makes the address that web/app/(commonLayout)/apps/"),
    ("(commonLayout)/apps/error.tsx", "export const E = 1\n", "(commonLayout)/apps/error.tsx: has no `export default`"),
    ("console-mine/page.tsx", "", "console-mine/page.tsx: has no `export default`"),
]


@pytest.mark.parametrize(("path", "text", "line"), WEB)
def test_a_page_that_web_cannot_build_is_told(space: WorkspaceFixture, path: str, text: str, line: str) -> None:
    (problem,) = told(space, "", {f"web/app/{path}": text}).problems
    assert problem.startswith(f"overlays/o/tree/web/app/{line}")


@pytest.mark.parametrize(
    ("path", "text"),
    [("x/[b]/c/page.tsx", "calls a part of its address otherwise than"), ("x/[b]/page.tsx", "makes the address that")],
)
def test_two_names_of_one_variable_part_are_told_once(space: WorkspaceFixture, path: str, text: str) -> None:
    (problem,) = told(space, "", {"web/app/x/[a]/page.tsx": PAGE, f"web/app/{path}": PAGE}).problems
    assert problem.startswith(f"overlays/o/tree/web/app/{path}: {text}")


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


@pytest.mark.parametrize(
    ("text", "python", "reasons"),
    [
        ("import nobody_has_it\n", "", 1),
        ("from nobody_has_it.x import y\n", "", 1),
        ("import os, a, asyncio\n", "", 0),
        ("from some_dist import x\n", "api: {python: ['some-dist[y]>=1']}\n", 0),
        ("try:\n    import nobody_has_it\nexcept ImportError: ...\n", "", 0),
    ],
)
def test_a_distribution_that_nothing_names_is_not_judged_and_said(
    space: WorkspaceFixture, text: str, python: str, reasons: int
) -> None:
    space.overlay("other", None, python)
    report = told(space, BLUEPRINT, {"api/controllers/mine.py": text + BP})
    place = "overlays/o/tree/api/controllers/mine.py:1: whether api's image has nobody_has_it: nothing of Dify's"
    assert [*report.problems] == []
    assert len([reason for reason in report.not_judged if reason.startswith(place)]) == reasons
