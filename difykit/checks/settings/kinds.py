"""What a setting's text must look like for the class that reads it, as pydantic reads texts of the environment."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

_TRUE_FALSE = {"0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes"}
_INT = re.compile(r"[+-]?\d+(?:_\d+)*(?:\.0*)?")
_URL = re.compile(
    r"(?i)https?:/{0,2}(?:[^/?#@\s]*@)?(?P<host>\[[0-9a-f:.]+\]|[^/?#:@\s]+)(?::(?P<port>\d+))?(?:[/?#]\S*)?"
)
_BAD_HOST = re.compile(r"[<>^`{|}%\"\\]")
_HIGHEST_PORT = 65535
_LONGEST_URL = 2083

Operator = Literal[">", ">=", "<", "<="]
_COMPARE: Mapping[Operator, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True)
class Bound:
    """One limit of a number: an operator and what it compares with."""

    operator: Operator
    than: float

    def holds(self, number: float) -> bool:
        return _COMPARE[self.operator](number, self.than)


@dataclass(frozen=True)
class ValueKind:
    """What a class takes for a setting; `any` takes every text."""

    base: Literal["any", "int", "float", "bool", "url", "choice", "json"] = "any"
    choices: tuple[str, ...] = ()
    bounds: tuple[Bound, ...] = ()
    empty: bool = False
    """Whether an empty text is taken too, since the class looks at it itself."""

    def says(self) -> str:
        """What it takes, in words."""
        words = {
            "any": "any text",
            "int": "a whole number",
            "float": "a number",
            "bool": "true or false",
            "url": "an http or https URL",
            "json": "JSON",
        }
        if self.base == "choice":
            return "one of " + ", ".join(self.choices)
        limits = " and ".join(f"{bound.operator} {bound.than:g}" for bound in self.bounds)
        return f"{words[self.base]} {limits}".rstrip()

    def takes(self, text: str) -> bool:
        """Whether a class with a field of this kind loads with `text`."""
        if self.base == "any" or (not text.strip() and self.empty):
            return True
        if self.base == "bool":
            return text.lower() in _TRUE_FALSE
        if self.base == "choice":
            return text in self.choices
        if self.base == "url":
            return _is_url(text)
        if self.base == "json":
            return _is_json(text)
        number = _number(text.strip(), integer=self.base == "int")
        return number is not None and all(bound.holds(number) for bound in self.bounds)


def _number(text: str, *, integer: bool) -> float | None:
    if integer:
        return int(text.partition(".")[0].replace("_", "")) if _INT.fullmatch(text) else None
    try:
        return float(text)
    except ValueError:
        return None


def _is_url(text: str) -> bool:
    match = _URL.fullmatch(text.strip()) if len(text) <= _LONGEST_URL else None
    return match is not None and not _BAD_HOST.search(match["host"]) and int(match["port"] or 0) <= _HIGHEST_PORT


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
