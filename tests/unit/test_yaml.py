"""YAML in: 1.2 scalars, lines, no duplicates, no bombs."""

from __future__ import annotations

import math

import pytest

from difykit.core import yaml
from difykit.core.errors import ConfigError


def value(text: str) -> object:
    return yaml.load("a.yaml", text).value


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        yaml.load("a.yaml", text)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes", "yes"),
        ("Off", "Off"),
        ("y", "y"),
        ("true", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("8080:22", "8080:22"),
        ("1_000", "1_000"),
        ("0o17", 15),
        ("017", 17),
        ("0x1F", 31),
        ("-12", -12),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("+.5", 0.5),
        ("1.", 1.0),
        ("-.inf", -math.inf),
        ("1.2.3", "1.2.3"),
        ("2024-01-01", "2024-01-01"),
        ("null", None),
        ("~", None),
        ("", None),
        ("=", "="),
        ("0b1", "0b1"),
    ],
)
def test_plain_scalars_are_read_as_yaml_1_2(text: str, expected: object) -> None:
    assert value(f"key: {text}") == {"key": expected}


@pytest.mark.parametrize("key", ["off", "yes", "NO", "1_0", "2024-01-01", "8:30"])
def test_a_key_that_yaml_1_1_takes_for_something_else_is_a_word(key: str) -> None:
    assert value(f"{key}: 1") == {key: 1}


def test_not_a_number_is_read() -> None:
    found = value(".nan")
    assert isinstance(found, float)
    assert math.isnan(found)


def test_merge_keys_work_and_are_overridden_by_what_is_written_out() -> None:
    assert value("base: &b {x: 1, y: 2}\nhere: {<<: *b, y: 3}") == {"base": {"x": 1, "y": 2}, "here": {"x": 1, "y": 3}}


def test_a_duplicate_key_is_refused_with_its_line() -> None:
    assert problems("a: 1\nb: 2\na: 3\n") == ["a.yaml:3: a: this key is given twice"]


def test_a_duplicate_key_is_found_at_any_depth() -> None:
    assert problems("a:\n- b:\n    c: 1\n    c: 2\n") == ["a.yaml:4: c: this key is given twice"]


def test_lines_are_known_for_keys_and_items() -> None:
    document = yaml.load("a.yaml", "a:\n  b:\n  - x\n  - y\n")
    assert [document.line(path) for path in [("a",), ("a", "b"), ("a", "b", 1)]] == [1, 2, 4]


def test_a_path_that_is_not_there_has_the_line_of_what_is_around_it() -> None:
    assert yaml.load("a.yaml", "x: 1\na:\n  b: 1\n").line(("a", "c", "d")) == 2


def test_a_key_that_is_a_number_has_a_line() -> None:
    assert yaml.load("a.yaml", "a:\n  x: 1\n  404: 2\n").line(("a", 404)) == 3


def test_a_key_that_is_a_mapping_is_refused() -> None:
    assert problems("a: 1\n? {b: 1}\n: 2\n") == ["a.yaml:2: a key must be a plain word"]


def test_aliases_that_multiply_are_refused() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    (found,) = problems("\n".join(levels))
    assert found.endswith("too many nodes: its aliases multiply")


def test_an_alias_of_itself_is_refused() -> None:
    assert problems("a: &a [*a]\n") == ["a.yaml:1: nested too deeply"]


def test_deep_nesting_is_refused() -> None:
    assert problems("[" * 5000 + "]" * 5000) == ["a.yaml:1: nested too deeply"]


def test_a_second_document_is_refused() -> None:
    (found,) = problems("a: 1\n---\nb: 2\n")
    assert found.startswith("a.yaml:2: is not YAML: ")


def test_broken_yaml_is_told_with_its_line() -> None:
    (found,) = problems("a: 1\nb: [1, 2\nc: 3\n")
    assert found.startswith("a.yaml:3: is not YAML: ")


def test_python_objects_are_refused() -> None:
    (found,) = problems("a: !!python/object/apply:os.system [id]\n")
    assert found.startswith("a.yaml:1: is not YAML: ")


@pytest.mark.parametrize("char", ["\0", "\a", "\x1b", "\x7f", "\ufffe"])
def test_a_control_character_is_refused(char: str) -> None:
    (found,) = problems(f"a: 1\nb: x{char}y\n")
    assert found.startswith("a.yaml:2: is not YAML: ")


@pytest.mark.parametrize("text", ["!!bool maybe", "!!timestamp soon", "!!float ''", "!!int ''", "!!int x", "!!float x"])
def test_a_value_that_is_not_what_its_tag_says_is_refused(text: str) -> None:
    (found,) = problems(f"a: {text}\n")
    assert found.startswith("a.yaml:1: is not YAML")


def test_a_number_that_is_too_long_is_refused() -> None:
    (found,) = problems("a: " + "9" * 5000)
    assert found.startswith("a.yaml:1: is not YAML")


def test_an_empty_file_is_no_value() -> None:
    assert value("") is None
    assert value("# only a comment\n") is None
