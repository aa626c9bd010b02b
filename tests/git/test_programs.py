"""What a Python of its own loads, and the programs behind difykit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from difykit.workspace.manifest.schema import schema_texts


def test_docker_py_is_not_loaded_for_those_who_do_not_use_it() -> None:

    code = "import sys, difykit.docker, difykit.commands; print({'docker', 'requests'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_module_writes_them_without_a_word(tmp_path: Path) -> None:
    argv = [sys.executable, "-W", "error", "-m", "difykit.workspace.manifest.schema", str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert {path.name for path in tmp_path.iterdir()} == set(schema_texts())
