"""The toolkit as wheels: out of a checkout, and for a platform that this machine is not."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from difykit.bundle.repack import repack
from difykit.bundle.wheels import gather
from difykit.core.errors import DifyKitError
from difykit.core.progress import Silent


def test_the_wheel_of_a_checkout_has_no_more_than_its_package() -> None:
    packed = repack(metadata.distribution("difykit"))
    assert packed
    with zipfile.ZipFile(io.BytesIO(packed[1])) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {each for each in tops if not each.endswith(".dist-info")} == {"difykit"}
    assert {"difykit/presets/overlays/hello-endpoint/overlay.yaml", "difykit/bundle/repack.py"} < set(names)


def test_wheels_for_a_platform_that_nobody_knows_are_refused() -> None:
    with pytest.raises(DifyKitError, match="no wheels are known for linux/riscv64") as caught:
        gather("linux/riscv64", Silent())
    assert "--no-wheels" in caught.value.hint


def test_an_index_that_cannot_be_reached_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://ann:secret@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(DifyKitError, match=r"the toolkit's wheels for linux/arm64 cannot be fetched") as caught:
        gather("linux/arm64", Silent())
    assert "secret" not in caught.value.message
    assert "--no-wheels" in caught.value.hint


def test_a_wheel_is_made_again_with_the_same_files(tmp_path: Path) -> None:
    one = metadata.distribution("packaging")
    packed = repack(one)
    assert packed == repack(one)
    assert packed
    name, content = packed
    assert name == f"packaging-{one.version}-py3-none-any.whl"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert names[-1].endswith(".dist-info/RECORD")
    assert "packaging/version.py" in names
    assert [each for each in names if each.endswith((".pyc", "INSTALLER"))] == []
    (tmp_path / name).write_bytes(content)
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target"]
    subprocess.run([*argv, str(tmp_path / "there"), str(tmp_path / name)], check=True, capture_output=True)
    assert (tmp_path / "there/packaging/version.py").is_file()
