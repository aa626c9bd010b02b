"""What is run is what was proved: by a name, by a digest, moved, swapped, of another platform, or by a variable."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from difykit import docker
from difykit.images.definition import judge
from difykit.workspace.state import Image, read_images
from tests.support.builds import docker_build
from tests.support.bundled_stack import Small, forget_from
from tests.support.cli import Ran, difykit
from tests.support.clusters import docker as run
from tests.support.fault_registry import REGISTRY, registry_answers

pytestmark = pytest.mark.docker

INPUTS, OTHER = "0123456789ab", "ba9876543210"
TAG = f"1.0.0-{INPUTS}"


@dataclass
class Yard:
    """Images of this test's own in the engine and in the registry."""

    name: str

    def make(self, repository: str, tag: str, *, inputs: str = INPUTS, content: str = "x", platform: str = "") -> Image:
        """A small image with the label of its inputs, as a build would remember it."""
        label = f"LABEL io.difykit.inputs={inputs}\n" if inputs else ""
        wanted = ["--platform", platform] if platform else []
        docker_build(f"{repository}:{tag}", *wanted, "-", stdin=f"FROM scratch\n{label}ENV A={content}\n")
        info = docker.inspect(f"{repository}:{tag}")
        assert info
        return Image(name="api", replaces="", strategy="layer", reference=f"{repository}:{tag}", image_id=info.id)

    def push(self, image: Image) -> str:
        """Its digest in the registry."""
        run("push", "--quiet", image.reference)
        info = docker.inspect(image.reference)
        assert info
        return info.digests[0].partition("@")[2]

    @property
    def there(self) -> str:
        return f"{REGISTRY}/{self.name}/dify-api-custom"


@pytest.fixture
def yard(images: str) -> Yard:
    if not registry_answers():
        pytest.skip(f"there is no registry at {REGISTRY}")
    return Yard(images)


def verdict(image: Image) -> tuple[str, str]:
    found = judge(image, docker.inspect(image.reference))
    return found.fault, found.doubt


def changed(image: Image, **fields: str) -> Image:
    return image.model_copy(update=fields)


def test_a_name_is_held_to_the_id_that_was_proved(yard: Yard) -> None:
    image = yard.make(f"{yard.name}/dify-api-custom", TAG)
    assert verdict(image) == ("", "")
    yard.make(f"{yard.name}/dify-api-custom", TAG, content="another")
    assert "is not the one that was built: it is " in verdict(image)[0]
    run("image", "rm", image.reference)
    assert verdict(image) == (f"the image {image.reference} is gone", "")


def test_a_digest_is_held_to_the_id_that_was_proved(yard: Yard) -> None:
    image = yard.make(yard.there, TAG)
    digest = yard.push(image)
    assert verdict(changed(image, reference=f"{image.reference}@{digest}")) == ("", "")
    assert verdict(changed(image, reference=f"{yard.there}@{digest}")) == ("", "")
    # One that knows the id of another engine's store or platform, and the registry has both.
    by_list = changed(image, reference=f"{image.reference}@{digest}", image_id=digest)
    assert verdict(by_list) == ("", "")


def _another(yard: Yard, image: Image) -> Image:
    other = yard.make(yard.there, f"1.0.0-{OTHER}", inputs=OTHER, content="another")
    return changed(image, reference=f"{image.reference}@{yard.push(other)}")


def _unsaid(yard: Yard, image: Image) -> Image:
    other = yard.make(yard.there, "plain", inputs="", content="another")
    return changed(image, reference=f"{yard.there}@{yard.push(other)}")


def _pretending(yard: Yard, image: Image) -> Image:
    other = yard.make(yard.there, "again", content="another")
    return changed(image, reference=f"{image.reference}@{yard.push(other)}")


def _elsewhere(yard: Yard, image: Image) -> Image:
    """The digest of another repository."""
    digest = yard.push(image)
    return changed(image, reference=f"{yard.there}-else:{TAG}@{digest}")


def _foreign(yard: Yard, image: Image) -> Image:
    own = docker.engine_facts().platform
    other = yard.make(yard.there, "far", platform="linux/s390x" if own != "linux/s390x" else "linux/amd64")
    return changed(image, reference=f"{image.reference}@{yard.push(other)}")


def _official(yard: Yard, image: Image) -> Image:
    other = yard.make(yard.there, "official", inputs="", content="another")
    return changed(image, reference=f"{image.reference}@{yard.push(other)}", strategy="official")


SWAPS: dict[str, tuple[Callable[[Yard, Image], Image], str]] = {
    "a tag of ours with another's digest": (_another, f"it says that it was made from '{OTHER}'"),
    "an image that difykit did not make": (_unsaid, "it does not say that difykit made it"),
    "one that says the same of itself": (_pretending, "is not the one that was built: it is "),
    "the digest of another repository": (_elsewhere, "is gone"),
    "an image of another platform": (_foreign, "is for linux/s390x, and this engine runs"),
    "another official image": (_official, "is not the one that was built: it is "),
}


@pytest.mark.parametrize("name", SWAPS)
def test_a_digest_does_not_make_another_image_the_one_that_was_proved(yard: Yard, name: str) -> None:
    swap, says = SWAPS[name]
    image = yard.make(yard.there, TAG)
    fault, doubt = verdict(swap(yard, image))
    assert says in fault
    assert not doubt


