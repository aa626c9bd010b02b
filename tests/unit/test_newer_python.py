"""Whether a text is code of the Python that a release's api runs in, whatever Python the host has."""

from __future__ import annotations

import pytest

from difykit.core.newer_python import PythonVersion, fault_in
from difykit.dify.python_version import ReleasePython, release_python

V11, V12, V13, V14 = (3, 11), (3, 12), (3, 13), (3, 14)
NEWER = [
    ("type X = int\n", V12, "a `type` statement came with Python 3.12"),
    ("def f[T](x: T) -> T: ...\n", V12, "a list of type parameters came with Python 3.12"),
    ("class A[T]: ...\n", V12, "a list of type parameters came with Python 3.12"),
    ("class A[T = int]: ...\n", V13, "a default of a type parameter came with Python 3.13"),
    ("x = {}\ny = f'{x['a']}'\n", V12, "an f-string with its own quotes, a backslash or a `#` in its braces"),
    ("y = f\"{'\\n'.join(x)}\"\n", V12, "an f-string with its own quotes, a backslash or a `#` in its braces"),
    ("try: ...\nexcept A, B: ...\n", V14, "`except` with several types and no parentheses came with Python 3.14"),
    ("y = t'{x}'\n", V14, "a template string came with Python 3.14"),
]
NEVER = ["def f(:\n", "x = (1\n", "print 'x'\n", "def f():\npass\n", "return 1\n", "def f(a, a): ...\n", "x = “a”\n"]
ALWAYS = [
    "x: int = 1\n",
    "match x:\n    case [a, *b]: ...\n",
    "try: ...\nexcept* A: ...\n",
    "x = f'{a!r:>{b}}' f\"{c['d']}\"\n",
    "x = f'{y:#x}'\n",
    "def f(a, /, *, b): return (c := a)\n",
    "",
]


@pytest.mark.parametrize(("text", "since", "why"), NEWER, ids=[text.strip()[:20] for text, _, _ in NEWER])
def test_what_came_later_is_told_for_an_older_python_only(text: str, since: PythonVersion, why: str) -> None:
    before = fault_in(text, (since[0], since[1] - 1))
    assert before is not None
    assert why in before[1]
    assert before[0] == text.rstrip("\n").count("\n") + 1
    assert fault_in(text, since) is None


@pytest.mark.parametrize("version", [V11, V12, V14])
@pytest.mark.parametrize("text", NEVER)
def test_what_no_python_reads_is_told(text: str, version: PythonVersion) -> None:
    assert fault_in(text, version) is not None


@pytest.mark.parametrize("version", [V11, V12, V14])
@pytest.mark.parametrize("text", ALWAYS)
def test_what_every_python_reads_is_right(text: str, version: PythonVersion) -> None:
    assert fault_in(text, version) is None


PROJECT = '[project]\nname = "dify-api"\nrequires-python = "{}"\n'


@pytest.mark.parametrize(
    ("requires", "dockerfile", "python"),
    [
        (">=3.11,<3.13", "FROM python:3.12-slim-bookworm AS base\n", ReleasePython(V12, V11, ">=3.11,<3.13")),
        ("~=3.12.0", "# syntax\nFROM python:3.12-slim AS base\n", ReleasePython(V12, V12, "~=3.12.0")),
        (">=3.12", "FROM mirror.example/library/python:3.13\n", ReleasePython(V13, V12, ">=3.12")),
        (">=3.11.4,<3.12", "", ReleasePython(None, V11, ">=3.11.4,<3.12")),
        ("nonsense", "FROM node:22\n", ReleasePython(None, None, "")),
    ],
)
def test_a_release_says_which_python_it_runs_in(requires: str, dockerfile: str, python: ReleasePython) -> None:
    assert release_python(PROJECT.format(requires), dockerfile) == python


@pytest.mark.parametrize("pyproject", ["", "[project]\n", "project = 3\n", "is no TOML"])
def test_a_release_that_says_nothing_of_it_is_read(pyproject: str) -> None:
    assert release_python(pyproject, "").runs is None
