"""Which difykit runs: from what pip noted of its installation, and from the checkout that it leads to."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from difykit.checks.workspace.space import judge_toolkit, look_at_space
from difykit.git.installed import Installed, from_record
from difykit.workspace.init import init
from difykit.workspace.manifest.toolkit import exact_toolkit
from tests.support.checks import judged, word

ROOT = Path(__file__).resolve().parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
WHEEL = "difykit-0.1.0-py3-none-any.whl"


def git(folder: Path, *args: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "protocol.file.allow=always")
    done = subprocess.run(["git", *who, *args], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("record", "toolkit"),
    [
        (
            {"url": "https://example.com/us/difykit.git", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
            f"git+https://example.com/us/difykit.git@{COMMIT}",
        ),
        (
            {"url": "https://me:s3cr3t@example.com/difykit.git", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
            f"git+https://example.com/difykit.git@{COMMIT}",
        ),
        (
            {"url": "ssh://git@example.com/us/difykit.git", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
            f"git+ssh://git@example.com/us/difykit.git@{COMMIT}",
        ),
        (
            {"url": f"https://example.com/{WHEEL}", "archive_info": {"hashes": {"sha256": "ab" * 32}}},
            f"https://example.com/{WHEEL}#sha256={'ab' * 32}",
        ),
        (
            {"url": f"https://t0ken@example.com/{WHEEL}?x=1", "archive_info": {"hash": f"sha256={'ab' * 32}"}},
            f"https://example.com/{WHEEL}#sha256={'ab' * 32}",
        ),
    ],
)
def test_what_pip_noted_exactly_is_told_without_a_login(record: dict[str, object], toolkit: str) -> None:
    assert from_record(record) == Installed(toolkit)
    assert exact_toolkit(toolkit) == toolkit


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"url": "https://example.com/x", "vcs_info": {"vcs": "hg", "commit_id": COMMIT}}, "not git"),
        (
            {
                "url": "https://example.com/x",
                "subdirectory": "kit",
                "vcs_info": {"vcs": "git", "commit_id": COMMIT},
            },
            "not at the top of its repository",
        ),
        ({"url": "https://example.com/difykit-0.1.tar.gz", "archive_info": {"hashes": {"sha256": "ab"}}}, "as a wheel"),
        ({"url": f"https://example.com/{WHEEL}", "archive_info": {}}, "did not note its hash"),
        ({"url": "file:///srv/difykit", "dir_info": {}}, "a copy of the folder /srv/difykit"),
        ({"url": "file:///nowhere/difykit", "dir_info": {"editable": True}}, "is not the top of a git repository"),
    ],
)
def test_what_is_not_exact_is_not_told(record: dict[str, object], why: str) -> None:
    found = from_record(record)
    assert found.toolkit == ""
    assert why in found.why


def test_a_local_wheel_is_known_by_its_content(tmp_path: Path) -> None:
    (tmp_path / WHEEL).write_bytes(b"wheel")
    digest = hashlib.sha256(b"wheel").hexdigest()
    found = from_record({"url": (tmp_path / WHEEL).as_uri(), "archive_info": {}})
    assert found.toolkit == f"{(tmp_path / WHEEL).as_uri()}#sha256={digest}"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone whose commit its remote has."""
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    git(tmp_path, "clone", "--quiet", "remote.git", "kit")
    (tmp_path / "kit" / "file").write_text("one\n")
    git(tmp_path / "kit", "add", ".")
    git(tmp_path / "kit", "commit", "--quiet", "--message=one")
    git(tmp_path / "kit", "push", "--quiet", "origin", "HEAD:main")
    return tmp_path / "kit"


def editable(folder: Path) -> Installed:
    return from_record({"url": folder.as_uri(), "dir_info": {"editable": True}})


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://me:s3cr3t@example.com/us/difykit.git", "https://example.com/us/difykit.git"),
        ("git@example.com:us/difykit.git", "ssh://git@example.com/us/difykit.git"),
        ("ssh://git@example.com/us/difykit.git", "ssh://git@example.com/us/difykit.git"),
        ("/srv/git/difykit.git", "file:///srv/git/difykit.git"),
    ],
)
def test_a_clean_checkout_is_its_commit_at_its_remote(checkout: Path, remote: str, address: str) -> None:
    git(checkout, "remote", "set-url", "origin", remote)
    toolkit = f"git+{address}@{git(checkout, 'rev-parse', 'HEAD')}"
    assert editable(checkout) == Installed(toolkit)
    assert exact_toolkit(toolkit) == toolkit


