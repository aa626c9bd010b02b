"""`publish --sbom`: what is in each image, attested beside it, found by a program that stands for syft here."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from difykit.core.errors import DifyKitError, MissingTool
from difykit.images.publish import publish
from difykit.registry import Held, Registry
from tests.support.builds import Bench, Told
from tests.support.clusters import docker
from tests.support.fault_registry import REGISTRY
from tests.support.registries import PASSWORD, USER, own_registry
from tests.support.scanners import DOCUMENT, scanner
from tests.support.tcp_proxy import Tap

pytestmark = pytest.mark.docker


@pytest.fixture
def bench(tmp_path: Path, images: str) -> Bench:
    made = Bench(tmp_path, images)
    made.sync(mine={"api/app.py": "print('mine')\n"})
    made.build()
    return made


def held(registry: Registry, repository: str, reference: str) -> Held:
    found = registry.manifest(repository, reference)
    assert found
    return found


def attested(registry: Registry, repository: str, tag: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The one image that a tag holds, and all that is said of it."""
    entries = held(registry, repository, tag).value["manifests"]
    (image,) = [each for each in entries if each["platform"]["os"] == "linux"]
    said = []
    for each in entries:
        if each is image:
            continue
        assert each["annotations"] == {
            "vnd.docker.reference.digest": image["digest"],
            "vnd.docker.reference.type": "attestation-manifest",
        }
        for layer in held(registry, repository, each["digest"]).value["layers"]:
            statement = json.loads(registry.blob(repository, layer["digest"]))
            assert layer["annotations"] == {"in-toto.io/predicate-type": statement["predicateType"]}
            assert statement["subject"][0]["digest"] == {"sha256": image["digest"].removeprefix("sha256:")}
            said.append(statement)
    return image, said


def test_what_is_in_an_image_is_attested_beside_it_and_found_by_other_tools(
    door: Tap, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, to = scanner(tmp_path / "bin", monkeypatch), f"{REGISTRY}/{bench.name}/"
    made, web = publish(bench.workspace, to, [], Told(), sbom=True)
    repository, tag = f"{bench.name}/dify-api-custom", bench.plan()["api"].tag
    image, (said,) = attested(Registry(REGISTRY, {}), repository, tag)
    assert said["predicateType"] == "https://spdx.dev/Document"
    assert said["predicate"] == {**DOCUMENT, "name": image["digest"]}
    scanned = f"registry:{REGISTRY}/{repository}@{image['digest']}"
    assert program.calls == [(["scan", scanned, "--output", "spdx-json", "--quiet"], "true")]
    assert web.strategy == "official"  # of which nothing is said
    shown = docker("buildx", "imagetools", "inspect", "--format", "{{json .SBOM}}", made.reference)
    assert json.loads(shown)["SPDX"]["name"] == image["digest"]
    docker("pull", "--quiet", made.reference)
    docker("rmi", made.reference)
    before = door.sent
    again, _ = publish(bench.workspace, f"{door.host}/{bench.name}/", [], Told(), sbom=True)
    assert (again.digest, again.pushed, len(program.calls)) == (made.digest, 0, 1)
    assert door.sent - before < 20_000


@pytest.mark.usefixtures("door")
def test_provenance_joins_it_later_and_neither_is_made_twice(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, to = scanner(tmp_path / "bin", monkeypatch), f"{REGISTRY}/{bench.name}/"
    plain, _ = publish(bench.workspace, to, [], Told())
    publish(bench.workspace, to, [], Told(), provenance=True)
    publish(bench.workspace, to, [], Told(), sbom=True)
    made, _ = publish(bench.workspace, to, [], Told(), provenance=True, sbom=True)
    image, said = attested(Registry(REGISTRY, {}), f"{bench.name}/dify-api-custom", bench.plan()["api"].tag)
    assert image["digest"] == plain.digest
    assert [each["predicateType"] for each in said] == ["https://slsa.dev/provenance/v1", "https://spdx.dev/Document"]
    assert len(program.calls) == 1
    for what in ("Provenance", "SBOM"):
        assert docker("buildx", "imagetools", "inspect", "--format", f"{{{{json .{what}}}}}", made.reference)


def test_without_the_program_nothing_is_pushed(door: Tap, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = os.environ["PATH"].split(":")
    monkeypatch.setenv("PATH", ":".join(each for each in folders if not (Path(each) / "syft").exists()))
    with pytest.raises(MissingTool, match="--sbom wants the program syft, which is not installed; nothing was pushed"):
        publish(bench.workspace, f"{door.host}/{bench.name}/", [], Told(), sbom=True)
    assert door.sent < 20_000


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize(
    "answer",
    [
        ("{}", 0, "syft printed no SPDX document for"),
        ('{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT"}', 0, "syft printed no SPDX document for"),
        ("not json", 0, "syft printed no SPDX document for"),
        (json.dumps(DOCUMENT), 1, r"syft could not list what is in .*exit code 1.*its tag was not moved:\nno way"),
    ],
)
def test_garbage_and_failure_are_errors_and_no_tag_holds_the_image(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: tuple[str, int, str]
) -> None:
    program, to = scanner(tmp_path / "bin", monkeypatch), f"{REGISTRY}/{bench.name}/"
    prints, code, said = answer
    program.says(prints, errors="no way\n", code=code)
    with pytest.raises(DifyKitError, match=said):
        publish(bench.workspace, to, ["stable"], Told(), sbom=True)
    repository, registry = f"{bench.name}/dify-api-custom", Registry(REGISTRY, {})
    assert registry.manifest(repository, bench.plan()["api"].tag) is None
    assert registry.manifest(repository, "stable") is None
    assert not (bench.workspace.root / "images.json").exists()
    program.says()
    made, _ = publish(bench.workspace, to, ["stable"], Told(), sbom=True)
    assert held(registry, repository, "stable").digest == made.digest


def test_a_login_is_in_no_argument(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = scanner(tmp_path / "bin", monkeypatch)
    with own_registry(tmp_path / "registry") as registry:
        registry.log_in()
        made, _ = publish(bench.workspace, f"{registry.host}/team/", [], Told(), sbom=True)
        asked = Registry(registry.host, {"username": USER, "password": PASSWORD})
        assert attested(asked, "team/dify-api-custom", made.digest)[1]
    assert program.calls
    assert PASSWORD not in json.dumps(program.calls)
