"""No verb deletes the data folder, wherever a setting puts it: the verb is refused, or the data is there afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import inv
from tests.support.repos import Upstream
from tests.support.trees import snapshot
from tests.support.workspaces import WorkspaceFixture

VERBS = (
    ("sync",),
    ("sync", "--check"),
    ("sync", "--discard"),
    ("render",),
    ("build", "--check"),
    ("deploy",),
    ("down",),
    ("status",),
    ("modify",),
    ("finish",),
    ("overlay.list",),
    ("patch.list",),
    ("env.check",),
    ("topology",),
    ("upgrade.forecast",),
    ("upgrade.status",),
    ("upgrade.review",),
)


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Upstream:
    made = Upstream(tmp_path_factory.mktemp("upstream"))
    made.release("1.0.0")
    return made


@pytest.mark.parametrize("data", [".difykit/release", ".difykit/source/data", "overlays/a/tree", "link", "."])
def test_every_verb_refuses_a_folder_that_is_deleted(data: str, upstream: Upstream, tmp_path: Path) -> None:
    space = WorkspaceFixture(tmp_path / "space", upstream)
    space.overlay("a", {"web/x": "x"})
    assert inv("sync", cwd=space.root).code == 0
    (space.root / "link").symlink_to(".difykit/release")
    settings = (space.root / "difykit.yaml").read_text()
    (space.root / "difykit.yaml").write_text(f"{settings}deploy: {{data: {data}}}\n")
    line = settings.count("\n") + 1
    (space.root / data).resolve().joinpath("volumes/db/data").mkdir(parents=True)
    (space.root / data / "volumes/db/data/PG_VERSION").write_text("15")
    before = snapshot(space.root)
    for args in VERBS:
        ran = inv(*args, cwd=space.root)
        assert (args, ran.code) == (args, 2)
        assert f"difykit.yaml:{line}: deploy.data: {data!r} " in ran.err
    doctor = inv("doctor", cwd=space.root)
    assert f"difykit.yaml:{line}: deploy.data: {data!r} " in doctor.out + doctor.err
    assert snapshot(space.root) == before


def test_a_page_does_not_take_the_place_of_a_manifest(upstream: Upstream, tmp_path: Path) -> None:
    space = WorkspaceFixture(tmp_path / "space", upstream)
    (space.root / ".env").write_text("A=1\n")
    before = snapshot(space.root)
    for args in (
        ("topology", "--html", "difykit.yaml"),
        ("topology", "--svg", ".env"),
        ("upgrade.forecast", "--markdown", "patches/series"),
        ("upgrade.forecast", "--html", ".difykit/source/x.html"),
        ("modify", "--directory", "overlays"),
        ("init", ".difykit/inner"),
    ):
        ran = inv(*args, cwd=space.root)
        assert (args, ran.code) == (args, 1)
        assert "; nothing was written" in ran.err
    assert snapshot(space.root) == before
