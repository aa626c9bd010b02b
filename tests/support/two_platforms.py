"""Official images for two platforms in the registry of this machine, made without emulation."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from difykit.registry import INDEX, Held, Registry, copy
from tests.support.builds import docker_build
from tests.support.clusters import docker
from tests.support.fault_registry import REGISTRY

AMD, ARM = "linux/amd64", "linux/arm64"
LARGE = os.urandom(1_000_000)


class Yard:
    """The registry's own API, and an official api image for two platforms in it."""

    def __init__(self, name: str) -> None:
        self.registry = Registry(REGISTRY, {})
        self.repository, self.web = f"{name}/dify-api", f"{name}/dify-web"

    def held(self, repository: str, reference: str) -> Held:
        found = self.registry.manifest(repository, reference)
        assert found
        return found

    def make(self, folder: Path) -> None:
        """Of files alone, so that the foreign one can be made here; the engine then has neither."""
        entries: list[dict[str, Any]] = []
        for platform in (AMD, ARM):
            place = folder / platform.replace("/", "-")
            for path, content in {
                "app/api/app.py": b"upstream",
                "app/api/old/gone.py": b"x",
                "app/large": LARGE,
            }.items():
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                (place / path).write_bytes(content + platform.encode())
            (place / "Dockerfile").write_text(
                f"FROM {'busybox' if platform == AMD else 'scratch'}\nCOPY app /app\nENV FOR={platform} A=1\n"
            )
            tag = f"{REGISTRY}/{self.repository}:{platform.replace('/', '-')}"
            docker_build(tag, "--platform", platform, str(place))
            docker("push", "--quiet", tag)
            docker("rmi", tag)
            one = self.held(self.repository, tag.rpartition(":")[2])
            system, processor = platform.split("/")
            where = {"os": system, "architecture": processor}
            entries.append({"mediaType": one.kind, "digest": one.digest, "size": len(one.body), "platform": where})
        body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
        self.registry.put(self.repository, "1.0.0", Held.of(body, INDEX))
        for each in entries:  # the same image, taken over without moving a byte
            one = self.held(self.repository, each["digest"])
            for blob in [one.value["config"], *one.value["layers"]]:
                here = (self.registry, self.repository)
                copy(here, (self.registry, self.web), blob["digest"], lambda _: pytest.fail("no byte moves"))
            self.registry.put(self.web, each["digest"], one)
        self.registry.put(self.web, "1.0.0", Held.of(body, INDEX))

    def images(self, repository: str, reference: str) -> dict[str, tuple[Held, dict[str, Any]]]:
        """What a tag holds: platform → manifest and configuration."""
        found = {}
        for each in self.held(repository, reference).value["manifests"]:
            one = self.held(repository, each["digest"])
            assert len(one.body) == each["size"]
            config = json.loads(self.registry.blob(repository, one.value["config"]["digest"]))
            found[f"{each['platform']['os']}/{each['platform']['architecture']}"] = (one, config)
        return found
