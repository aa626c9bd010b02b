"""What may not stand of a resolved file, by its content alone: of three sides, and of a file that is new."""

from __future__ import annotations

import pytest

from difykit.porting.strategies import flaws

FILE, LINK = "100644", "120000"


def reasons(path: str, content: str | bytes, *sides: str | bytes, base: str = "") -> list[str]:
    blobs = [(FILE, side.encode() if isinstance(side, str) else side) for side in sides]
    made = content.encode() if isinstance(content, str) else content
    return [flaw.at(path) for flaw in flaws(path, (FILE, made), blobs, (FILE, base.encode()))]


@pytest.mark.parametrize(
    ("content", "sides", "base", "lines"),
    [
        ("a\n=======\nb\n", ("a\n", "b\n"), "", [2]),
        ("a\n=======", ("a\n", "b\n"), "", [2]),
        ("a\r\n=======\r\nb\r\n", ("a\n", "b\n"), "", [2]),
        ("a\r=======\rb\r", ("a\r", "b\r"), "", [2]),
        ("<<<<<<< Updated upstream\na\n=======\nb\n>>>>>>> Stashed\n", ("a\n", "b\n"), "", [1, 3, 5]),
        ("<<<<<<<\na\n", ("a\n", "b\n"), "", [1]),
        ("<<<<<<<HEAD\na\n", ("a\n", "b\n"), "", [1]),
        ("A\n=======\nx\n", ("A\n=======\n", "x\n"), "", []),
        ("B\n=======\nx\n", ("A\n=======\n", "x\n"), "", []),
        ("A\n=======\nx\n=======\n", ("A\n=======\n", "x\n"), "", [4]),
        ("A\n=======\nB\n=======\n", ("A\n=======\n", "B\n=======\n"), "", []),
        ("A\n=======\nB\n=======\nC\n=======\n", ("A\n=======\n", "B\n=======\n"), "", [6]),
        ("C\n=======\nD\n=======\nE\n=======\n", ("A\n=======\n", "B\n=======\n"), "", [2, 4, 6]),
        (" =======\n========\n======\n=======x\n", ("a\n",), "", []),
        (">>>>>>>> x\n<<<<<< y\n", ("a\n",), "", []),
        ("||||||| base\na\n", ("a\n",), "", [1]),
        ("| a |\n|||||||\n", ("| a |\n|||||||\n", "b\n"), "", []),
        ("Title\n=======\n", (), "", []),
        ("<<<<<<< x\n=======\n", (), "", [1, 2]),
    ],
)
def test_marks_that_no_side_has(content: str, sides: tuple[str, ...], base: str, lines: list[int]) -> None:
    assert [int(text.split(":")[1]) for text in reasons("a.txt", content, *sides, base=base)] == lines


@pytest.mark.parametrize(
    ("content", "sides", "said"),
    [
        (b"a\0b", (b"a", b"b"), "a.bin:1: it holds a NUL byte, and is text on each side"),
        (b"a\0b", (b"a\0", b"b"), ""),
        (b"\xff", (b"a", b"b"), "a.bin:1: it is not UTF-8 text, and on each side it is"),
        (b"\xff\xfe", (b"\xff", b"b"), ""),
        (b"\xff\0", (), ""),
        (b" \n", (b"a", b"b"), "a.bin: it is empty, and on no side is it"),
        (b"", (b"a", b"\n"), ""),
        (b"", (b"a",), "a.bin: it is empty, and on no side is it"),
        (b"", (), ""),
    ],
)
def test_what_is_no_text_any_more(content: bytes, sides: tuple[bytes, ...], said: str) -> None:
    assert reasons("a.bin", content, *sides) == ([said] if said else [])


@pytest.mark.parametrize(
    ("path", "content", "sides", "said"),
    [
        ("a.py", "x = (\n", ("x = 1\n", "x = 2\n"), "a.py:1: it is no Python"),
        ("a.py", "x = (\n", ("x = [\n", "x = 2\n"), ""),
        ("a.py", "x = (\n", (), "a.py:1: it is no Python"),
        ("a.json", '{"a": 1,}', ('{"a": 1}', '{"a": 2}'), "a.json:1: it is no JSON"),
        ("a.json", '{"a": 1,}', ('{"a": 1,}', '{"a": 2}'), ""),
        ("tsconfig.json", '{"a": 1, // x\n}', ('{"a": 1 /* x */}', '{"a": 2}'), ""),
        ("a.json", '{"a": 1, "a": 2}', ('{"a": 1}', '{"a": 2}'), "a.json:1: the key a stands there again"),
        ("a.toml", "a = \n", ("a = 1\n", "a = 2\n"), "a.toml:1: it is no TOML"),
        ("a.yaml", "a: 1\na: 2\n", ("a: 1\n", "a: 2\n"), "a.yaml:2: it is no YAML"),
        ("a.txt", "( [", ("a", "b"), ""),
        (
            "a.py",
            "x = 1\n" * 200_000,
            ("x = 1\n", "x = 2\n"),
            "a.py: it has 1200000 bytes, more than difykit can judge",
        ),
    ],
)
def test_what_its_language_refuses(path: str, content: str, sides: tuple[str, ...], said: str) -> None:
    found = reasons(path, content, *sides)
    assert [text[: len(said)] for text in found] == ([said] if said else [])


@pytest.mark.parametrize("content", ["x = (\n=======\n", ""])
def test_a_sides_own_file_may_stand(content: str) -> None:
    assert reasons("a.py", content, content, "x = 1\n") == []


def test_a_link_for_a_file_and_a_file_for_a_link() -> None:
    file, link = (FILE, b"x"), (LINK, b"y")
    assert [flaw.reason for flaw in flaws("a", link, [file])] == ["it is a link, and a file on each side"]
    assert [flaw.reason for flaw in flaws("a", file, [link])] == ["it is a file, and a link on each side"]
    assert flaws("a", (LINK, b"z"), [file, link]) == flaws("a", (LINK, b"z"), []) == ()
