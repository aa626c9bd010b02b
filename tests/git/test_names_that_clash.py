"""Names that macOS takes for one, and bytes that are no text: told before anything is touched, and valid in JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.cli import inv
from tests.support.repos import Upstream
from tests.support.trees import snapshot
from tests.support.workspaces import WorkspaceFixture

NEW_FILE = """\
From: A <a@example.org>
Subject: [PATCH] add it

---
diff --git a/{path} b/{path}
new file mode 100644
--- /dev/null
+++ b/{path}
@@ -0,0 +1 @@
+x
"""
RENAME = """\
From: A <a@example.org>
Subject: [PATCH] rename it

---
diff --git a/README.md b/Readme.md
similarity index 100%
rename from README.md
rename to Readme.md
"""


class Row(NamedTuple):
    """Files that clash, and both names as they are told."""

    name: str
    make: Callable[[WorkspaceFixture], object]
    said: str


def tree(*paths: str, name: str = "a") -> Callable[[WorkspaceFixture], object]:
    return lambda space: space.overlay(name, dict.fromkeys(paths, "x"))


def both(*makers: Callable[[WorkspaceFixture], object]) -> Callable[[WorkspaceFixture], object]:
    def make(space: WorkspaceFixture) -> None:
        for each in makers:
            each(space)

    return make


def patch(path: str) -> Callable[[WorkspaceFixture], object]:
    return lambda space: space.patch("0001-new.patch", NEW_FILE.format(path=path))


ROWS = (
    Row("two files of a tree", tree("web/new.ts", "web/New.ts"), "web/New.ts and web/new.ts"),
    Row("two folders of a tree", tree("web/New/a", "web/new/b"), "web/New and web/new"),
    Row("a file and a folder", tree("web/New", "web/new/b"), "web/New and web/new"),
    Row("a file over upstream's", tree("readme.MD"), "readme.MD and README.md"),
    Row("a folder over upstream's", tree("Api/new.py"), "Api and api"),
    Row("a file in a folder over upstream's", tree("api/Controllers/x.py"), "api/Controllers and api/controllers"),
    Row("two overlays", both(tree("web/new.ts"), tree("web/NEW.ts", name="b")), "web/NEW.ts and web/new.ts"),
    Row("an overlay and a patch", both(patch("web/new.ts"), tree("web/NEW.ts")), "web/NEW.ts and web/new.ts"),
    Row("a patch over upstream's", patch("ReadMe.md"), "ReadMe.md and README.md"),
    Row("a patch in a folder over upstream's", patch("API/new.py"), "API and api"),
    Row("Unicode forms", tree("web/caf\u00e9.ts", "web/cafe\u0301.ts"), "'web/cafe\\u0301.ts' and 'web/caf\\xe9.ts'"),
    Row(
        "Unicode forms of folders in two overlays",
        both(tree("web/\u00c5/x"), tree("web/a\u030a/y", name="b")),
        "'web/a\\u030a' and 'web/\\xc5'",
    ),
)


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Upstream:
    made = Upstream(tmp_path_factory.mktemp("upstream"))
    made.release("1.0.0")
    return made


@pytest.fixture
def space(upstream: Upstream, tmp_path: Path) -> WorkspaceFixture:
    return WorkspaceFixture(tmp_path / "space", upstream)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_names_that_one_system_takes_for_one_are_refused(row: Row, space: WorkspaceFixture) -> None:
    assert inv("sync", cwd=space.root).code == 0
    row.make(space)
    (space.source / "mine").write_text("an edit")
    before = {**snapshot(space.source), **snapshot(space.root / "overlays"), **snapshot(space.root / "patches")}
    for ran in (inv("sync", "--discard", cwd=space.root), inv("sync", "--discard", cwd=space.root)):
        assert ran.code == 2
        assert f"{row.said} differ only in case" in ran.err
        assert ran.err.count("differ only") == 1
        assert "hint give one of the two another name" in ran.err
    after = {**snapshot(space.source), **snapshot(space.root / "overlays"), **snapshot(space.root / "patches")}
    assert after == before


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (tree("web/next.ts"), "web/next.ts and web/Next.ts"),
        (tree("web/caf\u00e9.ts"), "'web/caf\\xe9.ts' and 'web/cafe\\u0301.ts'"),
        (tree("WEB2/x"), "WEB2 and web2"),
        (patch("web/NEXT.ts"), "web/NEXT.ts and web/Next.ts"),
        (patch("web2/New/a"), "web2/New and web2/new"),
    ],
)
def test_a_forecast_says_what_an_upgrade_refuses(
    make: Callable[[WorkspaceFixture], object], said: str, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.release("1.1.0", {"web/Next.ts": "x", "web/cafe\u0301.ts": "x", "web2/new/y": "y"})
    space = WorkspaceFixture(tmp_path / "space", upstream)
    make(space)
    assert inv("sync", cwd=space.root).code == 0
    outlook = inv("upgrade.forecast", "--to", "1.1.0", "--json", cwd=space.root)
    assert outlook.code == 0
    text = f"{said} differ only in case"
    assert text in str(json.loads(outlook.out)).replace("\\\\", "\\")
    assert "conflicts" in outlook.out
    before = {**snapshot(space.root / "overlays"), **snapshot(space.root / "patches")}
    started = inv("upgrade.start", "--to", "1.1.0", cwd=space.root)
    assert started.code in {1, 2}
    assert text in started.err
    assert {**snapshot(space.root / "overlays"), **snapshot(space.root / "patches")} == before


def test_a_file_may_get_a_name_in_another_case(space: WorkspaceFixture) -> None:
    space.patch("0001-rename.patch", RENAME)
    assert inv("sync", cwd=space.root).code == 0
    assert (space.source / "Readme.md").is_file()
    assert not (space.source / "README.md").exists()


def test_a_name_of_upstreams_own_spelling_is_fine(space: WorkspaceFixture) -> None:
    space.overlay("a", {"README.md": "x", "api/new.py": "", "web/caf\u00e9.ts": "", "web/stra\u00dfe.ts": ""})
    assert inv("sync", cwd=space.root).code == 0


def test_bytes_that_are_no_text_are_spelled_out(space: WorkspaceFixture) -> None:
    space.overlay("a", {"web/x": "x"})
    place = os.fsencode(space.root / "overlays/a/tree/web") + b"/caf\xe9\xff.ts"
    with open(place, "wb") as file:  # noqa: PTH123 - a name that is no text
        file.write(b"x")
    assert inv("sync", cwd=space.root).code == 0
    assert os.path.lexists(os.fsencode(space.source / "web") + b"/caf\xe9\xff.ts")
    space.patch(
        "0001-new.patch",
        NEW_FILE.replace("a/{path} b/{path}", '"a/api/\\351" "b/api/\\351"').replace("b/{path}", '"b/api/\\351"'),
    )
    assert inv("sync", cwd=space.root).code == 0
    for args in (("overlay.show", "a"), ("overlay.diff", "a"), ("sync", "--check"), ("patch.show", "new")):
        plain = inv(*args, cwd=space.root)
        assert plain.code == 0
        plain.out.encode("utf-8")
    for words in (("patch.check", "--json"), ("patch.list", "--json"), ("sync", "--check", "--json")):
        assert json.loads(inv(*words, cwd=space.root).out.encode("utf-8"))
    ran = inv("overlay.show", "a", "--json", cwd=space.root)
    assert ran.code == 0
    assert "web/caf\\xe9\\xff.ts" in str(json.loads(ran.out.encode("utf-8")).values()).replace("\\\\", "\\")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "engine: 1",
            "engine: 2",
            "difykit.lock:3: engine: is 2, written by a newer difykit; this one makes sources of",
        ),
        ("version: 1", "version: 2", "difykit.lock:2: version: this difykit reads version 1, not 2"),
        ("engine: 1", "engine: 1\nsigned: x", "difykit.lock:4: signed: unknown key"),
        ("  ref:", "  mirror: x\n  ref:", "difykit.lock:5: upstream.mirror: unknown key"),
    ],
)
def test_a_lock_of_a_newer_difykit_stays_as_it_is(space: WorkspaceFixture, old: str, new: str, said: str) -> None:
    assert inv("sync", cwd=space.root).code == 0
    lock = space.root / "difykit.lock"
    lock.write_text(lock.read_text().replace(old, new, 1))
    space.overlay("a", {"web/x": "x"})
    before = snapshot(space.root / ".difykit/source")
    for args in (("sync",), ("sync", "--check"), ("sync", "--discard"), ("modify",)):
        ran = inv(*args, cwd=space.root)
        assert (ran.code, new in lock.read_text()) == (2, True)
        assert said in ran.err
        assert "update difykit to the version that wrote difykit.lock" in ran.err
    assert snapshot(space.root / ".difykit/source") == before
