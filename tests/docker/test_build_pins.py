"""Digests of official images: what a registry gave is locked, and what is locked is taken."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit import docker as engine
from difykit.core.errors import DifyKitError
from difykit.workspace.lock import Lock, UpstreamLock, read_lock, write_lock
from tests.support.builds import Bench, docker_build, run_in

REGISTRY = "127.0.0.1:5000"

pytestmark = pytest.mark.docker


def docker(*args: str) -> str:
    return subprocess.run(["docker", *args], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def name(images: str) -> Iterator[str]:
    """A repository of its own in the registry of this machine."""
    try:
        urllib.request.urlopen(f"http://{REGISTRY}/v2/", timeout=5).close()
    except (urllib.error.URLError, OSError):
        pytest.skip(f"no registry at {REGISTRY}")
    made = f"{REGISTRY}/{images}-{uuid.uuid4().hex[:4]}"
    yield made
    found = docker("image", "ls", "--format", "{{.ID}}", "--filter", f"reference={made}/*").split()
    if found:
        subprocess.run(["docker", "image", "rm", "--force", *found], check=False, capture_output=True)


def push(reference: str, word: str) -> str:
    """Push an image that says the word, and return its digest."""
    docker_build(reference, "-", stdin=f"FROM busybox\nRUN echo {word} >/word && mkdir -p /app/api\nUSER 1001\n")
    docker("push", "--quiet", reference)
    (found,) = json.loads(docker("image", "inspect", "--format", "{{json .RepoDigests}}", reference))
    return str(found).partition("@")[2]


@pytest.fixture
def bench(tmp_path: Path, name: str, images: str) -> Bench:
    """A workspace whose api is in the registry and not on this machine."""
    made = Bench(tmp_path, images)
    made.image("api", f"replaces: {name}/dify-api\n")
    made.sync()
    upstream = UpstreamLock(ref="1.0.0", commit=made.base, tree=made.base)
    write_lock(made.workspace.lock_file, Lock(engine=1, upstream=upstream, replaced={"api/x.py": made.base}))
    return made


@pytest.fixture
def classic() -> None:
    """An engine that tells whether a registry gave it an image which it had before; containerd's store does not."""
    if engine.engine_facts().store != "classic":
        pytest.skip("the engine has containerd's store, which does not tell what a registry gave")


def locked(bench: Bench) -> dict[str, str]:
    lock = read_lock(bench.workspace.lock_file)
    assert lock
    assert lock.replaced == {"api/x.py": bench.base}
    return dict(lock.images)


def test_what_a_pull_gives_is_locked_and_what_no_registry_gave_is_not(bench: Bench, name: str) -> None:
    digest = push(f"{name}/dify-api:1.0.0", "one")
    docker("image", "rm", f"{name}/dify-api:1.0.0")
    built, told = bench.build()
    assert locked(bench) == {f"{name}/dify-api:1.0.0": digest}
    assert f"difykit.lock: {name}/dify-api:1.0.0 is {digest}" in told.oks
    assert run_in(built["api"].reference, "cat", "/word") == "one"
    again, told = bench.build()
    assert (again, told.steps, told.oks) == (built, [], [])
    assert bench.build(keep_lock=True)[0] == built


@pytest.mark.usefixtures("classic")
def test_a_layer_stands_on_the_locked_image_and_says_so(bench: Bench, name: str) -> None:
    digest = push(f"{name}/dify-api:1.0.0", "one")
    bench.sync(mine={"api/app.py": "mine\n"})
    unpinned = bench.plan()["api"].reference
    built, _ = bench.build()
    assert built["api"].reference != unpinned
    info = engine.inspect(built["api"].reference)
    assert info
    assert info.labels["org.opencontainers.image.base.name"] == f"{name}/dify-api:1.0.0"
    assert info.labels["org.opencontainers.image.base.digest"] == digest
    assert run_in(built["api"].reference, "cat", "/word", "/app/api/app.py") == "one\nmine"


