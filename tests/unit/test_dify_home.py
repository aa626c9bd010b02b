"""What is known of Dify by name stands in `difykit/dify` alone: a service, setting, image or file of it, as a literal.

The names are those of five real releases (`tests/support/dify_names.py`); overlays, images, docs and the miniature Dify
are not difykit's code. A literal is looked at as a whole, so a message may speak of `api` all the same.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from tests.support.dify_names import recorded
from tests.support.sources import ROOT, Nodes, by_kind, sources, tree

HOME = "difykit/dify/"

FOLDERS = ("api/", "web/", "docker/", "dify-agent/", "dify-agent-runtime/")
"""What a path in Dify's tree begins with."""
ELSEWHERE = {
    "conventions of git, Docker and the package managers": {
        *(".gitignore", ".gitattributes", ".dockerignore", "README.md", "package.json", "pnpm-lock.yaml"),
    },
    "variables that every program reads": {
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "LANG", "LC_ALL", "UV_CACHE_DIR", "DEBUG", "TZ"),
    },
    "of Docker Compose": {"COMPOSE_PROFILES"},
    "programs, by whose name their own images go too": {"postgres", "mysql", "busybox"},
}
"""Names that Dify uses too, but that others gave."""

ALLOWED = {
    "difykit/workspace/manifest/overlay.py": (
        3,
        "the words of overlay.yaml itself, and a Literal that its JSON Schema shows",
    ),
    "difykit/source/migrations/check.py": (1, "the word of overlay.yaml itself"),
    "difykit/checks/deployment/rules.py": (3, "the names of the checks, which people read"),
    "difykit/checks/deployment/inside.py": (1, "the name of a part of the answer of stack/inside.py.txt"),
}
"""How many literals of Dify a file outside its home still has, and why. It only ever gets shorter."""


@cache
def names() -> frozenset[str]:
    """The names to look for."""
    kinds = recorded()
    others = frozenset().union(*ELSEWHERE.values())
    wanted = {name for kind in ("services", "keys", "images", "paths") for name in kinds[kind]}
    return frozenset(wanted - others)


def literals(module: Nodes) -> Iterator[tuple[int, str]]:
    """Every whole literal text of a module with its line; docstrings and pieces of f-strings are none."""
    aside = {id(node.value) for node in module.get(ast.Expr, ()) if isinstance(node, ast.Expr)}
    aside |= {
        id(piece) for node in module.get(ast.JoinedStr, ()) if isinstance(node, ast.JoinedStr) for piece in node.values
    }
    for node in module.get(ast.Constant, ()):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in aside:
            yield node.lineno, node.value


def of_dify(module: Nodes) -> list[tuple[int, str]]:
    """The literals of a module that name a thing of Dify's."""
    wanted = names()
    return [
        (line, text)
        for line, text in sorted(literals(module))
        if text in wanted or (text.startswith(FOLDERS) and not any(map(str.isspace, text)))
    ]


@cache
def outside() -> dict[str, list[tuple[int, str]]]:
    """Every file outside difykit/dify that names a thing of Dify's."""
    paths = {path.relative_to(ROOT).as_posix(): path for path in sources()}
    hits = {name: of_dify(tree(path)) for name, path in paths.items() if not name.startswith(HOME)}
    return {path: texts for path, texts in hits.items() if texts}


def test_nothing_of_dify_is_named_outside_its_home() -> None:
    hits = outside()
    new = [
        f"{path}:{line}: {text!r} is of Dify: name it in {HOME}"
        for path, texts in hits.items()
        for line, text in texts
        if len(texts) > ALLOWED.get(path, (0, ""))[0]
    ]
    assert new == []


def test_what_is_allowed_is_still_there() -> None:
    hits = Counter({path: len(texts) for path, texts in outside().items()})
    assert {path: (hits[path], reason) for path, (_, reason) in ALLOWED.items()} == ALLOWED


def test_the_exceptions_are_few() -> None:
    assert len(ALLOWED) <= 4
    assert all(reason for _, reason in ALLOWED.values())


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("x = 'api_websocket'", [1]),
        ("x = {'DB_PASSWORD': 1,\n 'langgenius/dify-api': 2}", [1, 2]),
        ("open('docker/nginx/conf.d/default.conf.template')", [1]),
        ("open('nginx/conf.d/default.conf.template')", [1]),
        ("open('api/a/path/no/release/has.py')", [1]),
        ("'''api'''", []),
        ("x = f'api/{y}'", []),
        ("x = 'api does not answer'", []),
        ("x = 'apis'", []),
        ("x = '.gitignore'", []),
    ],
)
def test_what_counts_as_a_name_of_dify(source: str, lines: list[int]) -> None:
    assert [line for line, _ in of_dify(by_kind(source))] == lines
