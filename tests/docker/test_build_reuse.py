"""A machine that has nothing takes from the registry what was published from the same inputs, and believes no name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit import docker as engine
from difykit.core.errors import ConfigError
from difykit.images.build import build
from difykit.images.publish import publish
from difykit.workspace.lock import Lock, UpstreamLock, write_lock
from difykit.workspace.state import Image
from tests.support.builds import Bench, Told, docker_build, write
from tests.support.cli import inv
from tests.support.clusters import docker
from tests.support.fault_registry import REGISTRY
from tests.support.tcp_proxy import Tap

pytestmark = pytest.mark.docker

MINE: dict[str, str | None] = {"api/app.py": "print('mine')\n"}


@pytest.fixture
def bench(tmp_path: Path, images: str, door: Tap) -> Iterator[Bench]:  # noqa: ARG001 - the registry must be there
    """A workspace whose images have been published, on an engine that no longer has them."""
    made = Bench(tmp_path, images)
    write(made.workspace.root / "images/patroni", {"image.yaml": "version: 1\n", "Dockerfile": "FROM busybox\n"})
    made.sync(mine=MINE)
    made.enable(ha="images: [patroni]\n")
    upstream = UpstreamLock(ref="1.0.0", commit=made.base, tree=made.base)
    write_lock(made.workspace.lock_file, Lock(engine=1, upstream=upstream))
    prefix(made, f"{REGISTRY}/{images}/")
    made.build()
    publish(made.workspace, f"{REGISTRY}/{images}/", [], Told())
    forget(made)
    yield made
    forget(made)


def prefix(bench: Bench, path: str, keys: str = "") -> None:
    file = bench.workspace.root / "difykit.yaml"
    lines = [line for line in file.read_text().splitlines() if not line.startswith("images:")]
    file.write_text("\n".join([*lines, f"images: {{prefix: {path!r}{keys}}}"]) + "\n")
    bench.workspace = bench.workspace.open(bench.workspace.root)


def forget(bench: Bench) -> None:
    """Take everything that was built away from the engine."""
    for place in (f"{REGISTRY}/{bench.name}/*", f"{bench.name}/dify-*-custom"):
        for form in ("{{.Repository}}:{{.Tag}}", "{{.Repository}}@{{.Digest}}"):
            for each in docker("image", "ls", "--digests", "--format", form, "--filter", f"reference={place}").split():
                if "<none>" not in each:  # by names alone: tests beside this one have the same images
                    engine.untag(each)


def take(bench: Bench) -> tuple[dict[str, str], dict[str, Image], Told]:
    """What a build says of where each image comes from."""
    told = Told()
    built = build(bench.workspace, told)
    return dict(built.origins), {each.name: each for each in built.images}, told


def test_what_was_published_is_taken_and_nothing_is_built(bench: Bench) -> None:
    origins, built, told = take(bench)
    assert origins == {"api": "registry", "patroni": "registry", "web": "official"}
    assert not [step for step in told.steps if step.startswith("build ")]
    assert f"{bench.plan()['api'].reference} is {REGISTRY}/{bench.name}/dify-api-custom@sha256:" in " ".join(told.oks)
    assert any("1 changed file equal in the image" in line for line in told.oks)
    if engine.engine_facts().store == "classic":
        assert built["api"].reference.startswith(f"{bench.plan()['api'].reference}@sha256:")
    info = engine.inspect(bench.plan()["api"].reference)
    assert info
    assert info.id == built["api"].image_id
    before = take(bench)[0]
    assert before == {"api": "there", "patroni": "there", "web": "there"}
    forget(bench)
    bench.sync(mine=MINE, page={"web/app/page.tsx": "mine\n"})
    origins, _, told = take(bench)  # a page edit builds web alone
    assert origins == {"api": "registry", "patroni": "registry", "web": "build"}
    assert next(step for step in told.steps if step.startswith("build ")).startswith("build web: source")


def test_a_check_says_where_each_comes_from_and_brings_nothing(bench: Bench) -> None:
    api = bench.plan()["api"].reference
    ran = inv("build", "--check", cwd=bench.workspace.root)
    assert f"  {api} comes from the registry: {REGISTRY}/{bench.name}/dify-api-custom@sha256:" in ran.out
    assert f"  {bench.plan()['web'].reference} is the official image under another name\n" in ran.out
    ran = inv("build", "--check", "--json", cwd=bench.workspace.root)
    shown = {each["name"]: each["origin"] for each in json.loads(ran.out)["images"]}
    assert {name: each["kind"] for name, each in shown.items()} == {
        "api": "registry",
        "patroni": "registry",
        "web": "official",
    }
    assert engine.inspect(api) is None
    ran = inv("build", "--json", cwd=bench.workspace.root)
    assert json.loads(ran.out)["origins"] == {"api": "registry", "patroni": "registry", "web": "official"}


def test_images_without_a_registry_in_their_names_come_from_the_one_that_is_named(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = f"{REGISTRY}/{bench.name}/"
    prefix(bench, f"{bench.name}/")
    assert take(bench)[0]["api"] == "build"
    forget(bench)
    monkeypatch.setenv("DIFYKIT_REUSE", there)
    origins, built, _ = take(bench)
    assert origins["api"] == "registry"
    assert built["api"].reference == bench.plan()["api"].reference
    assert docker("image", "ls", "--quiet", "--filter", f"reference={there}*") == ""  # no other name stays
    (again, *_) = publish(bench.workspace, there, [], Told())
    assert again.pushed == 0
    forget(bench)
    monkeypatch.setenv("DIFYKIT_REUSE", "none")
    assert take(bench)[0]["api"] == "build"
    monkeypatch.setenv("DIFYKIT_REUSE", "team/")
    forget(bench)
    with pytest.raises(ConfigError, match="DIFYKIT_REUSE: 'team/' does not name a registry"):
        take(bench)
    monkeypatch.delenv("DIFYKIT_REUSE")
    prefix(bench, f"{bench.name}/", f", reuse: {there}")
    assert take(bench)[0]["api"] == "registry"


def test_other_content_under_a_content_tag_is_not_believed(bench: Bench) -> None:
    plan = bench.plan()["api"]
    docker_build(plan.reference, "-", stdin="FROM busybox\nLABEL io.difykit.inputs=0123\n")
    docker("push", "--quiet", plan.reference)
    forget(bench)
    origins, _, told = take(bench)
    assert origins["api"] == "build"
    assert len(told.warns) == 1
    assert f"{plan.reference} holds another image: its labels say inputs '0123'; so it is built" in told.warns


def test_an_image_that_says_the_same_and_lacks_a_change_is_not_believed(bench: Bench) -> None:
    plan = bench.plan()["api"]
    docker("pull", "--quiet", plan.reference)
    docker_build(plan.reference, "-", stdin=f"FROM {plan.reference}\nUSER 0\nRUN echo other >/app/api/app.py\n")
    docker("push", "--quiet", plan.reference)
    forget(bench)
    origins, _, told = take(bench)
    assert origins["api"] == "build"
    assert len(told.warns) == 1
    assert "says that it was made from the same, and /app/api/app.py has other content in the image" in told.warns[0]
    assert engine.inspect(plan.reference)


def test_another_platform_is_not_taken(bench: Bench) -> None:
    plan = bench.plan()["api"]
    labels = "".join(f" {key}='{value}'" for key, value in labels_of(bench).items())
    docker_build(plan.reference, "--platform", "linux/s390x", "-", stdin=f"FROM scratch\nLABEL{labels}\n")
    docker("push", "--quiet", plan.reference)
    forget(bench)
    origins, _, told = take(bench)
    assert origins["api"] == "build"
    assert told.warns == [f"{plan.reference} is not there for {engine.engine_facts().platform}; so it is built"]


def labels_of(bench: Bench) -> dict[str, str]:
    reference = bench.plan()["api"].reference
    docker("pull", "--quiet", reference)
    info = engine.inspect(reference)
    assert info
    return dict(info.labels)


def test_a_registry_that_is_away_is_told_once_and_everything_is_built(bench: Bench) -> None:
    prefix(bench, f"127.0.0.1:9/{bench.name}/")
    try:
        origins, _, told = take(bench)
        assert origins == {"api": "build", "patroni": "build", "web": "official"}
        assert told.warns == ["the registry 127.0.0.1:9 cannot be reached (ConnectionError); so it is built"]
    finally:
        for plan in bench.plan().values():
            engine.untag(plan.reference)
