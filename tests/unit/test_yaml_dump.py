"""YAML out: what we write, every reader reads back the same."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from difykit.core import yaml as yamlio

# What YAML 1.1 and 1.2 readers, and Go's, take for something else when it stands plain; and what blocks may break on.
TRICKY = (
    "",
    "~",
    "null",
    "yes",
    "off",
    "true",
    "1",
    "-1",
    "+1",
    "1e3",
    "1_000",
    "08",
    "0o17",
    "0x1F",
    "0b1",
    ".5",
    "+.5",
    "-.5",
    "+.5e1",
    ".inf",
    "-.INF",
    ".nan",
    "1:30",
    "8080:80",
    "2024-01-01",
    "=",
    "<<",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
    "`a",
    "{}",
    "[",
    "?",
    "|",
    "$x",
    "${X:-y}",
    " a",
    "a ",
    "a\nb",
    "a\nb\n",
    "a\n\n\n",
    "\na",
    "\n a",
    " a\nb",
    "a \nb",
    "a\n b\nc",
    "#!/bin/sh\necho a\n",
    "\t",
    "a\tb\nc",
    "a\r\nb",
    "a\x85b\nc",
    "a\u2028b\nc",
    "\ufeffa",
    "\x00",
    "\x1b[0m",
    "\x7f",
    "ä\n😀",
    "x" * 200,
    "k" * 130 + ": v",
)
TEXTS = st.one_of(
    st.sampled_from(TRICKY), st.text(max_size=20), st.text(alphabet="ab \n\t:#-'\"|>\x85\u2028", max_size=12)
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)


@pytest.mark.parametrize("text", TRICKY)
def test_a_tricky_text_stays_a_text_for_every_reader(text: str) -> None:
    value = {"key": text, "list": [text], text: "value"}
    written = yamlio.dump(value)
    assert yamlio.load("a.yaml", written).value == value
    assert yaml.safe_load(written) == value


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_reads_back_the_same(value: dict[str, Any]) -> None:
    written = yamlio.dump(value)
    assert yamlio.load("a.yaml", written).value == value
    assert yaml.safe_load(written) == value


@pytest.mark.skipif(not hasattr(yaml, "CSafeLoader"), reason="PyYAML was built without libyaml")
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_libyaml_reads_it_back_the_same(value: dict[str, Any]) -> None:
    assert yaml.load(yamlio.dump(value), Loader=yaml.CSafeLoader) == value


def test_keys_keep_their_order() -> None:
    assert yamlio.dump({"b": 1, "a": 2}) == "b: 1\na: 2\n"


def test_a_value_used_twice_is_written_twice() -> None:
    shared = ["x"]
    assert yamlio.dump({"a": shared, "b": shared}) == "a:\n  - x\nb:\n  - x\n"


def test_a_script_is_written_as_a_block() -> None:
    assert yamlio.dump({"run": "one\ntwo\n"}) == "run: |\n  one\n  two\n"