def hostile(small: Small, change: Callable[[dict[str, str]], dict[str, str]], place: Path) -> Path:
    """An images.json as build writes it, with something else said of api."""
    images = read_images(small.workspace.derived)
    assert images
    listed = [each.model_dump() for each in images.images]
    made = [change(each) if each["name"] == "api" else each for each in listed]
    place.write_text(json.dumps({"source": images.source, "images": made}))
    return place


HOSTILE: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "a secret as a tag": lambda one: {**one, "reference": "127.0.0.1:5601/x:${SECRET_WORD}"},
    "a secret as a name": lambda one: {**one, "reference": "127.0.0.1:5601/$SECRET_WORD"},
    "a secret as a host": lambda one: {**one, "reference": "${SECRET_WORD}.invalid/x:1"},
    "an @ that vanishes": lambda one: {**one, "reference": "busybox:latest${NOPE:+@}"},
    "an @ and a digest that vanish": lambda one: {**one, "reference": f"busybox:latest${{NOPE:+@sha256:{'a' * 64}}}"},
    "an escape": lambda one: {**one, "reference": "busybox:latest$$"},
    "another image": lambda one: {**one, "reference": "busybox:latest"},
    "another image by digest": lambda one: {**one, "reference": f"127.0.0.1:1/x@sha256:{'a' * 64}"},
    "an option": lambda one: {**one, "reference": "--help"},
    "an id": lambda one: {**one, "reference": one["image_id"]},
    "another id": lambda one: {**one, "image_id": f"sha256:{'b' * 64}"},
    "no digest after its @": lambda one: {**one, "reference": f"{one['reference']}@"},
    "an address": lambda one: {**one, "reference": "http://169.254.169.254/x"},
}


def untouched(ran: Ran, small: Small) -> None:
    assert ran.code == 1, ran.err
    assert "bug" not in ran.err
    assert "nobody-else-says-this" not in ran.out + ran.err
    assert run("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={small.name}") == ""


@pytest.fixture
def secret(small: Small) -> Iterator[None]:
    (small.folder / ".env").write_text("SECRET_WORD=nobody-else-says-this\n")
    yield
    (small.folder / ".env").unlink()


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.usefixtures("secret")
def test_an_images_json_starts_nothing_else_and_tells_nobody_a_secret(small: Small, tmp_path: Path, name: str) -> None:
    file = hostile(small, HOSTILE[name], tmp_path / "images.json")
    for flags in ([], ["--check"]):
        ran = difykit("deploy", "--images", str(file), *flags, cwd=small.folder)
        if flags and ran.code == 0:
            assert "nobody-else-says-this" not in ran.out + ran.err
        else:
            untouched(ran, small)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.usefixtures("secret")
def test_a_registry_json_does_neither(small: Small, name: str) -> None:
    images = read_images(small.workspace.derived)
    assert images
    api = next(each for each in images.images if each.name == "api")
    said = HOSTILE[name](api.model_dump())["reference"]
    if said == api.reference:
        said = "busybox:latest"
    place = small.folder / "registry.json"
    place.write_text(json.dumps({"images": {api.reference: said}}))
    try:
        untouched(difykit("deploy", cwd=small.folder), small)
    finally:
        place.unlink()


VARIABLES = {
    "an image by the home folder": "${HOME:+NAME/dify-api:1.0.0}",
    "an image by the way to the engine": "${DOCKER_CONFIG:+NAME/dify-api:1.0.0}",
}


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_that_only_compose_knows_does_not_bring_dify_s_own_image_back(small: Small, name: str) -> None:
    text = VARIABLES[name].replace("NAME", small.name)
    folder = small.folder / "overlays" / "sly"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "overlay.yaml").write_text("version: 1\ndescription: x\ncompose: {files: [compose.yaml]}\n")
    (folder / "compose.yaml").write_text(f"services:\n  api: {{image: '{text}'}}\n")
    small.settings("more, sly")
    try:
        small.run("sync")
        small.run("build")
        ran = difykit("deploy", cwd=small.folder, env={"DOCKER_CONFIG": str(Path.home() / ".docker")})
        untouched(ran, small)
        assert f"the service api would run {small.name}/dify-api:1.0.0" in ran.err
    finally:
        small.settings("more")
        subprocess.run(["rm", "-rf", str(folder)], check=True)
        small.run("sync")
        small.run("build")


def test_what_was_moved_since_the_build_is_neither_deployed_nor_published(small: Small) -> None:
    images = read_images(small.workspace.derived)
    assert images
    api = next(each for each in images.images if each.name == "api")
    run("tag", "busybox:latest", api.reference)
    try:
        untouched(difykit("deploy", cwd=small.folder), small)
        ran = difykit("publish", "--to", f"{REGISTRY}/{small.name}-moved/", cwd=small.folder)
        untouched(ran, small)
        assert "is not the one that was built" in ran.err
        assert "nothing was pushed" in ran.err
    finally:
        run("tag", api.image_id, api.reference)
    forget_from(REGISTRY + "/" + small.name)
