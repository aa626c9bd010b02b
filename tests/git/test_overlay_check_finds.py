"""`overlay.check` tells what `sync`, `build` and `render` would refuse, with its line; the same stops `sync`."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from tests.support.cli import difykit
from tests.support.overlay_checks import BLUEPRINT, BP, LABEL, RELEASE, checked, fetched, told
from tests.support.repos import Upstream
from tests.support.trees import snapshot
from tests.support.workspaces import RecordingProgress, WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    return fetched(tmp_path)


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


def test_compose_is_not_asked_before_its_files_are_there_and_that_is_said(space: WorkspaceFixture) -> None:
    report = told(space, "compose: {files: [none.yaml]}\n")
    unasked = "what Docker Compose makes of the overlays' files: it is asked once the rest is mended"
    assert [*report.not_judged] == [unasked]
    assert [*told(space, "edits: []\n").not_judged] == []


STORE = {
    **RELEASE,
    "docker/.env.example": "LOG_LEVEL=INFO\nPROXY_URL=http://redis:80\n",
    "docker/docker-compose.yaml": (
        str(RELEASE["docker/docker-compose.yaml"]) + "  redis:\n    image: redis:6\n"
        "  sandbox:\n    image: busybox\n    environment: {HTTP_PROXY: '${PROXY_URL:-http://redis:80}'}\n"
    ),
}
LEAVES = "compose:\n  remove: [redis]\n"


@pytest.mark.parametrize(("rest", "missed"), [("", 1), ("env: {PROXY_URL: 'http://proxy.example.com'}\n", 0)])
def test_a_service_that_an_overlay_leaves_out_and_that_is_needed_is_told_as_render_refuses_it(
    tmp_path: Path, rest: str, missed: int
) -> None:
    upstream = Upstream(tmp_path)
    upstream.release("1.0.0", STORE)
    space = WorkspaceFixture(tmp_path / "space", upstream)
    problems = [*told_after_sync(space, LEAVES + rest)]
    assert [problem.partition(" gets ")[0] for problem in problems] == [
        f"{LABEL}:4: compose.remove: host: PROXY_URL: sandbox"
    ] * missed
    assert (difykit("render", "--check", cwd=space.root).code == 0) is not bool(missed)


def told_after_sync(space: WorkspaceFixture, manifest: str) -> list[str]:
    space.overlay("o", None, manifest)
    space.sync()
    return [*checked(space).problems]


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
