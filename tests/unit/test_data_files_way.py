"""The command that brings the release's own file back: one that works on what stands in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.release.data_files import Action, DataFile, tell_kept
from tests.support.workspaces import RecordingProgress

FILE = "sandbox/conf/config.yaml"


class HintsRecorded(RecordingProgress):
    """Keeps the hints too."""

    def __init__(self) -> None:
        super().__init__()
        self.hints: list[str] = []

    def hint(self, text: str) -> None:
        self.hints.append(text)


@pytest.mark.parametrize(("folder", "command"), [(False, "rm"), (True, "rm -r")])
def test_the_way_to_the_releases_own_is_one_that_works(tmp_path: Path, folder: bool, command: str) -> None:
    path = tmp_path / FILE
    path.parent.mkdir(parents=True)
    if folder:
        path.mkdir()
    else:
        path.write_text("own: 1\n")
    progress = HintsRecorded()
    tell_kept([DataFile(FILE, Action.KEEP)], tmp_path, "1.0.0", progress)
    assert progress.hints == [f"to have the release's instead: {command} {path}; invoke deploy"]
