"""Every file is opened by one door: what opens a file by itself stands here, with its reason."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.support.sources import ROOT, nodes, sources

OWN = {"reading.py", "fifos.py"}
"""The door itself."""

ALLOWED = {
    "difykit/core/files.py: .open": "files that it writes: a copy of its own making",
    "difykit/core/files.py: shutil.copytree": "a copy of a whole folder; it refuses pipes itself",
    "difykit/core/process.py: .open": "the log of a run, in a folder of difykit's own, for what a program says",
    "difykit/bundle/archive.py: .open": "writes a new bundle, under a name of its own",
    "difykit/bundle/blob_store.py: .open": "writes a new blob, under a name of its own",
    "difykit/bundle/repack.py: .read_text": "a text of an installed distribution, by its name there",
    "difykit/bundle/repack.py: zipfile.ZipFile": "writes a wheel into memory",
    "difykit/bundle/export_images.py: tarfile.open": "a stream of the engine",
    "difykit/docker/files.py: tarfile.open": "a stream of the engine",
    "difykit/images/definition/layer.py: tarfile.open": "writes into memory",
    "difykit/images/publish/platforms.py: tarfile.open": "a layer in memory",
    "difykit/core/loopback.py: .open": "an address, no file",
    "difykit/core/file_lock.py: .read_text": "what the kernel says of a process",
    "difykit/git/unfinished_operations.py: .read_bytes": "what the kernel says of a process",
    "difykit/git/installed.py: .read_text": "a text of an installed distribution, by its name there",
    "difykit/git/locks.py: .open": "a new file, which must not be there",
    "difykit/git/quarantine.py: .write_text": "into a folder made a moment ago",
    "difykit/core/running_program.py: os.open": "/dev/null, for a program's stream",
    "difykit/core/spawner.py: os.open": "/dev/null, for a program's stream",
    "difykit/core/spawner.py: open": "what the kernel says of a process",
    "difykit/targets/process/supervisor.py: .open": "/dev/null, for a program's stream",
    "difykit/core/streams.py: os.open": "/dev/null, in the place of a stream that is closed",
    "difykit/images/definition/insteps/uvlock.py: .read_text": "runs inside a build, where difykit is not",
    "difykit/images/definition/insteps/uvlock.py: .write_text": "runs inside a build, where difykit is not",
    "difykit/workspace/init.py: .write_text": "into a folder made a moment ago",
    "difykit/adopt/write.py: .write_bytes": "into a folder made a moment ago",
    "difykit/porting/conflicts/work_tree.py: .write_bytes": "into a folder made a moment ago",
    "difykit/demo/upstream.py: .write_text": "into a folder made a moment ago",
}

WORKSPACE = {"Workspace", "cls"}
"""Whose `open` reads a workspace, through the door."""

METHODS = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "touch"}
FUNCTIONS = {
    **{name: {"open"} for name in ("os", "io", "codecs", "tokenize", "gzip", "bz2", "lzma", "shelve", "dbm", "wave")},
    "json": {"load"},
    "tomllib": {"load"},
    "pickle": {"load"},
    "tarfile": {"open", "TarFile"},
    "zipfile": {"ZipFile", "Path"},
    "filecmp": {"cmp", "cmpfiles", "dircmp"},
    "shutil": {"copy", "copy2", "copyfile", "copytree", "unpack_archive"},
    "linecache": {"getline", "getlines"},
    "fileinput": {"input", "FileInput"},
    "mmap": {"mmap"},
    "runpy": {"run_path"},
}


def opening(call: ast.Call) -> str:
    """How a call opens a file by itself, or ""."""
    if isinstance(call.func, ast.Name):
        return "open" if call.func.id == "open" else ""
    if not isinstance(call.func, ast.Attribute):
        return ""
    owner, name = call.func.value, call.func.attr
    holder = owner.id if isinstance(owner, ast.Name) else ""
    if name in FUNCTIONS.get(holder, ()):
        return f"{holder}.{name}"
    if name in METHODS and holder not in {"files", "reading", *WORKSPACE}:
        return f".{name}"
    return ""


@cache
def openings() -> dict[str, list[int]]:
    """Every call in the package that opens a file by itself, as `file: call`, with its lines."""
    result: dict[str, list[int]] = {}
    for path in sources():
        if path.parent.name == "core" and path.name in OWN:
            continue
        for node in nodes(path, ast.Call):
            if how := opening(node):
                result.setdefault(f"{path.relative_to(ROOT)}: {how}", []).append(node.lineno)
    return result


def test_every_file_is_opened_by_the_door() -> None:
    assert {where: lines for where, lines in openings().items() if where not in ALLOWED} == {}


def test_no_exception_outlives_its_reason() -> None:
    assert ALLOWED.keys() - openings().keys() == set()


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("open(path)", "open"),
        ("path.open()", ".open"),
        ("(folder / name).read_bytes()", ".read_bytes"),
        ("Path(name).read_text('utf-8')", ".read_text"),
        ("json.load(stream)", "json.load"),
        ("tarfile.open(path)", "tarfile.open"),
        ("shutil.copy2(a, b)", "shutil.copy2"),
        ("os.open(path, 0)", "os.open"),
        ("files.read_bytes(path)", ""),
        ("Workspace.open(root)", ""),
        ("json.loads(text)", ""),
    ],
)
def test_the_search_knows_what_opens_a_file(text: str, how: str) -> None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert opening(call) == how


def test_what_the_door_hands_out_is_what_files_hands_on() -> None:
    text = (ROOT / "difykit" / "core" / "reading.py").read_text("utf-8")
    flags = next(line for line in text.splitlines() if line.startswith("FLAGS"))
    assert {"O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY"} <= set(flags.replace("os.", "").replace("|", " ").split())
    assert Path(ROOT / "difykit" / "core" / "fifos.py").is_file()
