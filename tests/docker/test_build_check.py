"""`build --check`, and the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from difykit import docker
from difykit.workspace.lock import Lock, UpstreamLock, write_lock
from tests.support.builds import Bench, write
from tests.support.cli import difykit, inv

pytestmark = pytest.mark.docker

DIGEST = "sha256:" + "0" * 64


@pytest.fixture
def bench(tmp_path: Path, images: str) -> Bench:
    made = Bench(tmp_path, images)
    made.sync(
        mine={"api/app.py": "mine\n", "api/docker/entrypoint.sh": "x\n", "api/old/gone.py": None},
        more={f"api/more/{number:02}.py": "x\n" for number in range(30)},
    )
    return made


def test_a_check_says_what_each_image_gets_and_why(bench: Bench) -> None:
    write(bench.workspace.root / "images/patroni", {"image.yaml": "version: 1\n", "Dockerfile": "FROM busybox\n"})
    bench.enable(ha="images: [patroni]\napi: {python: [six]}\n")
    bench.image("api", "apt: [tree, less]\n")
    plan = bench.plan()
    ran = inv("build", "--check", cwd=bench.workspace.root)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[:3] == [
        "api: layer, 33 changed files, apt tree less, python six, laid over the official image",
        "  M api/app.py → /app/api/app.py",
        "  M api/docker/entrypoint.sh → /app/api/docker/entrypoint.sh, /entrypoint.sh",
    ]
    assert lines[21:] == [
        "  and 13 more",
        "  removed: /app/api/old/gone.py",
        "  apt: tree less",
        "  python: six",
        f"  on {bench.name}/dify-api:1.0.0",
        f"  {plan['api'].reference} will be built",
        "patroni: own, built from images/patroni/Dockerfile",
        "  Dockerfile",
        f"  {plan['patroni'].reference} will be built",
        "web: official, nothing changed in it",
        f"  on {bench.name}/dify-web:1.0.0",
        f"  {plan['web'].reference} is the official image under another name",
    ]
    assert docker.inspect(plan["api"].reference) is None


def test_a_check_in_json_has_all_of_it(bench: Bench) -> None:
    upstream = UpstreamLock(ref="1.0.0", commit=bench.base, tree=bench.base)
    locked = {f"{bench.name}/dify-web:1.0.0": DIGEST}
    write_lock(bench.workspace.lock_file, Lock(engine=1, upstream=upstream, images=locked))
    bench.image("api", "python: [six]\n")
    ran = inv("build", "--check", "--json", cwd=bench.workspace.root)
    assert ran.out.count("\n") == 1
    api, web = json.loads(ran.out)["images"]
    assert len(api["changed"]) == 33
    gone = next(change for change in api["changed"] if change["path"] == "api/old/gone.py")
    assert (gone["status"], gone["lands"], api["removed"]) == ("D", [], ["/app/api/old/gone.py"])
    assert api["changed"][0]["lands"] == ["/app/api/app.py"]
    assert (api["python"], api["apt"], api["digest"]) == (["six"], [], "")
    assert (web["strategy"], web["digest"]) == ("official", DIGEST)


def test_a_check_needs_no_engine(bench: Bench) -> None:
    ran = difykit("build", "--check", cwd=bench.workspace.root, env={"DOCKER_HOST": "unix:///nowhere/docker.sock"})
    assert (ran.code, ran.err) == (0, "")
    assert f"{bench.plan()['api'].reference} may be there already, or will be built: no Docker engine: " in ran.out


def test_why_a_file_cannot_be_laid_is_said_behind_it(bench: Bench) -> None:
    bench.sync(mine={"api/pyproject.toml": "x\n"})
    ran = inv("build", "--check", cwd=bench.workspace.root)
    assert "  M api/pyproject.toml → /app/api/pyproject.toml (goes into a step of the build)\n" in ran.out


def test_ci_leaves_the_lock_alone_unless_told_otherwise(bench: Bench) -> None:
    bench.sync()
    upstream = UpstreamLock(ref="1.0.0", commit=bench.base, tree=bench.base)
    stale = Lock(engine=1, upstream=upstream, images={"x/y:1": DIGEST})
    write_lock(bench.workspace.lock_file, stale)
    before = bench.workspace.lock_file.read_text()
    for args, env in ((("--locked",), {"CI": ""}), ((), {"CI": "true"})):
        ran = difykit("build", *args, cwd=bench.workspace.root, env=env)
        assert ran.code == 1
        assert "difykit.lock would change (x/y:1 is not used), and --locked (the default where CI is set)" in ran.err
        assert bench.workspace.lock_file.read_text() == before
    assert difykit("build", "--no-locked", cwd=bench.workspace.root, env={"CI": "true"}).code == 0
    assert "x/y" not in bench.workspace.lock_file.read_text()
