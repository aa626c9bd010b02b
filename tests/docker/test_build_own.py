"""Images of one's own, made when an enabled overlay names them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from difykit import docker
from difykit.core.errors import BuildFailed, ConfigError
from tests.support.builds import TEMPLATE, Bench, run_in, write

pytestmark = pytest.mark.docker

DOCKERFILE = "ARG BASE=busybox\nFROM ${BASE}\nARG WORD=none\nRUN echo ${WORD} >/word\nCOPY . /in/\n"


@pytest.fixture
def bench(tmp_path: Path, images: str) -> Bench:
    made = Bench(tmp_path, images)
    made.sync()
    folder = made.workspace.root / "images/patroni"
    write(folder, {"image.yaml": "version: 1\n", "Dockerfile": DOCKERFILE, "bin/run.sh": "echo runs\n"})
    (folder / "bin/run.sh").chmod(0o755)
    (folder / "bin/link").symlink_to("run.sh")
    made.enable(ha="images: [patroni]\n")
    return made


def tags(name: str) -> list[str]:
    argv = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={name}/*patroni*"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()


def logs(bench: Bench) -> list[Path]:
    return list(bench.workspace.logs.glob("build-*.log"))


def test_it_is_built_from_its_folder_and_nothing_else(bench: Bench) -> None:
    built, told = bench.build()
    own = built["patroni"]
    assert (own.strategy, own.replaces) == ("own", "")
    assert own.reference.startswith(f"{bench.name}/dify-patroni-custom:1.0.0-")
    assert told.oks[-1].endswith("(own); built from images/patroni/Dockerfile, 3 files")
    found = run_in(own.reference, "sh", "-c", "cd /in && find . -not -type d | sort && bin/link && cat /word")
    assert found.split("\n") == ["./Dockerfile", "./bin/link", "./bin/run.sh", "runs", "none"]
    info = docker.inspect(own.reference)
    assert info
    assert info.labels["io.difykit.strategy"] == "own"
    assert "io.difykit.upstream.commit" not in info.labels
    assert tags(bench.name) == [own.reference]
    again, told = bench.build()
    assert (again, told.steps) == (built, [])


def test_a_dockerfile_that_is_not_utf_8_is_built_as_it_is(bench: Bench) -> None:
    settings = bench.workspace.root / "difykit.yaml"
    settings.write_text(f"{settings.read_text()}mirrors: {{npm: 'http://mirror.invalid/npm/'}}\n")
    place = bench.workspace.root / "images/patroni"
    text = DOCKERFILE.replace("COPY . /in/", "COPY . /in/\n# gr\xfc\xdfe")
    (place / "Dockerfile").write_bytes(text.encode("latin-1"))
    (place / "Dockerfile.dockerignore").write_bytes("bin\n# gr\xfc\xdfe\n".encode("latin-1"))
    built, _ = bench.build()
    assert run_in(built["patroni"].reference, "sh", "-c", "cat /word; ls /in").split() == [
        *("none", "Dockerfile", "Dockerfile.dockerignore"),
    ]


def test_a_template_that_is_not_utf_8_is_told_with_its_line(bench: Bench) -> None:
    bench.image("api", "", Dockerfile=TEMPLATE)
    place = bench.workspace.root / "images/api/Dockerfile"
    place.write_bytes(place.read_bytes() + b"# gr\xfc\xdfe\n")
    with pytest.raises(ConfigError, match=r"images/api/Dockerfile:\d+: is not UTF-8 text"):
        bench.build()


def test_its_files_and_arguments_make_its_tag_and_leave_the_others_alone(bench: Bench) -> None:
    first = bench.plan()
    bench.image("patroni", "replaces: ''\n# a comment\n")
    assert bench.plan() == first
    bench.image("patroni", "replaces: ''\nbuild_args: {WORD: mine}\n")
    built, _ = bench.build()
    assert run_in(built["patroni"].reference, "cat", "/word") == "mine"
    assert built["patroni"].reference != first["patroni"].reference
    assert built["api"].reference == first["api"].reference


def test_what_no_enabled_overlay_names_is_not_made(bench: Bench) -> None:
    bench.enable(other="")
    assert sorted(bench.plan()) == ["api", "web"]


def test_a_folder_that_lost_a_file_is_not_built_with_it(bench: Bench) -> None:
    bench.build()
    (bench.workspace.root / "images/patroni/bin/link").unlink()
    built, _ = bench.build()
    assert run_in(built["patroni"].reference, "sh", "-c", "ls /in/bin") == "run.sh"


def test_a_build_that_fails_leaves_nothing_that_is_taken_for_it(bench: Bench) -> None:
    write(bench.workspace.root / "images/patroni", {"Dockerfile": DOCKERFILE + "RUN false\n"})
    with pytest.raises(BuildFailed, match=r"the image patroni was not built; step \[.*RUN false"):
        bench.build()
    assert tags(bench.name) == []


def test_what_is_built_and_not_yet_named_is_built_again(bench: Bench) -> None:
    reference = bench.plan()["patroni"].reference
    bench.official(reference.partition("/")[2] + "-unproved", "FROM busybox\nRUN echo half >/word\n")
    built, told = bench.build()
    assert any(step.startswith("build") for step in told.steps)
    assert run_in(built["patroni"].reference, "cat", "/word") == "none"


def test_a_build_that_is_killed_leaves_nothing_and_the_next_one_makes_it(bench: Bench) -> None:
    # A step that no earlier run has left in the cache.
    slow = DOCKERFILE.replace("RUN echo", f"RUN : {bench.name}; sleep 2 && echo")
    write(bench.workspace.root / "images/patroni", {"Dockerfile": slow})
    reference = bench.plan()["patroni"].reference
    child = subprocess.Popen(
        [sys.executable, "-m", "difykit", "build"], cwd=bench.workspace.root, start_new_session=True
    )
    until = time.monotonic() + 30
    while time.monotonic() < until and not any("sleep 2" in log.read_text() for log in logs(bench)):
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert docker.inspect(reference) is None
    built, _ = bench.build()
    assert tags(bench.name) == [built["patroni"].reference] == [reference]
    assert run_in(reference, "cat", "/word") == "none"


def test_an_image_of_that_name_that_says_nothing_of_its_inputs_is_built_again(bench: Bench) -> None:
    bench.official(bench.plan()["patroni"].reference.partition("/")[2], "FROM busybox\nRUN echo other >/word\n")
    built, _ = bench.build()
    assert run_in(built["patroni"].reference, "cat", "/word") == "none"


def test_an_image_that_is_nowhere_is_told_with_the_overlay_that_names_it(bench: Bench) -> None:
    bench.enable(ha="images: [patroni, nope]\n")
    with pytest.raises(ConfigError) as problems:
        bench.plan()
    assert problems.value.message == (
        "overlays/ha/overlay.yaml: images: there is no image nope (no images/nope/image.yaml)"
    )


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("apt: [tree]\npython: [y]\n", "apt: is for images that replace another; say it in Dockerfile"),
        ("python: [y]\ndockerfile: Mine\n", "python: is for images that replace another; say it in Mine"),
        ("strategy: layer\n", "strategy: layer is for images that replace another; leave it out"),
        ("dockerfile: Mine\n", "replaces no image, so it is built from images/patroni/Mine, which is not there"),
        ("build_args: {WRD: x}\n", "build_args: images/patroni/Dockerfile has no ARG WRD, so it would have no effect"),
    ],
)
def test_what_it_may_not_say_is_told(bench: Bench, keys: str, why: str) -> None:
    bench.image("patroni", "replaces: ''\n" + keys)
    with pytest.raises(ConfigError) as problems:
        bench.plan()
    assert str(problems.value.problems[0]) == f"images/patroni/image.yaml: {why}"


def test_a_link_out_of_the_folder_is_refused(bench: Bench) -> None:
    (bench.workspace.root / "images/patroni/env").symlink_to("../../.env")
    with pytest.raises(ConfigError, match=r"images/patroni/env: is a link that leaves images/patroni: \.\./\.\./\.env"):
        bench.build()


def test_one_that_nobody_names_is_said_not_to_be_built(bench: Bench) -> None:
    bench.enable(ha="")
    built, told = bench.build()
    assert "patroni" not in built
    assert any(skip.startswith("images/patroni is not built: it replaces no image") for skip in told.skips)


def test_a_template_copies_what_lies_beside_it_and_another_file_is_another_image(bench: Bench) -> None:
    folder = bench.workspace.root / "images" / "api"
    write(folder, {"mine.conf": "one\n", "Dockerfile": TEMPLATE + "COPY mine.conf /etc/mine.conf\n"})
    bench.sync()
    first, _ = bench.build()
    with docker.open_image(first["api"].reference) as opened:
        there = opened.look("/etc/mine.conf")
        assert there
        assert there.content == b"one\n"
    write(folder, {"mine.conf": "two\n"})
    second, _ = bench.build()
    assert second["api"].reference != first["api"].reference
    write(folder, {"difykit/x": ""})
    with pytest.raises(ConfigError, match="images/api/difykit: difykit puts a folder of this name there"):
        bench.build()
