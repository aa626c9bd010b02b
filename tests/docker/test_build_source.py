"""Builds by Dify's own Dockerfile: build arguments, memory, forced strategies; and what each kind of edit does."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit import docker
from difykit.core.errors import DifyKitError
from tests.support.builds import API_DOCKERFILE, TEMPLATE, WEB_DOCKERFILE, Bench, run_in

pytestmark = pytest.mark.docker

LIMIT = 'ENV NODE_OPTIONS="--max-old-space-size=4096"\nRUN mkdir /l && echo $NODE_OPTIONS >/l/limit\nRUN for page'
HEAP = WEB_DOCKERFILE.replace("RUN for page", LIMIT) + "COPY --from=builder /l /l\n"


@pytest.fixture
def bench(tmp_path: Path, images: str) -> Bench:
    made = Bench(tmp_path, images)
    made.sync()
    return made


def test_build_arguments_reach_difys_own_dockerfile(bench: Bench) -> None:
    before = bench.plan()["api"].reference
    bench.image("api", "build_args: {EDITION: 'a b ${HOME} $(id)'}\n")
    built, told = bench.build()
    assert built["api"].strategy == "source"
    assert "api: source, build_args EDITION" in told.steps[-1]
    assert built["api"].reference != before
    assert run_in(built["api"].reference, "sh", "-c", 'echo "$EDITION"') == "a b ${HOME} $(id)"
    assert run_in(built["api"].reference, "id", "-u") == "1001"


def test_an_argument_that_the_dockerfile_lacks_is_told(bench: Bench) -> None:
    bench.image("api", "build_args: {EDITON: x}\n")
    with pytest.raises(DifyKitError, match="build_args: api/Dockerfile has no ARG EDITON, so it would have no") as told:
        bench.build()
    assert told.value.hint == "it has: COMMIT_SHA, EDITION"


def test_memory_sets_the_heap_of_the_build_and_nothing_else(bench: Bench) -> None:
    bench.sync(mine={"web/Dockerfile": HEAP, "web/app/page.tsx": "mine\n"})
    bench.image("web")
    before = bench.plan()["web"]
    bench.image("web", "memory: 4g\n")
    assert bench.plan()["web"].inputs == before.inputs
    built, told = bench.build()
    assert run_in(built["web"].reference, "cat", "/l/limit") == "--max-old-space-size=3072"
    assert told.warns == []
    folder = bench.workspace.derived / "build/web"
    assert (folder / "generated.Dockerfile.dockerignore").read_text() == "*\n!package.json\n!web/\n!web/**\n"
    assert bench.workspace.source.joinpath("web/Dockerfile").read_text() == HEAP


def test_memory_goes_with_an_ignore_file_of_the_context(bench: Bench) -> None:
    limit = "WORKDIR /app/api\nENV NODE_OPTIONS=--max-old-space-size=9\nRUN echo $NODE_OPTIONS >/limit\nCOPY . /seen\n"
    dockerfile = API_DOCKERFILE.replace("WORKDIR /app/api\n", limit, 1).replace(
        "COPY --from=packages", "COPY --from=packages /limit /seen/.env* /\nCOPY --from=packages", 1
    )
    bench.sync(mine={"api/Dockerfile": dockerfile, "api/.env": "ignored\n"})
    bench.image("api", "memory: 2g\n")
    stale = bench.workspace.derived / "build/api/generated.Dockerfile.dockerignore"
    stale.parent.mkdir(parents=True, exist_ok=True)
    stale.write_text("*\n")
    built, _ = bench.build()
    assert run_in(built["api"].reference, "cat", "/limit") == "--max-old-space-size=1024"
    assert "No such file" in run_in(built["api"].reference, "sh", "-c", "ls /.env 2>&1; :")


def test_memory_that_has_no_effect_is_told(bench: Bench) -> None:
    bench.image("web", "memory: 4g\nstrategy: source\n")
    _, told = bench.build()
    assert told.warns == ["web: memory has no effect on web/Dockerfile, which sets no limit for node's heap"]


def test_more_memory_than_the_machine_has_is_refused_before_anything_is_built(bench: Bench) -> None:
    has = docker.engine_facts().memory
    bench.image("web", f"memory: {(has >> 30) + 2}g\nstrategy: source\n")
    with pytest.raises(DifyKitError, match=r"the image web may use \d+\.0 GiB while it is built .* has \d+\.\d GiB$"):
        bench.build()
    assert docker.inspect(bench.plan()["web"].reference) is None
    bench.image("web", f"memory: {(has >> 30) + 2}g\n")
    bench.build()  # nothing of it is built from source


def test_a_forced_source_with_an_own_template(bench: Bench) -> None:
    bench.image("api", "strategy: source\napt: [tree]\n", Dockerfile=TEMPLATE + "COPY --chmod=644 Dockerfile /own\n")
    built, told = bench.build()
    assert built["api"].strategy == "source"
    assert "images/api/image.yaml says so; on top of it apt tree, own lines in images/api/Dockerfile" in told.steps[-1]
    assert "tree v" in run_in(built["api"].reference, "tree", "--version")
    assert run_in(built["api"].reference, "id", "-u") == "1001"


def test_a_forced_layer_is_made_or_refused(bench: Bench) -> None:
    bench.image("api", "strategy: layer\n")
    assert bench.plan()["api"].choice.reason == "images/api/image.yaml says so"
    bench.sync(mine={"api/app.py": "mine\n"})
    built, _ = bench.build()
    assert built["api"].strategy == "layer"
    bench.sync(mine={"api/pyproject.toml": "mine\n"})
    with pytest.raises(DifyKitError, match=r"wants strategy layer, but api/pyproject\.toml goes into a step of the"):
        bench.build()


@pytest.mark.parametrize(
    ("path", "text", "api", "web"),
    [
        ("api/app.py", "x\n", "layer", "official"),
        ("api/old/gone.py", None, "layer", "official"),
        ("api/docker/entrypoint.sh", "x\n", "layer", "official"),
        ("api/pyproject.toml", "x\n", "source", "official"),
        ("api/Dockerfile", API_DOCKERFILE + "ENV X=1\n", "source", "official"),
        ("api/.dockerignore", "x\n", "source", "official"),
        ("web/app/page.tsx", "x\n", "official", "source"),
        ("web/Dockerfile", WEB_DOCKERFILE + "ENV X=1\n", "official", "source"),
        ("web/Dockerfile.dockerignore", "x\n", "official", "source"),
        ("package.json", "{ }\n", "official", "source"),
        ("docker/docker-compose.yaml", "services: {}\n", "official", "official"),
        ("README.md", "x\n", "official", "official"),
    ],
)
def test_an_edit_changes_the_images_that_it_goes_into(
    bench: Bench, path: str, text: str | None, api: str, web: str
) -> None:
    before = bench.plan()
    bench.sync(mine={path: text})
    after = bench.plan()
    assert (after["api"].strategy, after["web"].strategy) == (api, web)
    for name, strategy in (("api", api), ("web", web)):
        assert (after[name].reference == before[name].reference) is (strategy == "official")
    bench.sync()
    assert bench.plan() == before
