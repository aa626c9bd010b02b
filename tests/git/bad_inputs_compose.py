"""Bad inputs: overlays' Compose files, their secrets and the user's `.env`, as `render` tells them."""

from __future__ import annotations

from collections.abc import Mapping

from difykit.git import Store
from difykit.workspace import state
from difykit.workspace.workspace import Workspace
from tests.git.bad_inputs import SHELL, Bad, Make
from tests.support.trees import Content, Link, write_tree
from tests.support.workspaces import WorkspaceFixture

COMPOSE = "compose: {files: [compose.yaml]}\n"
BESIDE = "for data of a service write ${DIFY_DATA:?}/..."


def built(compose: str, manifest: str = COMPOSE, tree: Mapping[str, Content] | None = None) -> Make:
    """The overlay `a` with this Compose file, in a workspace whose source is the release and whose images are built."""

    def make(space: WorkspaceFixture) -> None:
        space.overlay("a", None, manifest)
        write_tree(space.root, {"overlays/a/compose.yaml": compose, **(tree or {})})
        derived = Workspace.open(space.root).derived
        with Store(derived / "upstream.git") as store:
            commit = store.release("1.0.0") or ""
        image = state.Image(
            name="api",
            replaces="langgenius/dify-api",
            strategy="layer",
            reference="dify-api-custom:1",
            image_id="sha256:" + "0" * 64,
        )
        state.write_source(derived, state.Source(release="1.0.0", base=commit, commit=commit, layers=()))
        state.write_images(derived, state.BuiltImages(source=commit, images=(image,)))

    return make


def bad(name: str, make: Make, fail: str) -> Bad:
    return Bad(name, make, fail, args=("render",))


def service(text: str) -> str:
    """A Compose file with the service `mail`, whose key is on line 3."""
    return f"services:\n  mail:\n    {text}\n    image: mail\n"


ROWS = (
    bad(
        "a Compose file that is not there",
        built("", "compose:\n  files:\n  - other.yaml\n"),
        "overlays/a/overlay.yaml:5: compose.files: there is no other.yaml beside it",
    ),
    bad(
        "a Compose file that is not YAML",
        built("services:\n  mail: [\n"),
        "overlays/a/compose.yaml:3: is not YAML: expected the node content, but found '<stream end>'",
    ),
    bad(
        "a Compose file that is a list",
        built("- mail\n"),
        "overlays/a/compose.yaml:1: is not a Compose file: it must be a mapping with `services`",
    ),
    bad(
        "a Compose file that draws in another",
        built(f"include: ['{SHELL}']\n"),
        "overlays/a/compose.yaml:1: include: name the file in compose.files of overlay.yaml, which joins it",
    ),
    bad(
        "a service that nobody has",
        built("services: {ap: {restart: always}}\n"),
        "overlays/a/compose.yaml:1: services.ap: Dify 1.0.0 has no such service; did you mean api?",
    ),
    bad(
        "a mount that leaves the overlay",
        built(service("volumes: ['../../.env:/x']")),
        (
            "overlays/a/compose.yaml:3: ../../.env leaves the overlay; the release folder has to run on another"
            " machine, so put the file into the overlay"
        ),
    ),
    bad(
        "a mount of a link",
        built(service("volumes: ['./x:/x']"), tree={"overlays/a/x": Link("/etc/passwd")}),
        "overlays/a/compose.yaml:3: x is a link; a release folder holds files only",
    ),
    bad(
        "a mount that a shell would read",
        built(service(f"volumes: ['./{SHELL}:/x']")),
        (
            f"overlays/a/compose.yaml:3: ./{SHELL} must be written as it is, without variables and escapes, or its"
            " file cannot travel with the overlay"
        ),
    ),
    bad(
        "data in the release folder",
        built(service("volumes: ['./volumes/mail:/x']")),
        (
            "overlays/a/compose.yaml:3: ./volumes/mail is inside the release folder, which is made anew; write"
            " ${DIFY_DATA:?}/..."
        ),
    ),
    bad(
        "an image that nobody builds",
        built("services:\n  cache:\n    image: dify-cache-custom\n"),
        (
            "overlays/a/compose.yaml:3: services.cache.image: there is no image dify-cache-custom; define"
            " images/cache/image.yaml, name it in `images` of the overlay's overlay.yaml, and build"
        ),
    ),
    bad(
        "a secret for the wrong one",
        built(service("command: '${TOKEN}'"), COMPOSE + "secrets:\n  TOKEN: {generate: 20, to: [api, mial]}\n"),
        (
            "overlays/a/compose.yaml:3: services.mail reads the secret TOKEN, but secrets.TOKEN.to does not name mail\n"
            "overlays/a/overlay.yaml:5: secrets.TOKEN.to: there is no service mial"
        ),
    ),
    bad(
        "everything at once",
        built(service("volumes: ['./none:/x']"), tree={".env": "A=1\nsome words\nB='hunter2\n"}),
        (
            ".env:2: is not KEY=value\n"
            ".env:3: the quote that opens the value of B is not closed\n"
            "overlays/a/compose.yaml:3: ./none is not beside the Compose file, or is empty; " + BESIDE
        ),
    ),
)
