"""`build` against a real engine, on a Dify of a few lines in the real layout."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from difykit import docker
from difykit.core.errors import BuildFailed, ConfigError, DifyKitError, DirtyTree
from difykit.git import Store
from difykit.images.build import plan_build
from difykit.workspace import state
from tests.support.builds import TEMPLATE, WEB_DOCKERFILE, Bench

pytestmark = pytest.mark.docker


@pytest.fixture
def bench(tmp_path: Path, images: str) -> Bench:
    return Bench(tmp_path, images)


def tags(name: str) -> list[str]:
    argv = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={name}/*-custom"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()


def test_unchanged_images_are_the_official_ones_under_the_custom_name(bench: Bench) -> None:
    bench.sync()
    built, told = bench.build()
    for part in ("api", "web"):
        official = docker.inspect(f"{bench.name}/dify-{part}:1.0.0")
        assert built[part].strategy == "official"
        assert official
        assert built[part].image_id == official.id
        assert built[part].reference.startswith(f"{bench.name}/dify-{part}-custom:1.0.0-")
    assert not told.steps
    assert state.read_images(bench.workspace.derived) is not None


def test_a_layer_changes_what_was_changed_and_nothing_else(bench: Bench) -> None:
    source = bench.sync(
        mine={
            "api/app.py": "print('mine')\n",
            "api/controllers/new dir/é.py": "x\n",
            "api/docker/entrypoint.sh": "#!/bin/sh\necho mine\n",
            "api/old/gone.py": None,
        }
    )
    built, _ = bench.build()
    api = built["api"]
    assert (api.strategy, built["web"].strategy) == ("layer", "official")
    with docker.open_image(api.reference) as files:
        app, entry, new = (files.look(f"/app/api/{path}") for path in ("app.py", "docker/entrypoint.sh", "controllers"))
        assert app
        assert entry
        assert new
        assert (app.content, app.uid, app.mode) == (b"print('mine')\n", 1001, 0o644)
        assert entry.content == b"#!/bin/sh\necho mine\n"
        assert (new.kind, new.uid, new.gid, new.mode) == ("folder", 1001, 1001, 0o755)
        twin, folder = files.look("/entrypoint.sh"), files.look("/app")
        assert twin
        assert folder
        assert (twin.content, twin.mode, folder.mode, folder.uid) == (entry.content, 0o755, 0o750, 1001)
        assert files.look("/app/api/old/gone.py") is None
        assert files.look("/app/api/controllers/new dir/é.py")
    info = docker.inspect(api.reference)
    assert info
    assert info.user == "1001"
    assert info.labels["io.difykit.overlays"] == "mine"
    assert info.labels["io.difykit.upstream.commit"] == source.base


def test_a_second_build_builds_nothing(bench: Bench) -> None:
    bench.sync(mine={"api/app.py": "mine\n", "web/app/hello/page.tsx": "hello\n"})
    first, _ = bench.build()
    again, told = bench.build()
    assert again == first
    assert not told.steps
    assert len(told.skips) == 2
    assert len(list(bench.workspace.logs.iterdir())) == 1


def test_equal_inputs_make_equal_layers(bench: Bench) -> None:
    bench.sync(mine={"api/app.py": "mine\n"})
    bench.build()
    archive = bench.workspace.derived / "build" / "api" / "context" / "difykit" / "changed.tar"
    first = archive.read_bytes()
    archive.unlink()
    for tag in tags(bench.name):
        docker.untag(tag)
    bench.build()
    assert archive.read_bytes() == first


def test_a_page_edit_leaves_the_api_image_alone(bench: Bench) -> None:
    bench.sync(mine={"api/app.py": "mine\n"})
    first, _ = bench.build()
    bench.sync(mine={"api/app.py": "mine\n"}, pages={"web/app/hello/page.tsx": "hello\n", "web/app/page.tsx": "x\n"})
    second, told = bench.build()
    assert second["api"] == first["api"]
    assert second["web"].strategy == "source"
    assert "1 new page in the built server, 1 changed file only compiled, which cannot be compared" in told.oks[-1]
    info = docker.inspect(second["web"].reference)
    assert info
    assert info.labels["io.difykit.overlays"] == "pages"


def test_a_changed_dependency_builds_from_source(bench: Bench) -> None:
    source = bench.sync(mine={"api/pyproject.toml": "[project]\nname='mine'\n", "api/app.py": "mine\n"})
    (bench.workspace.root / "images/api/Dockerfile").write_text(
        TEMPLATE + "COPY --from=official /app/api/app.py /extra\n"
    )
    built, _ = bench.build()
    assert built["api"].strategy == "source"
    with docker.open_image(built["api"].reference) as files:
        lock, extra = files.look("/app/api/.venv/lock.txt"), files.look("/extra")
        assert lock
        assert extra
        assert lock.content == b"[project]\nname='mine'\n"
        assert extra.content == b"mine\n"
    argv = ["docker", "image", "inspect", "--format", "{{.Config.Env}}", built["api"].reference]
    assert source.base in subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def test_what_a_template_overwrites_is_found_and_the_image_is_not_kept(bench: Bench) -> None:
    bench.sync(mine={"api/app.py": "mine\n"})
    (bench.workspace.root / "images/api/Dockerfile").write_text(TEMPLATE + "RUN echo other >/app/api/app.py\n")
    with pytest.raises(BuildFailed, match=r"api/app\.py \(overlay mine\): /app/api/app\.py has other content"):
        bench.build()
    assert not [tag for tag in tags(bench.name) if "dify-api-custom" in tag]


def test_a_page_that_the_server_lacks_is_found(bench: Bench) -> None:
    dockerfile = WEB_DOCKERFILE.replace("find app", "find app -not -path '*hello*'")
    bench.sync(mine={"web/app/hello/page.tsx": "hello\n", "web/Dockerfile": dockerfile})
    with pytest.raises(BuildFailed, match=r"hello/page\.tsx \(overlay mine\): the built server has no hello/page\.js"):
        bench.build()


def test_a_failed_step_is_named_with_its_last_lines_and_the_log(bench: Bench) -> None:
    bench.sync(mine={"api/app.py": "mine\n"})
    (bench.workspace.root / "images/api/Dockerfile").write_text(TEMPLATE + "RUN echo so it goes && false\n")
    with pytest.raises(BuildFailed) as failure:
        bench.build()
    assert "the image api was not built; step [" in failure.value.message
    assert "RUN echo so it goes && false" in failure.value.message
    assert "so it goes" in failure.value.message.split("failed:")[1]
    log = Path(failure.value.hint.rpartition(" ")[2])
    assert "so it goes" in log.read_text()


def test_edits_in_the_work_tree_do_not_slip_into_an_image(bench: Bench) -> None:
    bench.sync(mine={"web/app/page.tsx": "mine\n"})
    (bench.workspace.source / "web/app/page.tsx").write_text("unseen\n")
    with pytest.raises(DirtyTree, match=r"web/app/page\.tsx"):
        bench.build()


def test_an_official_image_that_cannot_be_had_is_named(bench: Bench) -> None:
    bench.sync()
    replaces = "localhost/difykit-none/dify-web"
    (bench.workspace.root / "images/web/image.yaml").write_text(f"version: 1\nreplaces: {replaces}\n")
    with pytest.raises(DifyKitError, match=f"the image {replaces}:1.0.0 cannot be pulled"):
        bench.build()


def test_a_template_without_the_marked_line_is_refused(bench: Bench) -> None:
    bench.sync()
    (bench.workspace.root / "images/api/Dockerfile").write_text("FROM official\n")
    with pytest.raises(ConfigError, match="needs the line `# difykit: changes` exactly once"):
        bench.build()


def test_a_plan_asks_no_engine(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    source = bench.sync(mine={"api/app.py": "mine\n"})
    with monkeypatch.context() as patched, Store(bench.workspace.store) as store:
        patched.setenv("DOCKER_HOST", "unix:///nowhere")
        plan = plan_build(bench.workspace, source, store).describe()
    assert [one["strategy"] for one in plan["images"]] == ["layer", "official"]
