"""What all manifests share: frozen models that refuse unknown keys, and the types their fields are made of."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from difykit.core import image_reference
from difykit.core.errors import shortened
from difykit.core.files import path_fault

_LONGEST = 4096  # what Linux takes; a name in it may have 255 bytes on every system


class Model(BaseModel):
    """A frozen mapping whose unknown keys are errors."""

    # Deferred: building a model takes longer than most commands, and each command needs few of them.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


@dataclass(frozen=True)
class Pattern:
    """A text of one form; `what` is how messages call the form, the JSON Schema has the pattern itself."""

    pattern: str
    description: str

    def _check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise ValueError(f"{shortened(value)!r} is not {self.description}")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}


def _tree_path(value: str) -> str:
    long = len(value) > _LONGEST or any(len(part.encode("utf-8", "surrogatepass")) > 255 for part in value.split("/"))
    if fault := path_fault(value) or ("is longer than a path may be" if long else control_fault(value)):
        raise ValueError(f"{shortened(value)!r} {fault}")
    return value


def _specifier(value: str) -> str:
    try:
        SpecifierSet(value)
    except InvalidSpecifier as error:
        raise ValueError(f"{shortened(value)!r} is not a version range such as >=1.0,<2 (PEP 440)") from error
    return value


def _distribution(value: str) -> str:
    try:
        Requirement(value)
    except InvalidRequirement as error:
        raise ValueError(f"{shortened(value)!r} is not a requirement such as some-package>=1 (PEP 508)") from error
    return value


def _reference(value: str) -> str:
    if fault := image_reference.fault(value):
        raise ValueError(f"{value[:200]!r} {fault}")
    return value


def _pinned(value: str) -> str:
    if not image_reference.by_digest(_reference(value)):
        raise ValueError(f"{value[:200]!r} has no @sha256:digest, so it may be another image tomorrow")
    return value


def _text_keys(value: object) -> object:
    """YAML reads the key 404 as a number; JSON's keys are texts."""
    if isinstance(value, dict):
        return {str(key) if isinstance(key, int) else key: _text_keys(inner) for key, inner in value.items()}
    return [_text_keys(inner) for inner in value] if isinstance(value, list) else value


def _plain_json(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise ValueError("JSON has no infinity and no NaN") from error
    return value


def _env_value(value: object) -> object:
    """Env values are texts; a YAML number or boolean means the text that Compose would make of it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value


def control_fault(value: str) -> str:
    """Why a text that becomes a path, an argument or a setting cannot be one, or "": it holds a control character."""
    bad = [char for char in value if unicodedata.category(char) == "Cc"]
    return f"holds the control character {bad[0]!r}" if bad else ""


Version = Annotated[Literal[1], Field(description="The version of this file's format; the first key of the file.")]
TreePath = Annotated[str, AfterValidator(_tree_path)]
Specifier = Annotated[str, AfterValidator(_specifier)]
Distribution = Annotated[str, AfterValidator(_distribution)]
ImageName = Annotated[str, Pattern(f"(?:{image_reference.NAME})?", "an image name without a tag")]
Reference = Annotated[str, AfterValidator(_reference)]
"""The name of an image by form, so that nothing in it is interpolated, asked or run as something else."""
PinnedReference = Annotated[str, AfterValidator(_pinned)]
ImageId = Annotated[str, Pattern(r"sha256:[0-9a-f]{1,64}", "the id of an image, sha256: and hex digits")]
JsonObject = Annotated[dict[str, JsonValue], BeforeValidator(_text_keys), AfterValidator(_plain_json)]
Name = Annotated[str, Pattern(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", "a name of a-z, 0-9 and '-'")]
EnvName = Annotated[str, Pattern(r"[A-Za-z_][A-Za-z0-9_]*", "the name of a variable")]
EnvValue = Annotated[
    str, BeforeValidator(_env_value), WithJsonSchema({"type": ["string", "number", "boolean"]}, mode="validation")
]
Env = Annotated[dict[EnvName, EnvValue], Field(default_factory=dict)]