@pytest.mark.usefixtures("classic")
@pytest.mark.parametrize("gone", [False, True], ids=["still on this machine", "only in the registry"])
@pytest.mark.parametrize("layer", [False, True], ids=["official", "layer"])
def test_a_tag_that_moves_changes_nothing(bench: Bench, name: str, *, gone: bool, layer: bool) -> None:
    one = push(f"{name}/dify-api:1.0.0", "one")
    if layer:
        bench.sync(mine={"api/app.py": "mine\n"})
    before, _ = bench.build()
    two = push(f"{name}/dify-api:1.0.0", "two")
    assert one != two
    docker("image", "rm", "--force", before["api"].reference)
    if gone:
        docker("image", "rm", "--force", f"{name}/dify-api@{one}")
    built, told = bench.build()
    assert built["api"].reference == before["api"].reference
    assert run_in(built["api"].reference, "cat", "/word") == "one"
    assert locked(bench) == {f"{name}/dify-api:1.0.0": one}
    (warned,) = told.warns
    assert warned == (
        f"api: {name}/dify-api:1.0.0 is another image on this machine than in difykit.lock; the locked one is taken,"
        f" {one} (invoke lock.refresh takes the new one)"
    )
    assert any(step == f"pull {name}/dify-api@{one}" for step in told.steps) is gone
    assert not [line for line in docker("image", "ls", "--format", "{{.Tag}}").split() if line.endswith("-base")]


@pytest.mark.usefixtures("classic")
def test_a_locked_image_is_built_on_without_its_registry(bench: Bench, name: str) -> None:
    """The engine has it under its digest alone, as after `docker pull name@digest`, and nobody answers for the name."""
    digest = push(f"{name}/dify-api:1.0.0", "one")
    bench.build()
    docker("image", "rm", f"{name}/dify-api:1.0.0")
    docker("pull", "--quiet", f"{name}/dify-api@{digest}")
    request = urllib.request.Request(
        f"http://{REGISTRY}/v2/{name.partition('/')[2]}/dify-api/manifests/{digest}", method="DELETE"
    )
    urllib.request.urlopen(request, timeout=5).close()
    bench.sync(mine={"api/app.py": "mine\n"})
    built, told = bench.build()
    assert run_in(built["api"].reference, "cat", "/word", "/app/api/app.py") == "one\nmine"
    assert not [step for step in told.steps if step.startswith("pull")]


@pytest.mark.usefixtures("classic")
def test_a_lock_that_would_change_is_an_error_where_it_must_not(bench: Bench, name: str) -> None:
    digest = push(f"{name}/dify-api:1.0.0", "one")
    with pytest.raises(DifyKitError) as told:
        bench.build(keep_lock=True)
    assert told.value.message == (
        f"difykit.lock would change ({name}/dify-api:1.0.0 is {digest}), and --locked (the default where CI is set)"
        " leaves it alone"
    )
    assert told.value.hint == "run `invoke build` or `invoke lock.refresh` on your machine and commit difykit.lock"
    assert locked(bench) == {}
    assert engine.inspect(bench.plan()["api"].reference) is None


@pytest.mark.usefixtures("classic")
def test_the_digest_of_an_image_that_is_not_used_goes_and_others_stay(bench: Bench, name: str) -> None:
    digest = push(f"{name}/dify-api:1.0.0", "one")
    bench.build()
    lock = read_lock(bench.workspace.lock_file)
    assert lock
    stale = lock.model_copy(update={"images": {**lock.images, "x/y:1": "sha256:" + "0" * 64}})
    write_lock(bench.workspace.lock_file, stale)
    with pytest.raises(DifyKitError, match=r"would change \(x/y:1 is not used\)"):
        bench.build(keep_lock=True)
    bench.sync(mine={"api/pyproject.toml": "x\n"})  # from source now, and back to its pin later
    bench.image("api", f"replaces: {name}/dify-api\n")
    bench.build()
    assert locked(bench) == {f"{name}/dify-api:1.0.0": digest}


def test_without_a_lock_nothing_is_written(bench: Bench, name: str) -> None:
    push(f"{name}/dify-api:1.0.0", "one")
    bench.workspace.lock_file.unlink()
    built, _ = bench.build()
    assert run_in(built["api"].reference, "cat", "/word") == "one"
    assert not bench.workspace.lock_file.exists()


@pytest.mark.usefixtures("classic")
def test_a_published_image_is_referred_to_with_its_digest(bench: Bench, name: str) -> None:
    push(f"{name}/dify-api:1.0.0", "one")
    settings = bench.workspace.root / "difykit.yaml"
    settings.write_text(settings.read_text().replace(f"prefix: {bench.name}/", f"prefix: {name}/"))
    bench.sync(mine={"api/app.py": "mine\n"})
    first, _ = bench.build()
    assert "@" not in first["api"].reference
    docker("push", "--quiet", first["api"].reference)
    second, told = bench.build()
    assert second["api"].reference.startswith(first["api"].reference + "@sha256:")
    assert second["api"].image_id == first["api"].image_id
    assert told.steps == []
    assert "@" not in second["web"].reference
