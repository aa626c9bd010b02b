"""Kinds of settings: what they take is what pydantic takes for the same annotation, from a text."""

from __future__ import annotations

import ast
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    Field,
    HttpUrl,
    NegativeInt,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    TypeAdapter,
    ValidationError,
)

from difykit.checks.settings.fields import read_fields
from difykit.checks.settings.kind_reader import KindReader
from difykit.checks.settings.kinds import ValueKind
from tests.support.settings import tree_of as tree


class Mode(StrEnum):
    SAFE = "safe"
    OPEN = "open"


ENUM = 'class Mode(StrEnum):\n    SAFE = "safe"\n    OPEN = "open"\n\nALIAS = Literal["a", "b"]\n'
ANNOTATIONS: dict[str, Any] = {
    "int": int,
    "PositiveInt": PositiveInt,
    "NonNegativeInt": NonNegativeInt,
    "NegativeInt": NegativeInt,
    "PositiveInt | None": PositiveInt | None,
    "float": float,
    "PositiveFloat": PositiveFloat,
    "Optional[NonNegativeFloat]": NonNegativeFloat | None,
    "bool": bool,
    "bool | str": bool | str,
    "str": str,
    "Mode": Mode,
    "ALIAS": Literal["a", "b"],
    'Literal["commit", "rollback", None]': Literal["commit", "rollback"] | None,
    "HttpUrl": HttpUrl,
    "Annotated[PositiveInt, Field(ge=60)]": Annotated[PositiveInt, Field(ge=60)],
}
TEXTS = (
    *("", " ", "0", "1", "-1", "+7", "60", "59", "007", "1_000", "12.0", "12.5", " 12 ", "1e3", "0x10", "abc", "inf"),
    *("true", "True", "TRUE", "yes", "on", "t", "y", "false", "no", "off", "maybe", " true", "null", "None"),
    *("safe", "SAFE", "open", "a", "c", "commit", "rollback"),
    *("http://a", "https://a.b:80/c?d#e", "http://a:99999", "ftp://a", "a:80", "http://", "//a", "http://[::1]:80/x"),
    *("HTTP://A", "http://u:p@h/x", "http://a b", "redis://x:1/0", "http://<your_name>.blob.core.windows.net"),
)


@pytest.mark.parametrize("annotation", ANNOTATIONS)
def test_a_kind_takes_what_pydantic_takes(annotation: str) -> None:
    node = ast.parse(annotation, mode="eval").body
    call = next((each for each in ast.walk(node) if isinstance(each, ast.Call)), None)
    kind = KindReader([ast.parse(ENUM)]).read(node, call, empty=False)
    adapter = TypeAdapter(ANNOTATIONS[annotation])
    assert {text: kind.takes(text) for text in TEXTS} == {text: _takes(adapter, text) for text in TEXTS}


def _takes(adapter: TypeAdapter[Any], text: str) -> bool:
    try:
        adapter.validate_python(text)
    except ValidationError:
        return False
    return True


def test_an_annotation_that_nobody_knows_takes_any_text() -> None:
    node = ast.parse("Unknown | Other[int]", mode="eval").body
    assert KindReader([]).read(node, None, empty=False) == ValueKind()


CLASSES = """
from pydantic_settings import BaseSettings


class Base(BaseSettings):
    A: int = Field(default=10 * 1024)
    B: str = Field(validation_alias=AliasChoices("B", "OLD_B", "C"), default="x")
    C: bool = True
    inner_D: str = Field(validation_alias=AliasChoices("D"), default="*")
    lower: int = 1
    E: float = Field(default=cpu_count())


class More(Base):
    F: "int" = 3
    G: HttpUrl = Field(HttpUrl("http://g"))


class NoSettings(BaseModel):
    H: int = 1
"""


def test_fields_are_those_of_classes_that_stand_on_base_settings() -> None:
    found, unread = read_fields(tree({"api/configs/x.py": CLASSES, "api/configs/wrong.py": "class ("}))
    assert list(unread) == ["api/configs/wrong.py"]
    assert sorted(found) == ["A", "B", "C", "D", "E", "F", "G", "OLD_B"]
    defaults = {key: each.default for key, each in found.items()}
    assert defaults == {
        "A": "10240",
        "B": "x",
        "C": "true",
        "D": "*",
        "E": None,
        "F": "3",
        "G": "http://g",
        "OLD_B": "x",
    }
    assert found["C"].kind == ValueKind("bool")
    assert (found["A"].where, found["G"].owner) == ("api/configs/x.py:6", "More")


def test_a_plain_class_tells_its_settings_by_its_calls() -> None:
    code = 'get = environ.get\nx = int(get("DB_PORT") or 5432)\ny = os.getenv("MODE", "api")\nz = get("Content")\n'
    found, _ = read_fields(tree({"api/configs/__init__.py": code}))
    assert {key: (each.kind.base, each.default) for key, each in found.items()} == {
        "DB_PORT": ("int", None),
        "MODE": ("any", "api"),
    }
