"""Which releases are fetched, how, and what is said where the upstream is not to be reached; the command itself."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.git import Store
from difykit.git.remote import kept_releases
from difykit.porting import Wish, forecast
from difykit.workspace.workspace import Workspace
from tests.support.cli import inv
from tests.support.repos import Upstream
from tests.support.workspaces import APP_PATCH, RecordingProgress, WorkspaceFixture


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path)
    for tag in ("0.15.0", "1.0.0", "1.1.0", "1.2.0", "1.3.0b1"):
        made.release(tag, {"README.md": f"Dify {tag}\n"})
    made.git("tag", "--annotate", "--message=x", "1.2.1", "1.2.0")
    made.git("tag", "not-a-release")
    return made


@pytest.fixture
def space(tmp_path: Path, upstream: Upstream) -> WorkspaceFixture:
    made = WorkspaceFixture(tmp_path / "ws", upstream)
    made.patch("0001.patch", APP_PATCH)
    return made


def refs(space: WorkspaceFixture, wish: Wish, heard: RecordingProgress | None = None) -> list[str]:
    return [
        one.ref
        for one in forecast(Workspace.open(space.root), wish, heard or RecordingProgress(), processes=1).outlooks
    ]


def test_what_is_newer_is_fetched_in_one_go_and_no_more(space: WorkspaceFixture) -> None:
    heard = RecordingProgress()
    assert refs(space, Wish(), heard) == ["1.1.0", "1.2.0", "1.2.1"]
    assert [text for text in heard.texts("step") if text.startswith("fetch 3 releases (1.1.0 to 1.2.1)")]
    with Store(space.root / ".difykit" / "upstream.git") as store:
        assert kept_releases(store).keys() == {"1.0.0", "1.1.0", "1.2.0", "1.2.1"}
        assert store.resolve("refs/difykit/releases/1.2.1") == store.resolve("refs/difykit/releases/1.2.0")


def test_what_is_here_is_not_fetched_again(space: WorkspaceFixture) -> None:
    refs(space, Wish())
    heard = RecordingProgress()
    refs(space, Wish(), heard)
    assert not [text for text in heard.texts("step") if text.startswith("fetch")]


def test_all_has_the_older_ones_and_a_name_may_be_a_branch(space: WorkspaceFixture) -> None:
    assert refs(space, Wish(every=True)) == ["0.15.0", "1.0.0", "1.1.0", "1.2.0", "1.2.1"]
    assert refs(space, Wish(to=("main",))) == ["main"]


def test_since_looks_at_dates_before_it_fetches(upstream: Upstream, space: WorkspaceFixture) -> None:
    assert upstream
    with pytest.raises(DifyKitError, match="no release is of 2023-11-15 or later"):
        refs(space, Wish(since=dt.date(2023, 11, 15)))
    with Store(space.root / ".difykit" / "upstream.git") as store:
        assert kept_releases(store).keys() == {"1.0.0"}
    assert refs(space, Wish(since=dt.date(2023, 11, 14))) == ["0.15.0", "1.0.0", "1.1.0", "1.2.0", "1.2.1"]


def test_without_the_upstream_the_forecast_is_for_what_is_here_and_says_so(
    upstream: Upstream, space: WorkspaceFixture
) -> None:
    refs(space, Wish(to=("1.1.0",)))
    shutil.move(upstream.path, upstream.path.with_suffix(".away"))
    heard = RecordingProgress()
    found = forecast(Workspace.open(space.root), Wish(), heard, processes=1)
    assert [one.ref for one in found.outlooks] == ["1.1.0"]
    assert "cannot reach" in found.note
    assert heard.texts("warn") == [found.note]
    with pytest.raises(DifyKitError, match=r"1\.2\.0 was never fetched"):
        refs(space, Wish(to=("1.2.0",)))


def test_without_newer_releases_the_answer_is_a_sentence(space: WorkspaceFixture) -> None:
    space.pin("1.2.1")
    assert refs(space, Wish()) == []
    done = inv("upgrade.forecast", "--markdown", "issue.md", cwd=space.root)
    assert (done.code, done.out) == (0, "No release is newer than the pin 1.2.1.\n"), done.err
    assert not (space.root / "issue.md").exists()
    with pytest.raises(DifyKitError, match=r"no release is of 2099-01-01 or later"):
        refs(space, Wish(since=dt.date(2099, 1, 1)))


def test_the_command_prints_a_table_whose_last_line_answers_the_inverse_question(space: WorkspaceFixture) -> None:
    done = inv("upgrade.forecast", "--to", "1.1.0", "--to", "1.2.0", cwd=space.root)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].split()[:4] == ["RELEASE", "DATE", "WORK", "UNTOUCHED"]
    assert [line.split()[0] for line in lines[1:3]] == ["1.1.0", "1.2.0"]
    assert lines[-1] == "The newest release that needs no work is 1.2.0."


def test_json_is_one_line_and_the_page_is_a_file(space: WorkspaceFixture) -> None:
    page = space.root / "forecast.html"
    done = inv("upgrade.forecast", "--json", "--html", str(page), cwd=space.root)
    assert done.code == 0, done.err
    assert done.out.count("\n") == 1
    value = json.loads(done.out)
    assert value["newest_without_work"] == "1.2.1"
    assert [one["release"] for one in value["releases"]] == ["1.1.0", "1.2.0", "1.2.1"]
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_a_page_cannot_stand_where_a_folder_is(space: WorkspaceFixture) -> None:
    done = inv("upgrade.forecast", "--html", str(space.root), cwd=space.root)
    assert done.code == 1
