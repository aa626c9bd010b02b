"""Python of any release is read, whatever Python reads it: what is newer is written as older on the same lines."""

from __future__ import annotations

import ast

import pytest

from difykit.core import python_source
from difykit.core.older_python import older

NEWER = [
    ("def f[T: (int, str)](x: T) -> T:\n    return x\n", {"f", "x", "T"}),
    ("class A[\n    T,\n    *Ts,\n    **P,\n]:\n    y: T = 1\n", {"A", "y", "T"}),
    ("type Ids[T] = list[T]\nname = 1\n", {"Ids", "name", "list", "T"}),
    ('s = f"{d["key"]}"\n', {"s", "d"}),
    ("s = f'{', '.join(names)!r:>{width}}' 'and' f'{a}{b=}'\n", {"s", "names", "width", "a", "b"}),
    ('s = f"{f"{f"{deep}"}"}"\n', {"s", "deep"}),
    ('s = f"{"\\n".join(rows)}"\n', {"s", "rows"}),
    ('s = f"""{\n    x  # why\n} {{no}} {y["z"]}"""\n', {"s", "x", "y"}),
    ('def f[T]() -> T:\n    é = f"ü{d["ö"]}é"\n    return é\n', {"f", "T", "é", "d"}),
]


@pytest.mark.parametrize(("text", "names"), NEWER)
def test_newer_python_is_read_with_every_name_on_its_line(text: str, names: set[str]) -> None:
    module = python_source.parse(text)
    read = {
        getattr(node, "id", "") or getattr(node, "arg", "") or getattr(node, "name", "") for node in ast.walk(module)
    }
    assert names <= read
    again = older(text, texts=True)
    assert again.count("\n") == text.count("\n")
    assert len(again.encode()) == len(text.encode())
    ast.parse(again)


@pytest.mark.parametrize(
    ("text", "line"), [("def f[T](:\n    pass\n", 1), ("x = 1\ny = f'{a b}'\n", 2), ("x = (\n", 1)]
)
def test_what_is_no_python_is_refused_with_its_own_line(text: str, line: int) -> None:
    with pytest.raises(python_source.NotPython) as caught:
        python_source.parse(text)
    assert caught.value.line == line


def test_what_this_python_reads_is_read_as_it_stands() -> None:
    text = 'x = f"{a}"\n'
    assert isinstance(python_source.parse(text).body[0].value, ast.JoinedStr)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("raw", "line", "reason"),
    [
        (b"x = '\xe9'\n", 1, "its text is not in utf-8"),
        (b"\n\n\nx = '\xe9'\n", 4, "its text is not in utf-8"),
        (b"# coding: ascii\n\nx = '\xc3\xa9'\n", 3, "its text is not in ascii"),
        (b"# coding: undefined\n", 0, "undefined encoding"),
        (b"# coding: nothing\n", 0, "unknown encoding: nothing"),
    ],
)
def test_a_text_in_no_encoding_is_no_python(raw: bytes, line: int, reason: str) -> None:
    with pytest.raises(python_source.NotPython, match=reason) as failure:
        python_source.decoded(raw)
    assert failure.value.line == line


def test_a_text_is_read_in_the_encoding_that_it_names() -> None:
    assert python_source.decoded(b"# coding: latin-1\r\nx = '\xe9'\n") == "# coding: latin-1\nx = '\u00e9'\n"
