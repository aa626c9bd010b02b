"""Dify's own names are known in `difykit/dify` alone: with other names there and in its files, all else is equal."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OVERLAYS = ("hello-endpoint", "hello-console", "hello-page", "hello-table")
# As long as the old names and sorted as they are, so that no table gets another shape.
SERVICE, TEMPLATE, KEY = ("api", "aph"), ("default.conf", "dezault.conf"), ("EXPOSE_NGINX_PORT", "EXPOSE_NGINX_PORV")

IN_COMPOSE = (
    (r"(?m)^(  )api:$", r"\1aph:"),
    (r"(?m)^(\s+- )api$", r"\1aph"),
    (r"(?m)^(\s{6})api:$", r"\1aph:"),
    (r"http://api:", "http://aph:"),
    (re.escape(TEMPLATE[0]), TEMPLATE[1]),
    (rf"\b{KEY[0]}\b", KEY[1]),
)
"""What is another thing's name is left: the folder `api`, the image, MODE."""
IN_HOME = {
    "services.py": ((r'(?m)^API = "api"', 'API = "aph"'), (r"http://api:", "http://aph:")),
    "gateway.py": ((re.escape(TEMPLATE[0]), TEMPLATE[1]),),
    "keys.py": ((rf'"{KEY[0]}"', f'"{KEY[1]}"'),),
}
PROGRAM = """
import json, os, sys
from pathlib import Path
import difykit
from difykit.demo import make_upstream
from tests.support.record import ENVIRONMENT, record
os.environ.update(ENVIRONMENT)
make_upstream(Path("dify.git"))
notes = record(Path("workspace").absolute(), Path("dify.git").absolute().as_uri(), "1.98.0", sys.argv[1:], "1.99.0")
codes = {name: notes.facts[name].split()[0] for name in notes.texts}
json.dump({"home": difykit.__file__, "texts": notes.texts, "codes": codes}, sys.stdout)
"""


def rewrite(path: Path, rules: Iterable[tuple[str, str]]) -> bool:
    text = before = path.read_text("utf-8")
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text)
    path.write_text(text, "utf-8")
    return text != before


def copy_of_the_project(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("difykit", "tests/support", "overlays", "images"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    (folder / "tests/__init__.py").touch()
    return folder


def renamed(folder: Path) -> Path:
    """A copy of the project in which Dify's own names are others, in the miniature and in `difykit/dify`."""
    copy = copy_of_the_project(folder)
    miniature = copy / "difykit/demo/dify"
    for path in sorted(miniature.rglob("docker/**/*")):
        if path.is_file():
            rewrite(path, IN_COMPOSE)
            if TEMPLATE[0] in path.name:
                path.rename(path.with_name(path.name.replace(*TEMPLATE)))
    for path in miniature.glob("*/.gitignore"):
        rewrite(path, IN_COMPOSE)
    for name, rules in IN_HOME.items():
        assert rewrite(copy / "difykit/dify" / name, rules), name
    return copy


def record_of(project: Path, folder: Path) -> dict[str, dict[str, str]]:
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *OVERLAYS],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert Path(answer["home"]).is_relative_to(project)
    return {"texts": answer["texts"], "codes": answer["codes"]}


def old_names(text: str) -> str:
    """A text with the old names back, and without what follows from the content of files: ids and tags of images."""
    text = re.sub(r"\baph\b", "api", text).replace(TEMPLATE[1], TEMPLATE[0]).replace(KEY[1], KEY[0])
    return re.sub(r"'?\b[0-9a-f]{7,64}\b'?", "<id>", text)  # YAML puts an id that reads as a number in quotes


def test_only_the_home_of_dify_knows_what_dify_calls_its_things(tmp_path: Path) -> None:
    before = record_of(copy_of_the_project(tmp_path / "project"), tmp_path / "before")
    after = record_of(renamed(tmp_path / "other"), tmp_path / "after")
    texts = {old_names(name): text for name, text in after["texts"].items()}
    assert {old_names(name): code for name, code in after["codes"].items()} == before["codes"]
    assert sorted(texts) == sorted(before["texts"])
    assert "release/dify.yaml" in texts
    assert "aph:" in texts["release/dify.yaml"]
    for name, text in before["texts"].items():
        assert old_names(texts[name]) == old_names(text), name
