"""What render does to files: the user's `.env`, the release folder, the data folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.core.progress import Silent
from difykit.release.compose import mountable
from difykit.release.render import RenderPlan
from difykit.release.render.inputs import RenderInputs
from difykit.release.render.write import _changed, _generate, _write
from difykit.workspace.state import Source
from difykit.workspace.workspace import _filled


def make_plan(**changes: object) -> RenderPlan:
    files = {"a/b.sh": (0o755, b"b"), ".env": (0o600, b"X=1\n"), "seeds/conf/c": (0o644, b"c")}
    plan = RenderPlan(files, {"seeds/conf/c": "conf/c"}, {"KEY": 20}, {}, (), {})
    return replace(plan, **changes)  # type: ignore[arg-type]


def make_inputs(user_env: str) -> RenderInputs:
    source = Source(release="1.0.0", base="b" * 40, commit="c" * 40, layers=())
    return RenderInputs(source, (), {}, frozenset(), False, (), {}, user_env, "dify", Path("/data"), used=False)


def test_new_secrets_join_the_users_file_and_are_never_shown(tmp_path: Path) -> None:
    said: list[str] = []

    class Heard(Silent):
        def ok(self, text: str) -> None:
            said.append(text)

    real = tmp_path / "elsewhere" / "env"
    real.parent.mkdir()
    real.write_text("# mine\nA='1'")
    (tmp_path / ".env").symlink_to(real)
    inputs = _generate(tmp_path / ".env", make_inputs("# mine\nA='1'"), make_plan(), Heard())
    first, second, third, fourth, fifth = real.read_text().splitlines()
    assert (first, second, third) == ("# mine", "A='1'", "")
    assert fourth.startswith("# Made by difykit")
    assert fifth.startswith("KEY=")
    assert len(fifth) == len("KEY=") + 20
    assert real.stat().st_mode & 0o777 == 0o600
    assert inputs.user_env == real.read_text()
    assert said == [".env: made KEY"]


def test_the_folder_is_written_whole_and_seen_as_written(tmp_path: Path) -> None:
    folder, plan = tmp_path / "release", make_plan()
    assert _changed(folder, plan) == tuple(plan.files)
    _write(folder, plan)
    assert (folder / ".env").stat().st_mode & 0o777 == 0o600
    assert (folder / "a/b.sh").stat().st_mode & 0o777 == 0o755
    assert not _changed(folder, plan)
    (folder / "a" / "made-by-a-container").touch()
    assert not _changed(folder, plan)
    (folder / "a/b.sh").chmod(0o644)
    (folder / ".env").write_text("X=2\n")
    assert _changed(folder, plan) == ("a/b.sh", ".env")


def test_used_data_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    assert not _filled(tmp_path / "none")
    assert not _filled(tmp_path)
    (tmp_path / ".gitkeep").touch()
    assert not _filled(tmp_path)
    (tmp_path / "PG_VERSION").touch()
    assert _filled(tmp_path)


@pytest.mark.parametrize("path", ["/a:b", "/a$b"])
def test_a_data_path_that_compose_cuts_off_is_refused(path: str) -> None:
    with pytest.raises(DifyKitError, match="Compose would cut it off"):
        mountable(Path(path))
