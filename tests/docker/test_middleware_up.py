"""`middleware.up`, `middleware.down` and `middleware.dev` on a real engine: started, looked at, stopped, data kept."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from difykit.core.errors import DifyKitError
from difykit.core.loopback import free_port
from difykit.core.progress import Silent
from difykit.demo import make_upstream
from difykit.docker import inspect, project_containers, remove_tree
from difykit.middleware import run
from difykit.workspace.dotenv import values
from difykit.workspace.state import BuiltImages, Image, write_images
from tests.support import redises
from tests.support.cli import Ran, difykit, inv
from tests.support.nodes import MANIFEST, SETTINGS, tiny
from tests.support.trees import write_tree
from tests.support.writers import wait_for

pytestmark = pytest.mark.docker

Run = Callable[..., Ran]


@pytest.fixture
def project(docker: None) -> str:  # noqa: ARG001 - must be there
    return f"mw-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def root(tmp_path: Path, project: str) -> Iterator[Path]:
    """A workspace with the overlay `tiny`, for one host, rendered into `out`."""
    made = tiny(tmp_path / "ws", nodes=1).root
    write_tree(made, {"difykit.yaml": f"{SETTINGS}deploy: {{project: {project}}}\n"})
    try:
        assert render(made).code == 0
        yield made
    finally:
        inv("middleware.down", "tiny", cwd=made)
        remove_tree(tmp_path / "data")


def render(root: Path) -> Ran:
    words = ("--node", "127.0.0.1", "--data", str(root.parent / "data"))
    return inv("middleware.render", "tiny", "../out", *words, cwd=root)


def up(root: Path) -> Ran:
    return inv("middleware.up", "tiny", "--directory", "../out", cwd=root)


def test_it_is_started_once_made_anew_when_it_changed_and_stopped_without_its_data(root: Path, project: str) -> None:
    assert up(root).code == 0
    (first,) = project_containers(f"{project}-tiny")
    assert first.state == "running"
    ready = root.parent / "data" / f"{project}-tiny" / "node-1" / "hello" / "ready"
    before = ready.read_text()
    assert up(root).code == 0
    assert project_containers(f"{project}-tiny")[0].id == first.id
    (root / "overlays/tiny/node/hello.sh").write_text("exec sleep 1d\n")
    assert render(root).code == 0
    assert up(root).code == 0
    assert project_containers(f"{project}-tiny")[0].id != first.id
    ran = inv("middleware.down", "tiny", cwd=root)
    assert (ran.code, project_containers(f"{project}-tiny")) == (0, ())
    assert ready.read_text() == before
    assert "nothing of" in inv("middleware.down", "tiny", cwd=root).err


def test_plain_compose_starts_the_same_project(root: Path, project: str) -> None:
    argv = ["docker", "compose", "up", "--detach", "--wait"]
    subprocess.run(argv, cwd=root.parent / "out/node-1", check=True, capture_output=True)
    (first,) = project_containers(f"{project}-tiny")
    assert up(root).code == 0
    assert project_containers(f"{project}-tiny")[0].id == first.id


def test_a_service_that_does_not_come_up_is_told_with_its_last_lines(root: Path) -> None:
    (root / "overlays/tiny/node/hello.sh").write_text("echo no disk here >&2; exit 7\n")
    assert render(root).code == 0
    ran = up(root)
    assert ran.code == 1
    assert "hello ends with exit code 7" in ran.err
    assert "no disk here" in ran.err
    assert "docker compose --project-name" in ran.err


def test_an_image_that_has_to_be_loaded_is_named(root: Path) -> None:
    place = root.parent / "out/node-1/.env"
    place.write_text(place.read_text() + "IMAGE_MINE=dify-mine-custom:1-none\n")
    ran = up(root)
    assert ran.code == 1
    assert "this engine does not have dify-mine-custom:1-none, and no registry does" in ran.err
    assert "docker save dify-mine-custom:1-none | ssh HOST docker load" in ran.err


def test_an_image_that_is_another_than_the_one_that_was_built_is_refused(root: Path, project: str) -> None:
    place = root.parent / "out/node-1/.env"
    name = f"{project}-mine:1-abc"
    place.write_text(place.read_text() + f"IMAGE_MINE={name}\n")
    subprocess.run(["docker", "tag", "busybox:latest", name], check=True)
    try:
        image = Image(name="mine", replaces="", strategy="layer", reference=name, image_id=f"sha256:{'0' * 64}")
        write_images(root / ".difykit", BuiltImages(source="0" * 40, images=(image,)))
        ran = up(root)
        assert ran.code == 1
        assert f"the image {name} is not the one that was built" in ran.err
        assert project_containers(f"{project}-tiny") == ()
        info = inspect(name)
        assert info
        right = image.model_copy(update={"image_id": info.id})
        write_images(root / ".difykit", BuiltImages(source="0" * 40, images=(right,)))
        assert up(root).code == 0
    finally:
        subprocess.run(["docker", "image", "rm", name], check=True)


def test_a_name_with_a_variable_in_it_counts_as_no_digest(root: Path) -> None:
    place = root.parent / "out/node-1/.env"
    place.write_text(place.read_text() + "IMAGE_MINE='mine:1${NOPE:+@sha256:}'\n")
    ran = up(root)
    assert ran.code == 1
    assert "'mine:1${NOPE:+@sha256:}' is not the name of an image" in ran.err


def test_a_service_that_is_not_there_is_told_before_anything_starts(root: Path, project: str, tmp_path: Path) -> None:
    with pytest.raises(DifyKitError, match="there is no service nobody") as told:
        run.up(root.parent / "out/node-1", Silent(), tmp_path / "log", services=("nobody",))
    assert told.value.hint == "there are: hello"
    assert project_containers(f"{project}-tiny") == ()


def test_without_an_engine_it_says_so(root: Path) -> None:
    words = ("middleware.up", "tiny", "--directory", "../out")
    ran = difykit(*words, cwd=root, env={"DOCKER_HOST": f"unix://{root}/none.sock"})
    assert ran.code == 1
    assert "fail no Docker engine" in ran.err


def test_which_host_it_is_must_be_said_where_there_are_several(root: Path) -> None:
    write_tree(root, {"overlays/tiny/overlay.yaml": MANIFEST.replace("NODES", "2")})
    hosts = ("--node", "10.0.0.1", "--node", "10.0.0.2")
    assert inv("middleware.render", "tiny", "../two", *hosts, cwd=root).code == 0
    several = inv("middleware.up", "tiny", "--directory", "../two", cwd=root)
    assert "fail tiny has 2 nodes, each for a host of its own\nhint say which one is to be started" in several.err
    third = inv("middleware.up", "tiny", "--directory", "../two", "--node", "3", cwd=root)
    assert "has no node-3\nhint it has node-1, node-2" in third.err
    nowhere = inv("middleware.up", "tiny", cwd=root)
    assert "data/middleware/tiny has no folder of a host" in nowhere.err
    assert (several.code, third.code, nowhere.code) == (1, 1, 1)


def made_table(login: dict[str, str]) -> bool:
    with psycopg.connect(**login, user="postgres", dbname="dify") as link:  # type: ignore[arg-type]
        link.execute("CREATE TABLE IF NOT EXISTS mine (a int)")
    return True


def test_the_bundled_middleware_answers_to_what_api_is_told_and_to_this_machine_alone(
    tmp_path: Path, project: str
) -> None:
    make_upstream(tmp_path / "dify.git")
    ports = f"{{EXPOSE_POSTGRES_PORT: {free_port()}, EXPOSE_REDIS_PORT: {free_port()}}}"
    upstream = f"{{url: '{(tmp_path / 'dify.git').as_uri()}', ref: 1.99.0}}"
    text = f"version: 1\nupstream: {upstream}\nenv: {ports}\ndeploy: {{project: {project}}}\n"
    root = write_tree(tmp_path / "ws", {"difykit.yaml": text})
    assert inv("sync", cwd=root).code == 0
    try:
        checked = inv("middleware.dev", "--check", cwd=root)
        assert "would make the secret DB_PASSWORD" in checked.out
        assert not (root / "data").exists()
        ran = inv("middleware.dev", cwd=root)
        assert ran.code == 0, ran.err
        told = values((root / ".difykit/source/api/.env").read_text())
        login = {key: told[f"DB_{key.upper()}"] for key in ("host", "port", "password")}
        # The first start of PostgreSQL's image answers its own check before it listens for others.
        wait_for("the database", lambda: made_table(login))
        redises.client(told["REDIS_HOST"], told["REDIS_PASSWORD"], int(told["REDIS_PORT"])).ping()
        shown = subprocess.run(
            ["docker", "ps", "--filter", f"label=com.docker.compose.project={project}-dev", "--format", "{{.Ports}}"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        assert shown.count("127.0.0.1:") == shown.count("->") == 2
        assert inv("sync", cwd=root).code == 0
        again = inv("middleware.dev", "--check", "--json", cwd=root)
        assert '"make": [], "change": []' in again.out
        assert told["DB_PASSWORD"] not in ran.out + ran.err + checked.out + again.out
    finally:
        inv("middleware.down", "dev", cwd=root)
        remove_tree(root / "data")
