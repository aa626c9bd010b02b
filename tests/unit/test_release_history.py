"""The numbered release folders: which is placed, which is live, which may go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.release import history


def rendered(tmp_path: Path, text: str) -> Path:
    folder = tmp_path / "rendered"
    folder.mkdir(exist_ok=True)
    (folder / "compose.yaml").write_text(text)
    return folder


def go_live(data: Path, tmp_path: Path, text: str) -> Path:
    folder = history.folder_for(data, rendered(tmp_path, text))
    history.switch(data, folder)
    return folder


def names(data: Path) -> list[str]:
    return [each.name for each in history.numbered(data)]


def test_the_same_content_stays_in_its_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert go_live(data, tmp_path, "a") == go_live(data, tmp_path, "a")
    assert names(data) == ["0001"]
    assert go_live(data, tmp_path, "b").name == "0002"
    assert history.current(data) == data / "releases" / "0002"


def test_a_release_that_was_taken_back_is_not_copied_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first, second = go_live(data, tmp_path, "a"), go_live(data, tmp_path, "b")
    history.switch(data, first)
    assert history.folder_for(data, rendered(tmp_path, "b")) == second


def test_the_last_five_are_kept_and_the_live_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = go_live(data, tmp_path, "0")
    for number in range(1, 7):
        go_live(data, tmp_path, str(number))
    history.switch(data, first)
    assert [each.name for each in history.prune(data, ())] == ["0002"]
    assert names(data) == ["0001", "0003", "0004", "0005", "0006", "0007"]


def test_a_folder_that_a_container_still_mounts_is_kept(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for number in range(8):
        go_live(data, tmp_path, str(number))
    now = datetime.now(UTC)
    times = [now - timedelta(hours=8 - number) for number in range(8)]
    lines = [f"{time.isoformat()} {number + 1:04d}\n" for number, time in enumerate(times)]
    (data / "releases" / "history").write_text("".join(lines) + "2026-11-")
    started = f"{times[1] + timedelta(minutes=30):%Y-%m-%dT%H:%M:%S}.123456789Z"  # as the engine writes it
    assert history.live_at(data, started) == {"0002"}
    assert [each.name for each in history.prune(data, [started])] == ["0001", "0003"]


def test_the_release_to_go_back_to_is_the_last_that_came_up(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert history.good(data) is None
    first = go_live(data, tmp_path, "0")
    assert history.good(data) == first
    history.came_up(data, first)
    for number in range(1, 8):
        go_live(data, tmp_path, str(number))
    assert history.good(data) == first
    assert first.name not in [each.name for each in history.prune(data, ())]


def test_nothing_deployed_is_said(tmp_path: Path) -> None:
    with pytest.raises(DifyKitError, match="nothing is deployed from this workspace"):
        history.need_live(tmp_path / "data")
    assert history.numbered(tmp_path / "data") == []
