"""An index in an index, in a real registry: its images are found, and what cannot be followed is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from difykit.core.errors import DifyKitError
from difykit.registry import IMAGE, INDEX, Held, Registry, digest_of, upload
from tests.support.registries import PASSWORD, USER, own_registry

pytestmark = pytest.mark.docker

THING = "team/thing"


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Registry]:
    with own_registry(tmp_path / "registry") as made:
        yield Registry(made.host, {"username": USER, "password": PASSWORD})


def image(asked: Registry, processor: str) -> dict[str, Any]:
    """An image in the registry: its entry for an index."""
    platform = {"os": "linux", "architecture": processor}
    config = json.dumps({**platform, "rootfs": {"type": "layers", "diff_ids": []}}).encode()
    upload(asked, THING, digest_of(config), [config])
    entry = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(config), "size": len(config)}
    return {**put(asked, {"mediaType": IMAGE, "config": entry, "layers": []}), "platform": platform}


def put(asked: Registry, value: dict[str, Any]) -> dict[str, Any]:
    held = Held.of(json.dumps({"schemaVersion": 2, **value}).encode(), value["mediaType"])
    asked.put(THING, held.digest, held)
    return {"mediaType": held.kind, "digest": held.digest, "size": len(held.body)}


def index(asked: Registry, *entries: dict[str, Any]) -> dict[str, Any]:
    return put(asked, {"mediaType": INDEX, "manifests": list(entries)})


def held(asked: Registry, entry: dict[str, Any]) -> Held:
    found = asked.manifest(THING, entry["digest"])
    assert found
    return found


def test_the_images_of_an_index_in_an_index_are_found(asked: Registry) -> None:
    amd, arm = image(asked, "amd64"), image(asked, "arm64")
    # Some builders name a platform for the inner one too.
    outer = held(asked, index(asked, {**index(asked, amd), "platform": amd["platform"]}, arm))
    assert dict(asked.entries(THING, outer)) == {"linux/amd64": amd, "linux/arm64": arm}
    _, config = asked.config(THING, outer)
    assert config["architecture"] == "amd64"


def test_one_that_is_nested_without_an_end_or_without_an_image_is_told(asked: Registry) -> None:
    deep = image(asked, "amd64")
    for _ in range(6):
        deep = index(asked, deep)
    with pytest.raises(DifyKitError, match=r"names an index that is nested too deeply: sha256:"):
        asked.config(THING, held(asked, deep))
    with pytest.raises(DifyKitError, match="is an index without an image"):
        asked.config(THING, held(asked, index(asked, index(asked))))
