"""The JSON Schemas for editors: equal to the models, each key explained, and referenced by the shipped files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from difykit.workspace.manifest.schema import schema_texts, write_schemas

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [ROOT / "difykit.yaml", *ROOT.glob("overlays/*/overlay.yaml"), *ROOT.glob("images/*/image.yaml")]
SCHEMAS: dict[str, Any] = {name: json.loads(text) for name, text in schema_texts().items()}


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every mapping with keys of its own in a schema."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for inner in schema.values():
            yield from objects(inner)


def test_the_schemas_in_docs_are_those_of_the_models() -> None:
    written = {path.name: path.read_text("utf-8") for path in (ROOT / "docs/schema").iterdir()}
    assert written == schema_texts(), "write them anew: python -m difykit.workspace.manifest.schema docs/schema"


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_has_a_description(name: str) -> None:
    keys = [(key, spec) for each in objects(SCHEMAS[name]) for key, spec in each["properties"].items()]
    shared = {f"#/$defs/{key}": spec for key, spec in SCHEMAS[name].get("$defs", {}).items()}
    assert keys
    assert [key for key, spec in keys if not (spec | shared.get(spec.get("$ref"), {})).get("description")] == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_unknown_keys_are_marked_in_the_editor_too(name: str) -> None:
    assert all(each["additionalProperties"] is False for each in objects(SCHEMAS[name]))


def test_patterns_are_in_the_schema() -> None:
    ref = SCHEMAS["difykit.schema.json"]["$defs"]["Upstream"]["properties"]["ref"]
    assert re.search(ref["pattern"], "1.15.0")
    assert not re.search(ref["pattern"], "--upload-pack=x")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_shipped_file_names_its_schema_in_its_first_line(path: Path) -> None:
    first = path.read_text("utf-8").splitlines()[0]
    place = Path(os.path.normpath(path.parent / first.removeprefix("# yaml-language-server: $schema=")))
    assert place.relative_to(ROOT).as_posix() == f".difykit/schema/{path.stem}.schema.json"


def test_schemas_are_written_once(tmp_path: Path) -> None:
    assert write_schemas(tmp_path / "schema") == list(SCHEMAS)
    assert write_schemas(tmp_path / "schema") == []
