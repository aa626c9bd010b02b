"""Compose's interpolation, as Compose does it."""

from __future__ import annotations

import pytest

from difykit.release.compose import interpolate, refused, unset, withheld

VALUES = {"A": "a", "EMPTY": "", "B": "b"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", "x"),
        ("$A-${B}", "a-b"),
        ("$$A $${B}", "$A ${B}"),
        ("${NONE:-d}${EMPTY:-d}${EMPTY-d}${A:-d}", "dda"),
        ("${NONE:-${EMPTY:-${B}}}", "b"),
        ("${A:+r}${EMPTY:+r}${EMPTY+s}${NONE+s}", "rs"),
        ("${A:?why}${NONE:?why ${B}}", "a"),
        ("${NONE}", ""),
        ("langgenius/dify-api:${TAG:-1.0}", "langgenius/dify-api:1.0"),
        ("${NONE:-redis://:x@h:1/$${}", "${NONE:-redis://:x@h:1/${}"),
        ("$1 $ {A} 5$", "$1 $ {A} 5$"),
        ("${A!x}", "${A!x}"),
    ],
)
def test_values_are_put_in(text: str, expected: str) -> None:
    assert interpolate(text, VALUES) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${S:-d} ${T:-d} $$S", "d ${T:-d} $$S"),
        ("${T:-${S:-${U}}}", "${T:-${U}}"),
        ("$S$T", "$T"),
        ("${S:?why}${S:+x}", ""),
    ],
)
def test_a_withheld_variable_is_as_if_unset_and_the_rest_stays(text: str, expected: str) -> None:
    assert withheld(text, ["S"]) == expected


def test_only_what_would_be_empty_without_a_word_is_unset() -> None:
    text = "$NONE ${NONE2} ${A} ${NO:-} ${NO:?} ${NO:-${DEEP}} $$NO"
    assert unset(text, VALUES) == ["NONE", "NONE2", "DEEP"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A:?} ${A?} ${EMPTY?}", []),
        ("${EMPTY:?} ${NONE:?why} ${NONE?}", ["EMPTY", "NONE", "NONE"]),
        ("${NONE:-${EMPTY:?}} ${A:-${NONE:?}}", ["EMPTY"]),
        ("${A:+${NONE:?}} ${NONE:+${EMPTY:?}}", ["NONE"]),
        ("$$NONE $NONE ${NONE} $${NONE:?}", []),
    ],
)
def test_what_compose_would_refuse_is_found(text: str, expected: list[str]) -> None:
    assert refused(text, VALUES) == expected
