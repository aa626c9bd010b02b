"""The house as a test: its floors and doors, no way in a circle, each name once. `docs/architecture.md` draws it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

import pytest

from difykit.cli import namespace
from tests.support.house import at, doors, module_of, modules, own_imports, parsed, room_of, upwards
from tests.support.sources import ROOT, sources

FLOORS = (
    {"core.redact", "core.terminal"},
    {"core.errors"},
    {
        "core.child_process",
        "core.failure",
        "core.reading",
        "core.scratch_files",
        "core.spawner",
        "core.streams",
        "core.syntax_tree",
    },
    {"core.older_python"},
    {"core"},
    {"dify"},
    {"workspace"},
    {"git", "docker", "registry"},
    {"source.routes"},
    {
        "docker.project",
        "images.definition",
        "porting.strategies",
        "release.compose",
        "release.data_files",
        "release.history",
        "source.migrations",
        "source.overlay",
        "source.patch",
        "source.wiring",
    },
    {"release.secrets"},
    {"images.build", "images.publish", "middleware", "release.render", "source.sync", "topology"},
    {"targets"},
    {"adopt", "authoring", "bundle", "images.inventory", "porting"},
    {"checks", "demo"},
    {"middleware.postgres"},
    {"cli", "commands", "__main__"},
)
"""From the ground up. What a longer name does not name stands on the floor of the shorter one."""
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
OPEN = {"core", "dify", "workspace", "cli", "commands", "__main__"}
"""Folders of small rooms, which know each other; no module of them stands in a circle all the same."""

CLI = {"modify": "finish", "status": "deploy", "logs": "deploy", "down": "deploy", "images": "image"}
"""What is typed and has its file in `cli/` with a verb that it goes with."""


@cache
def floor_of(module: str) -> str | None:
    """By which name of FLOORS a module has its floor."""
    return next((name for name in upwards(module) if name in FLOOR), None)


def may_import(module: str, other: str) -> bool:
    ours, theirs = floor_of(module), floor_of(other)
    if ours is None or theirs is None or ours == theirs:
        return True
    return FLOOR[theirs] < FLOOR[ours] or (FLOOR[theirs] == FLOOR[ours] and {ours, theirs} <= OPEN)


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Every way that leads back to where it began, one for each place where it closes."""
    state: dict[str, int] = {}
    result: list[list[str]] = []

    def walk(name: str, way: list[str]) -> None:
        state[name] = 1
        for other in sorted(edges.get(name, ())):
            if state.get(other) == 1:
                result.append([*way[way.index(other) :], other] if other in way else [name, other])
            elif other not in state:
                walk(other, [*way, other])
        state[name] = 2

    for name in sorted(edges):
        if name not in state:
            walk(name, [name])
    return result


def test_every_module_has_a_floor() -> None:
    folders = {module for module, path in modules().items() if path.name == "__init__.py" and module not in doors()}
    assert {module for module in modules() if floor_of(module) is None} <= folders
    assert {name for name in FLOOR if not any(module == name for module in modules())} == set()


def test_imports_go_down_only() -> None:
    up = [
        f"{at(path, line)}: {module_of(path)} imports {module}"
        for path in sources()
        for line, _, _, module in own_imports(path)
        if module_of(path) and module and not may_import(module_of(path), module)
    ]
    assert up == []


@pytest.mark.parametrize("whole", [True, False], ids=["packages", "modules"])
def test_no_import_comes_back_to_where_it_began(whole: bool) -> None:
    edges: dict[str, set[str]] = defaultdict(set)
    for path in sources():
        for _, _, _, target in own_imports(path):
            ours, theirs = module_of(path), target
            if whole:
                ours, theirs = ours.split(".")[0], theirs.split(".")[0]
            if ours and theirs and ours != theirs:
                edges[ours].add(theirs)
    assert circles(edges) == []


def test_a_circle_is_seen() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c", "b"]]


def test_nobody_reaches_past_a_door() -> None:
    past = [
        f"{at(path, line)}: {name} of {origin or 'difykit'}, whose door is {room_of(module)}"
        for path in sources()
        for line, origin, name, module in own_imports(path)
        if module and room_of(module) != room_of(module_of(path))
        if origin != room_of(module) and module != room_of(module)
    ]
    assert past == []


def test_who_comes_to_a_door_takes_what_it_hands_on() -> None:
    others = [
        f"{at(path, line)}: {name} is not in __all__ of {origin}"
        for path in sources()
        for line, origin, name, module in own_imports(path)
        if origin in doors() and origin == room_of(module) != room_of(module_of(path)) and name not in doors()[origin]
    ]
    assert others == []


def test_nobody_comes_to_their_own_door() -> None:
    own = [
        f"{at(path, line)}: {name}"
        for path in sources()
        for line, origin, name, module in own_imports(path)
        if origin in doors() and module == origin == room_of(module_of(path)) != module_of(path)
    ]
    assert own == []


def test_private_names_stay_in_their_room() -> None:
    private = [
        f"{at(path, line)}: {name}"
        for path in sources()
        for line, _, name, module in own_imports(path)
        if name.startswith("_") and room_of(module_of(path)) != room_of(module)
    ]
    assert private == []


def test_a_public_class_name_exists_once() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sources():
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(at(path, node.lineno))
    assert {name: lines for name, lines in places.items() if len(lines) > 1} == {}


def test_a_file_says_what_it_does() -> None:
    assert [path.relative_to(ROOT).as_posix() for path in sources() if path.stem in {"do", "utils", "helpers"}] == []


def test_what_is_typed_has_its_file() -> None:
    typed = {name.split(".")[0] for name in namespace.task_names}
    wanted = {f"{CLI.get(name, name)}.py" for name in typed}
    files = {path.name for path in (ROOT / "difykit" / "cli").glob("*.py")}
    own = {"__init__.py", "findings.py", "program.py", "screen.py", "task.py"}
    assert wanted <= files
    parts = {name for name in files - wanted - own if f"{name.split('_')[0]}.py" in wanted}
    assert files - wanted - own - parts == set()
