"""JSON Schemas made from the models, so that editors complete and check the YAML files of a workspace.

`python -m difykit.workspace.manifest.schema docs/schema` writes them; a test keeps docs/schema equal to the models.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from difykit.core import files, streams
from difykit.core.failure import exit_code_of
from difykit.workspace.manifest.base import Model
from difykit.workspace.manifest.image import ImageManifest
from difykit.workspace.manifest.overlay import OverlayManifest
from difykit.workspace.manifest.settings import Settings

MODELS: dict[str, type[Model]] = {"difykit": Settings, "overlay": OverlayManifest, "image": ImageManifest}


class _Generator(GenerateJsonSchema):
    """Schemas as people read them in an editor: no titles that repeat keys, no null where a key is just left out."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - the base's signature
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def schema_texts() -> dict[str, str]:
    """The schemas by file name."""
    texts: dict[str, str] = {}
    for name, model in MODELS.items():
        schema = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **model.model_json_schema(schema_generator=_Generator),
            "title": f"{name}.yaml",
        }
        texts[f"{name}.schema.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return texts


def write_schemas(folder: Path) -> list[str]:
    """Write the schemas into `folder`; the names of those that changed."""
    return [name for name, text in schema_texts().items() if files.write(folder / name, text)]


def main(argv: list[str]) -> int:
    """Write the schemas into the folder of the only argument."""
    if len(argv) != 1:
        streams.say("fail", "name the folder to write the schemas into")
        return 2

    def work() -> int:
        write_schemas(Path(argv[0]))
        return 0

    return exit_code_of(work, lambda line: streams.say("fail", line))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
