"""Keys set in JSON text: the value is right, and everything else stays as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from difykit.source.overlay.json_edit import JsonFault, merge

TEXT = """\
{
  "title": "Welcome",
  "nav": {
    "home": "Home",
    "out": "Sign out"
  },
  "list": [1,  2]
}
"""


def merged(old: Any, wanted: Any) -> Any:
    if isinstance(old, Mapping) and isinstance(wanted, Mapping):
        return {**old, **{key: merged(old.get(key), value) for key, value in wanted.items()}}
    return wanted


def test_a_value_is_replaced_in_its_place() -> None:
    assert merge(TEXT, {"title": "Hello"}) == TEXT.replace("Welcome", "Hello")


def test_a_nested_value_is_replaced_in_its_place() -> None:
    assert merge(TEXT, {"nav": {"home": "Start"}}) == TEXT.replace('"Home"', '"Start"')


def test_a_new_key_goes_to_the_end_with_the_indentation_of_the_others() -> None:
    assert merge(TEXT, {"nav": {"help": "Help"}}) == TEXT.replace('"Sign out"\n', '"Sign out",\n    "help": "Help"\n')


def test_new_keys_come_in_the_order_they_are_given() -> None:
    assert list(json.loads(merge(TEXT, {"z": 1, "a": 2}))) == ["title", "nav", "list", "z", "a"]


def test_a_list_is_replaced_as_a_whole() -> None:
    assert merge(TEXT, {"list": [3]}) == TEXT.replace("[1,  2]", "[3]")


def test_text_beyond_ascii_stays_readable() -> None:
    assert merge('{"a": "b"}', {"a": "你好"}) == '{"a": "你好"}'


def test_an_empty_object_gets_its_first_key() -> None:
    assert merge("{}\n", {"a": 1}) == '{"a": 1}\n'
    assert json.loads(merge("{\n}\n", {"a": 1})) == {"a": 1}


def test_a_missing_end_of_line_stays_missing() -> None:
    assert merge('{"a": 1}', {"a": 2}) == '{"a": 2}'


def test_windows_line_ends_stay() -> None:
    assert merge('{\r\n  "a": 1\r\n}\r\n', {"b": 2}) == '{\r\n  "a": 1,\r\n  "b": 2\r\n}\r\n'


def test_the_last_of_two_equal_keys_is_the_one_that_counts() -> None:
    assert json.loads(merge('{"a": 1, "a": 2}', {"a": 3})) == {"a": 3}


def test_keys_cannot_go_where_there_is_no_object() -> None:
    with pytest.raises(JsonFault, match=r"title is not an object"):
        merge(TEXT, {"title": {"x": 1}})


def test_a_whole_file_that_is_no_object_is_told() -> None:
    with pytest.raises(JsonFault, match="the whole is not an object"):
        merge("[]", {"x": 1})


@pytest.mark.parametrize("text", ["", "{", '{"a": 1} x', "{'a': 1}", '{"a": 1,}', "{a: 1}"])
def test_what_is_not_json_is_an_error(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        merge(text, {"a": 2})


def test_a_key_that_yaml_reads_as_a_number_is_a_text_in_json() -> None:
    assert json.loads(merge('{"errors": {"404": "gone"}}', {"errors": {404: "lost", 500: "oops"}})) == {
        "errors": {"404": "lost", "500": "oops"}
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_a_fault(value: float) -> None:
    with pytest.raises(JsonFault):
        merge("{}", {"a": value})


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


@given(OBJECTS, OBJECTS, st.sampled_from([None, 0, 2, 4, "\t"]))
def test_the_outcome_is_the_merged_object(
    old: dict[str, Any], wanted: dict[str, Any], indent: int | str | None
) -> None:
    text = json.dumps(old, indent=indent)
    try:
        outcome = merge(text, wanted)
    except JsonFault:
        return
    assert json.loads(outcome) == merged(old, wanted)
    assert list(json.loads(outcome))[: len(old)] == list(old)


@given(OBJECTS, st.sampled_from([None, 2]))
def test_setting_what_is_there_changes_no_byte(old: dict[str, Any], indent: int | None) -> None:
    flat = {key: value for key, value in old.items() if not isinstance(value, dict | list)}
    text = json.dumps(old, indent=indent, ensure_ascii=False)
    assert merge(text, flat) == text
