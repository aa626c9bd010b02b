"""The folder of an image of one's own: what is in it, what may not be, and its copy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from difykit.core.errors import ConfigError, DifyKitError
from difykit.images.definition import copy_files, read_own
from tests.support.trees import Link, write_tree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tree(
        tmp_path / "images/patroni",
        {
            "image.yaml": "version: 1\n",
            "Dockerfile": "ARG BASE=x\nFROM ${BASE}\nARG ONE\nCOPY . /\n",
            "bin/run.sh": "#!/bin/sh\n",
            "bin/link": Link("run.sh"),
        },
    )
    (tmp_path / "images/patroni/bin/run.sh").chmod(0o755)
    return tmp_path / "images/patroni"


def test_all_files_are_inputs_but_what_difykit_reads(folder: Path) -> None:
    own = read_own(folder, "patroni", "Dockerfile")
    assert [(one.path, one.mode) for one in own.files] == [
        ("Dockerfile", "100644"),
        ("bin/link", "120000"),
        ("bin/run.sh", "100755"),
    ]
    assert own.arguments == {"BASE", "ONE"}


@pytest.mark.parametrize("change", ["content", "mode", "link", "new", "name"])
def test_each_of_them_counts(folder: Path, change: str) -> None:
    before = read_own(folder, "patroni", "Dockerfile")
    script = folder / "bin/run.sh"
    match change:
        case "content":
            script.write_text("#!/bin/sh\n:\n")
        case "mode":
            script.chmod(0o644)
        case "link":
            (folder / "bin/link").unlink()
            (folder / "bin/link").symlink_to("../Dockerfile")
        case "new":
            (folder / "new").touch()
        case _:
            script.rename(folder / "bin/other.sh")
            (folder / "bin/link").unlink()
    assert read_own(folder, "patroni", "Dockerfile") != before


def test_without_its_dockerfile_there_is_no_image(folder: Path) -> None:
    text = (
        r"^images/patroni/image.yaml: replaces no image, so it is built from images/patroni/Other, which is not there$"
    )
    with pytest.raises(ConfigError, match=text):
        read_own(folder, "patroni", "Other")


@pytest.mark.parametrize("target", ["/etc/passwd", "../../secret", "../../../x", "bin/../../x"])
def test_a_link_that_leaves_the_folder_is_refused(folder: Path, target: str) -> None:
    (folder / "leak").symlink_to(target)
    with pytest.raises(ConfigError, match=rf"^images/patroni/leak: is a link that leaves images/patroni: {target}$"):
        read_own(folder, "patroni", "Dockerfile")


def test_a_link_that_leaves_it_by_way_of_another_is_refused_too(folder: Path) -> None:
    write_tree(folder, {"a/b/step": Link("../../z"), "z/x": "", "out": Link("a/b/step/../../secret")})
    with pytest.raises(ConfigError, match=r"images/patroni/out: is a link that leaves"):
        read_own(folder, "patroni", "Dockerfile")


def test_what_is_no_file_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(ConfigError, match=r"^images/patroni: .*/pipe is not a regular file"):
        read_own(folder, "patroni", "Dockerfile")


def test_a_copy_is_what_was_read_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    own, to = read_own(folder, "patroni", "Dockerfile"), tmp_path / "copy"
    copy_files(own.files, folder, to)
    assert sorted(path.relative_to(to).as_posix() for path in to.rglob("*")) == [
        "Dockerfile",
        "bin",
        "bin/link",
        "bin/run.sh",
    ]
    assert read_own(to, "patroni", "Dockerfile") == own


def test_what_changes_under_way_is_not_built(folder: Path, tmp_path: Path) -> None:
    own = read_own(folder, "patroni", "Dockerfile")
    (folder / "bin/run.sh").write_text("other\n")
    with pytest.raises(DifyKitError, match=r"bin/run\.sh was changed during the build"):
        copy_files(own.files, folder, tmp_path / "copy")
