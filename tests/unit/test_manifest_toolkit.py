"""`toolkit` in `difykit.yaml`: exactly one difykit, or an error with its line and without a login in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import ConfigError
from difykit.workspace.manifest import Settings
from difykit.workspace.manifest.load import read_manifest
from difykit.workspace.manifest.toolkit import this_machine_only

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HASH = f"#sha256={'ab' * 32}"
WHEEL = "difykit-0.1.0-py3-none-any.whl"


def read(folder: Path, toolkit: str) -> Settings:
    (folder / "difykit.yaml").write_text(f"version: 1\nupstream: {{ref: 1.15.0}}\ntoolkit: {toolkit}\n")
    return read_manifest(Settings, folder / "difykit.yaml", "difykit.yaml")


@pytest.mark.parametrize(
    "toolkit",
    [
        f"git+https://example.com/us/difykit.git@{COMMIT}",
        f"git+https://example.com:8443/us/difykit@{COMMIT}",
        f"git+ssh://git@example.com/us/difykit.git@{COMMIT}",
        f"git+file:///srv/git/difykit.git@{COMMIT}",
        f"https://example.com/wheels/{WHEEL}{HASH}",
        f"file:///srv/wheels/{WHEEL}{HASH}",
        f"wheels/{WHEEL}{HASH}",
        f"{WHEEL}{HASH}",
        f'"wheels/{WHEEL}{HASH}"  # ours',
    ],
)
def test_what_says_exactly_one_is_taken(tmp_path: Path, toolkit: str) -> None:
    assert read(tmp_path, toolkit).toolkit == toolkit.split("  #", maxsplit=1)[0].strip('"')


def test_a_workspace_without_it_is_one(tmp_path: Path) -> None:
    (tmp_path / "difykit.yaml").write_text("version: 1\nupstream: {ref: 1.15.0}\n")
    assert read_manifest(Settings, tmp_path / "difykit.yaml", "difykit.yaml").toolkit == ""


@pytest.mark.parametrize(
    ("toolkit", "words"),
    [
        ("difykit", "is a name: an index has it from whoever registered it there"),
        ("difykit==0.1.0", "is a name"),
        ("difykit[dev]", "is a name"),
        ('"difykit >=0.1"', "is a name"),
        ("DifyKit", "is a name"),
        ("0.1.0", "is a name"),
        ("git+https://example.com/us/difykit.git", "ends in no full commit"),
        ("git+https://example.com/us/difykit.git@main", "ends in no full commit"),
        ("git+https://example.com/us/difykit.git@v0.1.0", "ends in no full commit"),
        (f"git+https://example.com/us/difykit.git@{COMMIT[:12]}", "ends in no full commit"),
        (f"git+https://example.com/us/difykit.git@{COMMIT}0", "ends in no full commit"),
        (f"git+https://example.com/us/difykit.git@{COMMIT.upper()}", "ends in no full commit"),
        (f"git+https://example.com/us/difykit.git@{COMMIT}#subdirectory=x", "ends in no full commit"),
        (f"git+http://example.com/us/difykit.git@{COMMIT}", "goes by http://, and must go by https, ssh, file"),
        (f"git+git://example.com/us/difykit.git@{COMMIT}", "goes by git://"),
        (f"git+ext::sh@{COMMIT}", "goes by"),
        (f"git+ssh://-oProxyCommand=x/difykit.git@{COMMIT}", "has no host"),
        (f"git+https://s3cr3t@example.com/us/difykit.git@{COMMIT}", "holds a password"),
        (f"git+https://me:s3cr3t@example.com/us/difykit.git@{COMMIT}", "holds a password"),
        (f"git+ssh://git:s3cr3t@example.com/us/difykit.git@{COMMIT}", "holds a password"),
        ("git+https://me:s3cr3t@example.com/us/difykit.git", "holds a password"),
        (f"~/{WHEEL}{HASH}", "starts with ~"),
        (f"-r/{WHEEL}{HASH}", "starts with -"),
        (f".difykit/{WHEEL}{HASH}", "lies in .difykit, which neither git nor a bundle carries"),
        (f"data/wheels/{WHEEL}{HASH}", "lies in data, which neither git nor a bundle carries"),
        (f"https://example.com/{WHEEL}", "has no hash"),
        (f"https://example.com/{WHEEL}#sha256=abc", "has no hash"),
        (f"https://example.com/{WHEEL}#md5={'ab' * 16}", "has no hash"),
        (f"http://example.com/{WHEEL}{HASH}", "goes by http://"),
        (f"https://me:s3cr3t@example.com/{WHEEL}{HASH}", "holds a password"),
        (f"https://example.com/{WHEEL}?token=s3cr3t{HASH}", "holds a secret among the parameters"),
        (f"https://example.com/evil-0.1.0-py3-none-any.whl{HASH}", "is no wheel of difykit"),
        (f"https://example.com/difykit-0.1.0.tar.gz{HASH}", "is no wheel of difykit"),
        (f"../{WHEEL}{HASH}", ".."),
        (f"/srv/{WHEEL}{HASH}", WHEEL),
        (f"wheels/{WHEEL}", "has no hash"),
        (f'"difykit @ git+https://me:s3cr3t@example.com/us/difykit.git@{COMMIT}"', "holds a password"),
        (f'"wheels/$(id)/{WHEEL}{HASH}"', "a character that a shell reads"),
    ],
)
def test_what_does_not_is_an_error_with_its_line(tmp_path: Path, toolkit: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, toolkit)
    assert str(caught.value.problems[0]).startswith("difykit.yaml:3: toolkit: ")
    assert words in str(caught.value.problems[0])
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("toolkit", "local"),
    [
        (f"git+file:///srv/git/difykit.git@{COMMIT}", True),
        (f"file:///srv/wheels/{WHEEL}{HASH}", True),
        (f"git+https://example.com/us/difykit.git@{COMMIT}", False),
        (f"git+ssh://git@example.com/us/difykit.git@{COMMIT}", False),
        (f"https://example.com/{WHEEL}{HASH}", False),
        (f"wheels/{WHEEL}{HASH}", False),
        ("", False),
    ],
)
def test_what_only_this_machine_has_is_known(toolkit: str, local: bool) -> None:
    assert this_machine_only(toolkit) is local
