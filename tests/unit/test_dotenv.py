"""Env files, line by line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from difykit.workspace.dotenv import (
    EnvLayer,
    assignments,
    decode,
    faults,
    merge,
    plain,
    quote,
    set_raw,
    set_values,
    settled,
    template,
    values,
    without,
)

TEXT = """\
# Head

export A=1 # why
B='two # 2'
C="x\\"y
second line"
VECTOR_STORE=weaviate
COMPOSE_PROFILES=${VECTOR_STORE:-weaviate}
EMPTY=
D: yaml
"""


def test_assignments_keep_what_is_written() -> None:
    found = {each.key: each.raw for each in assignments(TEXT)}
    assert found == {
        "A": "1 # why",
        "B": "'two # 2'",
        "C": '"x\\"y\nsecond line"',
        "VECTOR_STORE": "weaviate",
        "COMPOSE_PROFILES": "${VECTOR_STORE:-weaviate}",
        "EMPTY": "",
        "D": "yaml",
    }


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("1 # why", "1"),
        ("a#b", "a#b"),
        ("# all of it", ""),
        ("'a $b \"'", 'a $b "'),
        (r'"a\n\"\$b\\"', 'a\n"$b\\'),
        ("", ""),
        ("${A}", None),
        ('"x $A"', None),
    ],
)
def test_values(raw: str, value: str | None) -> None:
    assert decode(raw) == value


@pytest.mark.parametrize(
    ("value", "raw"),
    [("a1_@%+=:,./-", "a1_@%+=:,./-"), ("", ""), ("a b", "'a b'"), ("$x #", "'$x #'"), ("it's\\$", '"it\'s\\\\\\$"')],
)
def test_quoting(value: str, raw: str) -> None:
    assert quote(value) == raw


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_quoted_value_reads_back(value: str) -> None:
    text = set_values("FIRST=1\n", {"KEY": value})
    assert [decode(each.raw) for each in assignments(text)] == ["1", value]
    assert not faults(".env", text)


def test_values_are_set_in_place_and_new_ones_at_the_end() -> None:
    text = set_raw(TEXT, {"VECTOR_STORE": "qdrant", "C": "short", "NEW": "'n w'"})
    assert text == TEXT.replace("VECTOR_STORE=weaviate", "VECTOR_STORE=qdrant").replace(
        'C="x\\"y\nsecond line"', "C=short"
    ) + ("NEW='n w'\n")


def test_a_file_without_a_last_newline_gets_one_first() -> None:
    assert set_raw("A=1", {"B": "2"}) == "A=1\nB=2\n"
    assert set_raw("", {"B": "2"}) == "B=2\n"
    assert set_raw("A=1", {"A": "2"}) == "A=2"


def test_a_key_that_stands_twice_is_set_twice() -> None:
    assert set_raw("A=1\nA=2\n", {"A": "3"}) == "A=3\nA=3\n"


def test_faults_name_the_line_and_never_the_value() -> None:
    found = faults(".env", "A=1\nsome words here\nB='hunter2\nC=3\n")
    assert [str(each) for each in found] == [
        ".env:2: is not KEY=value",
        ".env:3: the quote that opens the value of B is not closed",
    ]


def test_a_later_layer_wins_and_origins_are_known() -> None:
    layers = [
        EnvLayer.of_values("overlay a", {"A": "over lay", "NEW": "1"}),
        EnvLayer.of_text(".env", "A=${VECTOR_STORE}\n"),
    ]
    merged = merge("A=0\nB=0\n", layers)
    assert merged.text == "A=${VECTOR_STORE}\nB=0\nNEW=1\n"
    assert merged.origins == {"A": ".env", "B": "upstream", "NEW": "overlay a"}


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a # c", "a"),
        ("'$A'", "$$A"),
        ("${A:-x} # c", "${A:-x}"),
        ('"$A \\$B \\n"', "$A $$B \n"),
        ('"plain"', "plain"),
        ("redis://:${P}@h", "redis://:${P}@h"),
    ],
)
def test_a_template_keeps_its_variables_and_doubles_other_dollars(raw: str, text: str) -> None:
    assert template(raw) == text


def test_keys_are_taken_out_with_all_their_lines() -> None:
    assert without(TEXT, {"C", "EMPTY", "NONE"}) == TEXT.replace('C="x\\"y\nsecond line"\n', "").replace("EMPTY=\n", "")


def test_a_value_names_those_above_it_and_the_last_line_of_a_key_counts() -> None:
    text = 'A=a\nB=${A}b\nC=${D:-none}\nA="${B}\\$"\n'
    assert values(text) == {"A": "ab$", "B": "ab", "C": "none"}
    assert settled({"A": "a", "B": '"${A}b"', "C": "'$A'"}) == {"A": "a", "B": "ab", "C": "$A"}
    assert plain(text) == {"A": "", "B": "", "C": ""}
    assert plain("A=1 # one\nB='$A'\nA=2\n") == {"A": "2", "B": "$A"}