def test_a_checkout_that_nobody_else_has_is_not_told(checkout: Path) -> None:
    (checkout / "new").write_text("x\n")
    assert "changes that are in no commit" in editable(checkout).why
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "--message=two")
    assert "is on no remote branch" in editable(checkout).why
    git(checkout, "push", "--quiet", "origin", "HEAD:main")
    git(checkout, "fetch", "--quiet")
    assert editable(checkout).toolkit
    git(checkout, "remote", "set-url", "origin", "git://example.com/difykit.git")
    assert "is no https, ssh or file" in editable(checkout).why


def test_a_new_workspace_says_which_difykit_or_where_to_say_it(tmp_path: Path) -> None:
    toolkit = f"git+https://example.com/us/difykit.git@{COMMIT}"
    init(tmp_path / "known", toolkit=toolkit)
    init(tmp_path / "unknown")
    assert f"\ntoolkit: {toolkit}  # " in (tmp_path / "known" / "difykit.yaml").read_text()
    assert (
        "\n# toolkit: git+https://HOST/OWNER/difykit.git@COMMIT  # "
        in (tmp_path / "unknown" / "difykit.yaml").read_text()
    )
    assert look_at_space(tmp_path / "known").settings.toolkit == toolkit
    assert look_at_space(tmp_path / "unknown").settings.toolkit == ""


@pytest.mark.parametrize(
    ("running", "level", "words"),
    [
        (Installed(f"git+https://example.com/us/difykit.git@{COMMIT}"), "ok", COMMIT),
        (Installed(f"git+file:///srv/difykit.git@{COMMIT}"), "ok", COMMIT),
        (Installed(f"git+https://example.com/us/difykit.git@{'f' * 40}"), "warn", "difykit.yaml names git+https"),
        (Installed(f"https://example.com/{WHEEL}#sha256={'ab' * 32}"), "warn", "difykit.yaml names git+https"),
        (Installed("", "it was installed by its name alone"), "skip", "by its name alone"),
    ],
)
def test_doctor_tells_when_another_difykit_runs(tmp_path: Path, running: Installed, level: str, words: str) -> None:
    init(tmp_path / "ws", toolkit=f"git+https://example.com/us/difykit.git@{COMMIT}")
    (said,) = judged(judge_toolkit, look_at_space(tmp_path / "ws"), running)
    assert word(said) == level
    assert words in said.text


def test_init_warns_of_an_address_that_leads_into_this_machine(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "site" / "difykit-1.0.dist-info").mkdir(parents=True)
    record = tmp_path / "site" / "difykit-1.0.dist-info"
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: difykit\nVersion: 1.0\n")
    (record / "direct_url.json").write_text(json.dumps({"url": checkout.as_uri(), "dir_info": {"editable": True}}))
    env = {**os.environ, "PYTHONPATH": f"{tmp_path / 'site'}:{ROOT}"}
    commit = git(checkout, "rev-parse", "HEAD")
    for address, warned in ((f"file://{tmp_path}/remote.git", True), ("https://example.com/difykit.git", False)):
        git(checkout, "remote", "set-url", "origin", address)
        argv = [sys.executable, "-m", "difykit", "init", str(tmp_path / f"new-{warned}")]
        done = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
        assert f"toolkit: git+{address}@{commit}" in (tmp_path / f"new-{warned}" / "difykit.yaml").read_text()
        assert ("that address leads into this machine" in done.stdout + done.stderr) is warned


INSTALLS = re.compile(
    r"\b(?:pip3?|pipx|uv|uvx|conda)\b[^\n|;&]*?(?<![\w/.@\"'-])difykit(?![\w/.-])(?![\w \t]*@ (?:git\+|https:|file:))",
)
SELF = "tests/git/test_installed.py"


@pytest.mark.parametrize(
    "line",
    [
        "pip install difykit",
        "pip install --quiet difykit==1.2",
        "python3 -m pip install -U 'x' difykit",
        "pipx install difykit",
        "uvx difykit demo",
        "uv tool install difykit",
        "pip download difykit --no-deps",
        'pip install "${DIFYKIT:-difykit}"',
    ],
)
def test_the_search_finds_an_install_by_name(line: str) -> None:
    assert INSTALLS.search(line) or ":-difykit" in line


def test_no_tracked_file_installs_difykit_by_a_bare_name() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = [os.fsdecode(path) for path in listed.split(b"\0") if path and os.fsdecode(path) != SELF]
    wrong = []
    for path in paths:
        place = ROOT / path
        if place.is_symlink() or not place.is_file():
            continue
        for number, line in enumerate(place.read_bytes().decode("utf-8", "replace").splitlines(), 1):
            if INSTALLS.search(line) or ":-difykit}" in line:
                wrong.append(f"{path}:{number}: {line.strip()}")
    assert wrong == []
