"""Who may speak to which outside world, who prints and who exits, how long a file may be."""

from __future__ import annotations

import ast

import pytest

from tests.support.house import at, imports, module_of, room_of, top_of, upwards
from tests.support.sources import ROOT, nodes, sources

WAYS_IN = {ROOT / "difykit" / "__init__.py", ROOT / "difykit" / "cli" / "__init__.py"}
"""What is imported first: where a Python or a package is missing, there is no boundary yet to say so."""

LONGEST = 300
LONGER = {
    "difykit/checks/deployment/inside.py.txt": "one text, handed to `python -` in a container, which has no more of it",
}
"""Files above the limit, each with its reason."""


def importers(package: str, allowed: set[str]) -> list[str]:
    """Where `package` is imported outside the `allowed` rooms and modules."""
    return [
        f"{at(path, line)}: {name}"
        for path in sources()
        for line, name in imports(path)
        if name.split(".")[0] == package and not allowed.intersection(upwards(module_of(path)))
    ]


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("git", {"git"}),
        ("docker", {"docker"}),
        ("invoke", {"cli", "__main__"}),
        ("rich", {"cli.screen"}),
        ("requests", {"registry", "docker"}),
        ("yaml", {"core.yaml", "core.yaml_loaders"}),
        ("tree_sitter", {"core.syntax_tree"}),
        ("tree_sitter_python", {"core.syntax_tree"}),
        ("tree_sitter_typescript", {"core.syntax_tree"}),
        ("pydantic", {"workspace.manifest", "workspace.lock", "workspace.state"}),
        ("subprocess", {"core.child_process", "core.process", "core.running_program"}),
    ],
)
def test_one_room_knows_each_outside_world(package: str, rooms: set[str]) -> None:
    assert importers(package, rooms) == []


@pytest.mark.parametrize(("program", "room"), [("docker", "docker"), ("git", "git")])
def test_one_room_spells_each_outside_program(program: str, room: str) -> None:
    places = [
        at(path, node.lineno)
        for path in sources()
        if top_of(path) != room
        for node in nodes(path, ast.List, ast.Tuple)
        if isinstance(node, ast.List | ast.Tuple) and node.elts
        if isinstance(node.elts[0], ast.Constant) and node.elts[0].value == program
    ]
    assert places == []


def test_nothing_runs_through_a_shell() -> None:
    places = [
        at(path, node.lineno)
        for path in sources()
        for node in nodes(path, ast.keyword, ast.Attribute)
        if (isinstance(node, ast.keyword) and node.arg == "shell")
        or (isinstance(node, ast.Attribute) and node.attr in {"system", "popen"})
    ]
    assert places == []


def test_only_the_boundary_exits() -> None:
    places = [
        at(path, node.lineno)
        for path in sources()
        if module_of(path) != "cli.screen"
        and path.name
        not in {"supervisor.py", "bring_up.py", "spawner.py", "schema.py"}  # which are programs of their own
        and path not in WAYS_IN
        for node in nodes(path, ast.Name, ast.Attribute)
        if (isinstance(node, ast.Name) and node.id == "SystemExit")
        or (isinstance(node, ast.Attribute) and node.attr in {"exit", "_exit"})
    ]
    assert places == []


def test_only_the_console_prints() -> None:
    places = [
        at(path, node.lineno)
        for path in sources()
        if module_of(path) != "cli.screen"
        for node in nodes(path, ast.Call)
        if isinstance(node.func, ast.Name) and node.func.id in {"print", "input"}
    ]
    assert places == []


def test_only_the_console_writes_to_a_terminal() -> None:
    programs = {"bring_up.py", "uvlock.py"}  # of their own; their output goes to a log
    places = [
        at(path, node.lineno)
        for path in sources()
        if module_of(path) not in {"cli.screen", "core.streams"} and path.name not in programs
        for node in nodes(path, ast.Attribute)
        if node.attr in {"stdout", "stderr", "__stdout__", "__stderr__"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "sys"
    ]
    assert places == []


def test_only_the_redaction_hides() -> None:
    places = [
        at(path, node.lineno)
        for path in sources()
        if room_of(module_of(path)) != "core.redact"
        for node in nodes(path, ast.Constant)
        if isinstance(node.value, str)
        if node.value.strip() == "***" or "***@" in node.value
    ]
    assert places == []


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
