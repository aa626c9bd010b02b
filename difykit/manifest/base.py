"""What all manifests share: frozen models that refuse unknown keys, and the types their fields are made of."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from difykit.files import path_fault


class Model(BaseModel):
    """A frozen mapping whose unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _tree_path(value: str) -> str:
    if fault := path_fault(value):
        raise ValueError(f"{value!r} {fault}")
    return value


def _specifier(value: str) -> str:
    try:
        SpecifierSet(value)
    except InvalidSpecifier as error:
        raise ValueError(f"{value!r} is not a version range such as >=1.0,<2 (PEP 440)") from error
    return value


def _pattern(pattern: str, what: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is not {what}")
        return value

    return AfterValidator(check)


def _env_value(value: object) -> object:
    """Env values are texts; a YAML number or boolean means the text that Compose would make of it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value


Version = Literal[1]
TreePath = Annotated[str, AfterValidator(_tree_path)]
Specifier = Annotated[str, AfterValidator(_specifier)]
Name = Annotated[str, _pattern(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", "a name of a-z, 0-9 and '-'")]
EnvName = Annotated[str, _pattern(r"[A-Za-z_][A-Za-z0-9_]*", "the name of a variable")]
EnvValue = Annotated[str, BeforeValidator(_env_value)]
Env = Annotated[dict[EnvName, EnvValue], Field(default_factory=dict)]
