"""DESIGN §7 as a test: who may import whom, who may speak to which outside world, how long a file may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sources import ROOT, nodes, sources

FLOORS = (
    {"redact", "terminal"},
    {"errors"},
    {"child", "door", "failure", "scratch", "spawner", "streams", "syntax"},
    {"pyolder"},
    {
        "pipes",
        "process",
        "files",
        "interpolation",
        "loopback",
        "reference",
        "yamlio",
        "tsobject",
        "pysource",
        "progress",
    },
    {"dify", "transaction"},
    {"workspace", "manifest", "lock", "state", "derived"},
    {"git", "engine", "listener", "registry"},
    {"patch", "overlay", "merge", "wiring", "migrations", "image", "compose", "env", "project"},
    {"sync", "build", "publish", "render", "middleware", "topology", "init"},
    {"targets"},
    {"adopt", "bundle", "finish", "upgrade"},
    {"checks", "demo"},
    {"postgres", "images"},
    {"console", "vault", "commands", "__main__"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
OPEN = (6, 14)
"""Floors whose rooms know each other: the workspace its manifests, the commands their console."""

WAYS_IN = {ROOT / "difykit" / "__init__.py", ROOT / "difykit" / "commands" / "__init__.py"}
"""What is imported first: where a Python or a package is missing, there is no boundary yet to say so."""

LONGEST = 300
LONGER = {
    "difykit/checks/deployment/inside.py.txt": "one text: it is handed to `python -` in a container, which has no more",
}
"""Files above the limit, each with its reason."""


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "difykit").parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module that a file imports, at any depth in it, as (line, dotted name)."""
    for node in nodes(path, ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            if node.module == "difykit":
                yield from ((node.lineno, f"difykit.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module or ""


def importers(package: str, allowed: set[str]) -> list[str]:
    """Where `package` is imported outside the `allowed` rooms."""
    return [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sources()
        for line, name in imports(path)
        if name.split(".")[0] == package and room_of(path) not in allowed
    ]


def may_import(room: str, other: str) -> bool:
    here, there = FLOOR[room], FLOOR[other]
    return there < here or room == other or (here == there and here in OPEN)


def test_every_module_has_a_floor() -> None:
    assert {room_of(path) for path in sources()} - {"__init__"} <= FLOOR.keys()


def test_imports_go_down_only() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {room_of(path)} imports {name}"
        for path in sources()
        for line, name in imports(path)
        if name.split(".")[0] == "difykit" and not may_import(room_of(path), name.split(".")[1])
    ]
    assert found == []


def test_private_names_stay_in_their_room() -> None:
    private = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {alias.name}"
        for path in sources()
        for node in nodes(path, ast.ImportFrom)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("difykit.")
        for alias in node.names
        if alias.name.startswith("_") and room_of(path) != (node.module or "").split(".")[1]
    ]
    assert private == []


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("git", {"git"}),
        ("docker", {"engine"}),
        ("invoke", {"commands", "__main__"}),
        ("rich", {"console"}),
        ("requests", {"registry", "engine"}),
        ("yaml", {"yamlio"}),
        ("tree_sitter", {"syntax"}),
        ("tree_sitter_python", {"syntax"}),
        ("tree_sitter_typescript", {"syntax"}),
        ("pydantic", {"manifest", "lock", "state"}),
        ("subprocess", {"child", "process"}),
    ],
)
def test_one_room_knows_each_outside_world(package: str, rooms: set[str]) -> None:
    assert importers(package, rooms) == []


@pytest.mark.parametrize(("program", "room"), [("docker", "engine"), ("git", "git")])
def test_one_room_spells_each_outside_program(program: str, room: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if room_of(path) != room
        for node in nodes(path, ast.List, ast.Tuple)
        if isinstance(node, ast.List | ast.Tuple)
        and node.elts
        and isinstance(node.elts[0], ast.Constant)
        and node.elts[0].value == program
    ]
    assert found == []


def test_nothing_runs_through_a_shell() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for node in nodes(path, ast.keyword, ast.Attribute)
        if (isinstance(node, ast.keyword) and node.arg == "shell")
        or (isinstance(node, ast.Attribute) and node.attr in {"system", "popen"})
    ]
    assert found == []


def test_only_the_boundary_exits() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if room_of(path) != "console"
        and path.name
        not in {"supervisor.py", "bring_up.py", "spawner.py", "schema.py"}  # which are programs of their own
        and path not in WAYS_IN
        for node in nodes(path, ast.Name, ast.Attribute)
        if (isinstance(node, ast.Name) and node.id == "SystemExit")
        or (isinstance(node, ast.Attribute) and node.attr in {"exit", "_exit"})
    ]
    assert found == []


def test_only_the_console_prints() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if room_of(path) != "console"
        for node in nodes(path, ast.Call)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "input"}
    ]
    assert found == []


def test_only_the_console_writes_to_a_terminal() -> None:
    programs = {"bring_up.py", "uvlock.py"}  # of their own; their output goes to a log
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if room_of(path) not in {"console", "streams"} and path.name not in programs
        for node in nodes(path, ast.Attribute)
        if isinstance(node, ast.Attribute)
        and node.attr in {"stdout", "stderr", "__stdout__", "__stderr__"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "sys"
    ]
    assert found == []


def test_only_the_redaction_hides() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if room_of(path) != "redact"
        for node in nodes(path, ast.Constant)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value.strip() == "***" or "***@" in node.value
    ]
    assert found == []


def test_no_file_is_longer_than_its_limit() -> None:
    files = [*sources(), *(ROOT / "difykit").rglob("*.py.txt"), *(ROOT / "tests").rglob("*.py")]
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in files}
    assert {path for path, length in lengths.items() if length > LONGEST} == LONGER.keys()


def test_tasks_py_is_a_menu() -> None:
    module = ast.parse((ROOT / "tasks.py").read_text("utf-8"))
    logic = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.If | ast.For)
    ]
    assert logic == []
