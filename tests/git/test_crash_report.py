"""What a crash leaves: a report with the versions of the programs that difykit runs, and no secret."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from difykit.cli.screen import boundary
from tests.support.reports import leave, report, report_file
from tests.support.trees import write_tree


def test_a_bug_leaves_a_report_with_versions_and_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leave(RuntimeError("odd"), tmp_path)
    text = report(tmp_path)
    assert "RuntimeError: odd" in text
    assert "Traceback" in text
    assert "Python 3." in text
    assert "this is a bug in difykit: RuntimeError: odd\n" in capsys.readouterr().err


def test_a_report_says_which_difykit_wrote_it(tmp_path: Path) -> None:
    leave(RuntimeError("odd"), tmp_path)
    assert "difykit" in report(tmp_path).split("Traceback")[0]


def test_a_report_is_for_its_owner_only(tmp_path: Path) -> None:
    leave(RuntimeError("odd"), tmp_path)
    assert report_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_no_secret_of_the_environment_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MY_API_KEY", "s3cr3t-value")
    leave(RuntimeError("sent s3cr3t-value"), tmp_path)
    assert "s3cr3t-value" not in report(tmp_path) + capsys.readouterr().err


def test_no_secret_of_the_workspace_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY='s3cr3t-value'\nREDIS_PASSWORD=other-s3cr3t\n")
    leave(RuntimeError("sent s3cr3t-value and other-s3cr3t"), tmp_path)
    said = report(tmp_path) + capsys.readouterr().err
    assert "s3cr3t" not in said


@pytest.mark.parametrize("place", ["away/dev/.env", "data/dev/.env", ".difykit/dev/.env", ".difykit/source/api/.env"])
def test_no_secret_of_the_development_middleware_is_told(tmp_path: Path, place: str) -> None:
    settings = "version: 1\nupstream: {url: 'https://x.invalid/d.git', ref: 1.0.0}\ndeploy: {data: ../away}\n"
    file = tmp_path / ("" if place.startswith("away") else "ws") / place
    write_tree(tmp_path / "ws", {"difykit.yaml": settings, ".env": "LEFT='open\n"})
    write_tree(file.parent, {".env": "REDIS_PASSWORD=s3cr3t-value\nLOG=production\n"})
    leave(RuntimeError("sent s3cr3t-value from production"), tmp_path / "ws")
    assert "s3cr3t" not in report(tmp_path / "ws")
    assert ("production" in report(tmp_path / "ws")) == (".difykit" in place)


def test_settings_that_cannot_be_read_do_not_hide_the_bug(tmp_path: Path) -> None:
    (tmp_path / "difykit.yaml").write_bytes(b"version: [\xff")
    assert leave(RuntimeError("odd"), tmp_path) == 3
    assert "odd" in report(tmp_path)


@pytest.mark.parametrize("url", ["https://ann:hunter2@example.org", "http://:hunter2@proxy:80"])
def test_no_password_in_a_url_is_told(tmp_path: Path, url: str) -> None:
    leave(RuntimeError(f"cannot reach {url}"), tmp_path)
    assert "ter2" not in report(tmp_path)


def test_a_report_is_for_its_owner_alone(tmp_path: Path) -> None:
    with pytest.raises(SystemExit), boundary(lambda: tmp_path):
        raise ValueError("odd \udcff")
    (report,) = (tmp_path / ".difykit/logs").iterdir()
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert "odd \\udcff" in report.read_text()
