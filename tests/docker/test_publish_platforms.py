"""One tag for two platforms: made from a two-platform official image by one machine, and nothing runs emulated."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit import docker as engine
from difykit.core.errors import DifyKitError
from difykit.images.inventory import show
from difykit.images.publish import publish
from difykit.workspace.lock import Lock, UpstreamLock, write_lock
from tests.support.builds import Bench, Told
from tests.support.clusters import docker
from tests.support.fault_registry import REGISTRY
from tests.support.tcp_proxy import Tap
from tests.support.two_platforms import AMD, ARM, LARGE, Yard

pytestmark = pytest.mark.docker


@pytest.fixture
def yard(tmp_path: Path, images: str, door: Tap) -> Iterator[Yard]:  # noqa: ARG001 - the registry must be there
    made = Yard(images)
    made.make(tmp_path / "official")
    yield made
    for each in (made.repository, made.web):
        subprocess.run(["docker", "rmi", f"{REGISTRY}/{each}:1.0.0"], capture_output=True, check=False)


@pytest.fixture
def bench(tmp_path: Path, yard: Yard, images: str) -> Bench:
    made = Bench(tmp_path, images)
    made.image(
        "api",
        f"replaces: {REGISTRY}/{yard.repository}\n",
        Dockerfile="FROM official\n# difykit: changes\nENV MORE=yes\n",
    )
    made.image("web", f"replaces: {REGISTRY}/{yard.web}\n")
    source = made.sync(mine={"api/app.py": "print('mine')\n", "api/old/gone.py": None})
    upstream = UpstreamLock(ref="1.0.0", commit=made.base, tree=source.base)
    write_lock(made.workspace.lock_file, Lock(engine=1, upstream=upstream))
    made.build()
    return made


def files_in(raw: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        pairs = ((each.name, archive.extractfile(each)) for each in archive)
        return {name: content.read() for name, content in pairs if content}


def test_both_platforms_have_the_change_on_their_own_official_image(yard: Yard, bench: Bench) -> None:
    made, web = publish(bench.workspace, f"{REGISTRY}/{bench.name}/", ["stable"], Told(), platforms=[ARM])
    assert made.platforms == web.platforms == (AMD, ARM)
    arm = yard.images(f"{bench.name}/dify-web-custom", web.reference.rpartition("@")[0].rpartition(":")[2])[ARM][0]
    assert arm.digest == yard.images(yard.web, "1.0.0")[ARM][0].digest  # nothing changed: the official one itself
    assert made.pushed < 100_000  # the official layers are in that registry already
    repository, tag = f"{bench.name}/dify-api-custom", bench.plan()["api"].tag
    official, custom = yard.images(yard.repository, "1.0.0"), yard.images(repository, tag)
    assert yard.images(repository, "stable").keys() == custom.keys() == {AMD, ARM}
    for platform in (AMD, ARM):
        (_, base), (manifest, config) = official[platform], custom[platform]
        assert config["architecture"] == platform.partition("/")[2]
        below = len(base["rootfs"]["diff_ids"])
        assert config["rootfs"]["diff_ids"][:below] == base["rootfs"]["diff_ids"]
        assert config["config"]["Env"] == [*base["config"]["Env"], "MORE=yes"]
        assert config["config"]["Labels"]["io.difykit.overlays"] == "mine"
        layers = manifest.value["layers"]
        assert len(layers) == len(config["rootfs"]["diff_ids"])
        brought: dict[str, bytes] = {}
        for each in layers[below:]:
            brought |= files_in(yard.registry.blob(repository, each["digest"]))
        assert brought == {"app/api/app.py": b"print('mine')\n", "app/api/old/.wh.gone.py": b""}
    info = engine.inspect(bench.plan()["api"].reference)
    assert info
    # Containerd's store calls an image by its manifest's digest, the classic one by its configuration's.
    assert info.id in {custom[AMD][0].digest, custom[AMD][0].value["config"]["digest"]}
    shown = show(made.reference)
    assert (shown.where, shown.overlays, shown.platforms) == ("registry", ("mine",), (AMD, ARM))
    docker("pull", "--quiet", made.reference)
    pulled = engine.inspect(made.reference)
    assert pulled
    assert pulled.id in {info.id, made.digest}
    docker("rmi", made.reference)


def test_the_second_time_nothing_moves_and_an_only_one_is_joined(yard: Yard, bench: Bench) -> None:
    to = f"{REGISTRY}/{bench.name}/"
    single, _ = publish(bench.workspace, to, [], Told())
    assert single.platforms == (AMD,)
    both, _ = publish(bench.workspace, to, [], Told(), platforms=[ARM])
    assert both.platforms == (AMD, ARM)
    repository, tag = f"{bench.name}/dify-api-custom", bench.plan()["api"].tag
    assert yard.images(repository, tag)[AMD][0].digest == single.digest
    again, _ = publish(bench.workspace, to, [], Told())
    assert (again.digest, again.pushed) == (both.digest, 0)


def test_official_layers_go_to_another_registry_and_a_break_is_waited_for(door: Tap, yard: Yard, bench: Bench) -> None:
    to = f"localhost:{door.port}/{bench.name}/far/"  # another registry, as far as names tell
    publish(bench.workspace, to, [], Told())
    door.cut, door.away = door.sent + len(LARGE) // 2, 1.0
    made, web = publish(bench.workspace, to, [], Told(), platforms=[ARM])
    assert door.breaks == 1
    assert made.pushed > len(LARGE)
    assert web.platforms == made.platforms == (AMD, ARM)
    found = yard.images(f"{bench.name}/far/dify-api-custom", bench.plan()["api"].tag)
    for layer in found[ARM][0].value["layers"]:
        assert len(yard.registry.blob(f"{bench.name}/far/dify-api-custom", layer["digest"])) == layer["size"]


def test_what_needs_a_machine_of_the_platform_is_refused_before_anything_is_sent(door: Tap, bench: Bench) -> None:
    to = f"{door.host}/{bench.name}/"
    with pytest.raises(DifyKitError, match=r"is not there for linux/s390x, only for linux/amd64, linux/arm64"):
        publish(bench.workspace, to, [], Told(), platforms=["linux/s390x"])
    with pytest.raises(DifyKitError, match="arm is not a platform"):
        publish(bench.workspace, to, [], Told(), platforms=["arm"])
    (bench.workspace.root / "images/api/Dockerfile").write_text("FROM official\n# difykit: changes\nRUN touch /made\n")
    bench.build()
    with pytest.raises(DifyKitError, match=r"api runs programs in images/api/Dockerfile.*nothing was pushed"):
        publish(bench.workspace, to, [], Told(), platforms=[ARM])
    assert door.sent < 20_000


def test_provenance_is_beside_each_image_and_says_what_it_was_made_from(yard: Yard, bench: Bench) -> None:
    to = f"{REGISTRY}/{bench.name}/"
    plain, _ = publish(bench.workspace, to, [], Told(), platforms=[ARM])
    made, web = publish(bench.workspace, to, [], Told(), platforms=[ARM], provenance=True)
    assert made.platforms == web.platforms == (AMD, ARM)
    repository = f"{bench.name}/dify-api-custom"
    entries = yard.held(repository, bench.plan()["api"].tag).value["manifests"]
    images = {each["digest"] for each in entries if each["platform"]["os"] == "linux"}
    assert images == {each["digest"] for each in yard.held(repository, plain.digest).value["manifests"]}
    beside = [each for each in entries if each["digest"] not in images]
    assert {each["annotations"]["vnd.docker.reference.digest"] for each in beside} == images
    for each in beside:
        (layer,) = yard.held(repository, each["digest"]).value["layers"]
        said = json.loads(yard.registry.blob(repository, layer["digest"]))
        assert f"sha256:{said['subject'][0]['digest']['sha256']}" in images
        parts = said["predicate"]["buildDefinition"]
        assert parts["externalParameters"]["overlays"] == ["mine"]
        assert parts["resolvedDependencies"][0]["digest"] == {"gitCommit": bench.base}
        official = yard.held(yard.repository, "1.0.0").digest
        assert parts["resolvedDependencies"][1]["digest"] == {"sha256": official.removeprefix("sha256:")}
    shown = docker("buildx", "imagetools", "inspect", "--format", "{{json .Provenance}}", made.reference)
    assert json.loads(shown).keys() == {AMD, ARM}
    docker("pull", "--quiet", made.reference)
    docker("rmi", made.reference)
    again, _ = publish(bench.workspace, to, [], Told(), provenance=True)
    assert (again.digest, again.pushed) == (made.digest, 0)
