"""Which files of a release below the data folder follow it, and which stay because somebody changed them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError, Unreadable
from difykit.git import blob_id
from difykit.release.data_files import (
    NAME,
    Action,
    DataPlan,
    DataRecord,
    RecordedFile,
    VolumesFolder,
    plan_data_files,
    read_record,
    shipped_in,
    tell_kept,
)
from difykit.release.data_files.difference import difference
from difykit.release.data_files.record import write_record
from tests.support.trees import write_tree
from tests.support.workspaces import RecordingProgress

FILE = "sandbox/conf/config.yaml"
OLD, NEW, NEWEST, OWN = b"old: 1\n", b"new: 1\n", b"newest: 1\n", b"own: 1\n"


def nothing(_: str) -> frozenset[str]:
    return frozenset()


def recorded(*put: bytes, executable: bool = False, offered: bytes = b"") -> DataRecord:
    row = RecordedFile(tuple(map(blob_id, put)), executable, blob_id(offered) if offered else "")
    return DataRecord({FILE: row})


def planned(
    folder: Path, current: bytes | None, shipped: bytes | None, record: DataRecord, *earlier: bytes, mode: int = 0o644
) -> DataPlan:
    write_tree(folder, {FILE: current} if current is not None else {})
    known = frozenset(map(blob_id, earlier))
    files = {FILE: (mode, shipped)} if shipped is not None else {}
    return plan_data_files(files, folder, record, lambda _: known, release="1.1.0")


def outcome(plan: DataPlan) -> str:
    return ", ".join(file.action.value for file in plan.files) or "nothing"


@pytest.mark.parametrize(
    ("current", "shipped", "record", "earlier", "expected"),
    [
        pytest.param(None, NEW, DataRecord(), (), "add", id="not there yet"),
        pytest.param(None, NEW, recorded(NEW), (), "add", id="somebody removed it"),
        pytest.param(NEW, NEW, DataRecord(), (), "nothing", id="as shipped, no record"),
        pytest.param(NEW, NEW, recorded(OLD), (), "nothing", id="somebody took the new one"),
        pytest.param(OLD, NEW, recorded(OLD), (), "change", id="unchanged since difykit put it"),
        pytest.param(NEW, NEWEST, recorded(OLD, NEW), (), "change", id="killed after it was written"),
        pytest.param(OLD, NEWEST, recorded(OLD, NEW), (), "change", id="killed before it was written"),
        pytest.param(OWN, NEW, recorded(OLD), (), "keep", id="changed"),
        pytest.param(OWN, NEW, recorded(NEW), (), "keep", id="changed, and nothing new comes"),
        pytest.param(OLD, NEW, recorded(NEW), (), "keep", id="put back by hand"),
        pytest.param(OLD, NEW, recorded(NEW), (OLD,), "keep", id="put back by hand to what an older release had"),
        pytest.param(b"", NEW, recorded(OLD), (), "keep", id="emptied"),
        pytest.param(OLD, NEW, DataRecord(), (OLD,), "change", id="older than the record, as a release had it"),
        pytest.param(OWN, NEW, DataRecord(), (OLD,), "keep", id="older than the record, as no release had it"),
        pytest.param(OLD, NEW, DataRecord({FILE: RecordedFile()}), (OLD,), "keep", id="the user's by the record"),
        pytest.param(OLD, None, recorded(OLD), (), "remove", id="shipped no more"),
        pytest.param(OWN, None, recorded(OLD), (), "keep", id="shipped no more, changed"),
        pytest.param(None, None, recorded(OLD), (), "nothing", id="shipped no more, removed"),
        pytest.param(OLD, None, DataRecord(), (OLD,), "nothing", id="shipped no more, never recorded"),
    ],
)
def test_what_nobody_changed_follows(  # noqa: PLR0917 - a row of the table
    tmp_path: Path,
    current: bytes | None,
    shipped: bytes | None,
    record: DataRecord,
    earlier: tuple[bytes, ...],
    expected: str,
) -> None:
    plan = planned(tmp_path / "volumes", current, shipped, record, *earlier)
    assert outcome(plan) == expected
    folder = VolumesFolder.of(tmp_path / "volumes")
    done = folder.carry_out(plan)
    assert [file.action for file in done] == [file.action for file in plan.work]
    path = tmp_path / "volumes" / FILE
    result = path.read_bytes() if path.exists() else None
    assert result == (current if expected in {"nothing", "keep"} else shipped)
    again = plan_data_files(
        {FILE: (0o644, shipped)} if shipped is not None else {},
        tmp_path / "volumes",
        read_record(folder.record_file),
        nothing,
        release="1.1.0",
    )
    assert again.work == ()


def test_a_version_is_news_once(tmp_path: Path) -> None:
    folder = VolumesFolder.of(tmp_path / "volumes")
    write_record(folder.record_file, recorded(OLD))
    write_tree(folder.files, {FILE: OWN})
    heard: list[tuple[bytes, bool]] = []
    for content in (NEW, NEW, NEWEST, NEWEST):
        plan = folder.plan({FILE: (0o644, content)}, nothing, release="1.1.0")
        heard.append((content, plan.kept[0].news))
        folder.carry_out(plan)
    assert heard == [(NEW, True), (NEW, False), (NEWEST, True), (NEWEST, False)]
    (folder.files / FILE).write_bytes(NEWEST)
    folder.carry_out(folder.plan({FILE: (0o644, NEWEST)}, nothing, release="1.1.0"))
    assert outcome(folder.plan({FILE: (0o644, NEW)}, nothing, release="1.1.0")) == "change"


@pytest.mark.parametrize(
    ("mode", "record", "shipped", "expected"),
    [
        (0o644, recorded(NEW), 0o755, 0o755),
        (0o600, recorded(NEW), 0o755, 0o700),
        (0o755, recorded(NEW, executable=True), 0o644, 0o644),
        (0o755, recorded(NEW), 0o644, 0o755),
        (0o755, DataRecord(), 0o644, 0o755),
        (0o600, recorded(NEW), 0o644, 0o600),
    ],
)
def test_who_may_run_a_file_follows_as_its_content_does(
    tmp_path: Path, mode: int, record: DataRecord, shipped: int, expected: int
) -> None:
    write_tree(tmp_path / "volumes", {FILE: NEW})
    path = tmp_path / "volumes" / FILE
    path.chmod(mode)
    plan = planned(tmp_path / "volumes", None, NEW, record, mode=shipped)
    VolumesFolder.of(tmp_path / "volumes").carry_out(plan)
    assert oct(path.stat().st_mode & 0o777) == oct(expected)


def link_to_file(path: Path) -> None:
    (path.parent / "elsewhere").write_bytes(OLD)
    path.symlink_to("elsewhere")


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path.mkdir(), id="folder"),
        pytest.param(lambda path: path.symlink_to("/nowhere/at/all"), id="dangling link"),
        pytest.param(link_to_file, id="link to a file"),
        pytest.param(os.mkfifo, id="FIFO"),
        pytest.param(lambda path: path.write_bytes(b"") or path.chmod(0), id="closed file"),
    ],
)
def test_what_is_no_plain_file_is_left_alone(tmp_path: Path, make: object) -> None:
    path = tmp_path / "volumes" / FILE
    path.parent.mkdir(parents=True)
    make(path)  # type: ignore[operator]
    before = path.lstat()
    if before.st_mode & 0o444 == 0 and os.geteuid() == 0:
        pytest.skip("root may read it")
    folder = VolumesFolder.of(tmp_path / "volumes")
    plan = folder.plan({FILE: (0o644, NEW)}, lambda _: {blob_id(OLD)}, release="1.1.0")
    assert outcome(plan) == "keep"
    assert folder.carry_out(plan) == ()
    assert path.lstat().st_ino == before.st_ino
    assert plan.kept[0].why


def test_a_gitkeep_makes_a_folder_and_nothing_more(tmp_path: Path) -> None:
    folder = VolumesFolder.of(tmp_path / "volumes")
    shipped = {"nginx/ssl/.gitkeep": (0o644, b"")}
    assert [file.path for file in folder.carry_out(folder.plan(shipped, nothing, release="1"))] == list(shipped)
    assert (folder.unread(), read_record(folder.record_file).files) == ((), {})
    (folder.files / "nginx/ssl/.gitkeep").write_text("mine")
    assert outcome(folder.plan(shipped, nothing, release="1")) == "nothing"
    assert outcome(folder.plan({}, nothing, release="1")) == "nothing"


def test_what_a_live_release_reads_waits_for_the_deployment(tmp_path: Path) -> None:
    folder = VolumesFolder.of(tmp_path / "volumes")
    write_tree(folder.files, {FILE: OLD})
    write_record(folder.record_file, recorded(OLD))
    shipped = {FILE: (0o644, NEW), "more/a": (0o644, b"a")}
    done = folder.carry_out(folder.plan(shipped, nothing, release="1"), only_new=True)
    assert [(file.path, file.action) for file in done] == [("more/a", Action.ADD)]
    assert (folder.files / FILE).read_bytes() == OLD
    done = folder.carry_out(folder.plan(shipped, nothing, release="1"))
    assert [(file.path, file.action) for file in done] == [(FILE, Action.CHANGE)]
    assert folder.unread() == (folder.files / "more/a", folder.files / FILE)
    folder.mark_read()
    assert folder.unread() == ()
    assert folder.plan(shipped, nothing, release="1").files == ()


def test_a_file_that_changes_between_the_look_and_the_work_stays(tmp_path: Path) -> None:
    folder = VolumesFolder.of(tmp_path / "volumes")
    write_tree(folder.files, {FILE: OLD})
    write_record(folder.record_file, recorded(OLD))
    plan = folder.plan({FILE: (0o644, NEW)}, nothing, release="1")
    (folder.files / FILE).write_bytes(OWN)
    assert folder.carry_out(plan) == ()
    assert (folder.files / FILE).read_bytes() == OWN
    assert outcome(folder.plan({FILE: (0o644, NEW)}, nothing, release="1")) == "keep"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_closed_is_told_before_anything_is_written(tmp_path: Path) -> None:
    folder = VolumesFolder.of(tmp_path / "volumes")
    write_tree(folder.files, {FILE: OLD, "a/b": OLD})
    rows = {FILE: recorded(OLD).files[FILE], "a/b": recorded(OLD).files[FILE]}
    write_record(folder.record_file, DataRecord(rows))
    (folder.files / FILE).parent.chmod(0o500)
    plan = folder.plan({FILE: (0o644, NEW), "a/b": (0o644, NEW)}, nothing, release="1")
    try:
        with pytest.raises(DifyKitError, match=r"cannot write .*config\.yaml: Permission denied") as caught:
            folder.carry_out(plan)
    finally:
        (folder.files / FILE).parent.chmod(0o755)
    assert "sudo chown" in caught.value.hint
    assert (folder.files / "a/b").read_bytes() == OLD


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"'])
def test_a_record_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(Unreadable) as caught:
        VolumesFolder.of(tmp_path / "volumes").plan({}, nothing, release="1")
    assert "remove it" in caught.value.hint


def test_the_record_is_for_its_owner_and_outlives_what_a_newer_difykit_says(tmp_path: Path) -> None:
    path = tmp_path / NAME
    write_record(path, recorded(OLD, offered=NEW))
    assert path.stat().st_mode & 0o777 == 0o600
    value = json.loads(path.read_text())
    value["later"] = value["files"][FILE]["later"] = 1
    path.write_text(json.dumps(value))
    assert read_record(path) == recorded(OLD, offered=NEW)


def test_a_release_folder_says_what_it_has_or_that_it_does_not_know(tmp_path: Path) -> None:
    assert shipped_in(tmp_path) is None
    write_tree(tmp_path, {"seeds/a/b.sh": "x", "manifest.json": "{}"})
    (tmp_path / "seeds/a/b.sh").chmod(0o755)
    assert shipped_in(tmp_path) == {"a/b.sh": (0o755, b"x")}


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (b"a: 1\nb: 2\n", b"a: 1\nb: 3\n", ["-b: 2", "+b: 3"]),
        (b"app:\n  key: hunter2-of-mine\n", b"app:\n  key: dify-sandbox\n", ["-  key: ***", "+  key: ***"]),
        (b"API_KEY=hunter2-of-mine\n", b"API_KEY=\n", ["-API_KEY=***", "+API_KEY="]),
        (b'{"password": "hunter2-of-mine"}\n', b"{}\n", ['-{"password": "***"}', "+{}"]),
        (b"<password>hunter2-of-mine</password>\n", b"<a/>\n", ["-<password>***</password>", "+<a/>"]),
        (b"ALTER USER a IDENTIFIED BY 'hunter2-of-mine';\n", b"\n", ["-ALTER USER a IDENTIFIED BY '***';", "+"]),
        (b"allowed_syscalls: 1\n", b"allowed_syscalls: 2\n", ["-allowed_syscalls: 1", "+allowed_syscalls: 2"]),
        (b"a\0b", b"a\0c", ["mine and theirs differ, and hold no text"]),
        (b"a\r\n", b"a\n", ["mine and theirs differ in how their lines end"]),
        (b"a\n", b"a", ["mine and theirs differ in how their lines end"]),
    ],
)
def test_the_difference_is_shown_without_what_is_secret_in_it(old: bytes, new: bytes, lines: list[str]) -> None:
    shown = [line for line in difference(old, new, "mine", "theirs") if not line.startswith(("---", "+++", "@@", " "))]
    assert shown == lines


def test_a_long_difference_is_cut() -> None:
    lines = difference(b"".join(b"%d\n" % number for number in range(500)), b"", "mine", "theirs")
    assert len(lines) == 61
    assert lines[-1] == "… and 443 more lines"


def test_what_stays_is_told_with_the_difference_and_the_way(tmp_path: Path) -> None:
    said: list[str] = []

    class Heard(RecordingProgress):
        def hint(self, text: str) -> None:
            said.append(text)

    plan = planned(tmp_path, OWN, NEW, recorded(OLD))
    progress = Heard()
    tell_kept(plan.kept, tmp_path, "1.1.0", progress)
    (text,) = progress.texts("warn")
    assert text.splitlines()[0] == (
        f"data folder: {FILE} stays as you changed it; Dify 1.1.0 with the overlays has another one"
    )
    assert text.splitlines()[-2:] == ["-own: 1", "+new: 1"]
    assert said == [f"to have the release's instead: rm {tmp_path / FILE}; invoke deploy"]
