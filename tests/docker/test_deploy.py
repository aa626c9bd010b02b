"""The miniature Dify deployed by the demo, then changed and deployed again."""

from __future__ import annotations

import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.progress import Silent
from difykit.demo import DemoOutcome, run_demo
from difykit.docker import remove_tree
from difykit.images.build import build
from difykit.source.sync import sync
from difykit.targets import deploy, down, logs, plan_deploy, status
from difykit.workspace.workspace import Workspace, presets

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def demo(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DemoOutcome, Path]]:  # noqa: ARG001 - the engine must be there
    folder = tmp_path_factory.mktemp("demo") / "ws"
    # Two demos build the same images under the same names.
    with files.locked(Path("/tmp/difykit-tests-demo.lock"), "run the demo", patience=600):
        outcome = run_demo(folder, Silent(), target="compose", keep=True)
    yield outcome, folder
    workspace = Workspace.open(folder)
    down(workspace, Silent())
    remove_tree(workspace.data)


def own_overlay(folder: Path, name: str) -> Path:
    """A copy of a shipped overlay in the workspace, where it comes before the shipped one."""
    copy = folder / "overlays" / name
    shutil.copytree(presets() / "overlays" / name, copy, dirs_exist_ok=True)
    return copy


def run_all(folder: Path) -> Workspace:
    workspace = Workspace.open(folder)
    sync(workspace, Silent())
    build(workspace, Silent())
    deploy(workspace, Silent())
    return workspace


def containers(folder: Path) -> dict[str, str]:
    project = Workspace.open(folder).settings.deploy.project
    argv = ["docker", "ps", "--filter", f"label=com.docker.compose.project={project}", "--format"]
    shown = subprocess.run(
        [*argv, '{{.Label "com.docker.compose.service"}} {{.ID}}'], check=True, capture_output=True, text=True
    ).stdout
    return dict(line.split(" ") for line in shown.splitlines())


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
    return text


def test_the_demo_answers_through_nginx_from_built_images(demo: tuple[DemoOutcome, Path]) -> None:
    outcome, _ = demo
    assert outcome.target == "compose"
    assert outcome.endpoint.strip() == '{"message":"Hello from custom API!"}'
    assert outcome.page == "Hello from a custom page!"
    assert outcome.button == "Sign in to our Dify"
    assert outcome.console == 401


def test_every_service_is_up_and_dify_runs_the_custom_images(demo: tuple[DemoOutcome, Path]) -> None:
    found = {each.service: each for each in status(Workspace.open(demo[1])).services}
    assert {found[name].differs for name in found} == {""}
    assert found["api"].image.startswith("dify-api-custom:1.99.0-")
    assert found["worker"].image == found["worker_beat"].image == found["api"].image
    assert found["web"].image.startswith("dify-web-custom:1.99.0-")


def test_deploying_again_restarts_nothing(demo: tuple[DemoOutcome, Path]) -> None:
    before = containers(demo[1])
    workspace = run_all(demo[1])
    assert containers(demo[1]) == before
    assert plan_deploy(workspace).changed == ()


def test_the_secrets_are_generated_and_only_the_owner_reads_them(demo: tuple[DemoOutcome, Path]) -> None:
    workspace = Workspace.open(demo[1])
    live = workspace.data / "releases" / "current"
    for place in (workspace.env_file, live / ".env"):
        assert place.stat().st_mode & 0o777 == 0o600
        assert "difyai123456" not in place.read_text()


def test_the_folder_runs_with_plain_compose_from_anywhere(demo: tuple[DemoOutcome, Path]) -> None:
    file = Workspace.open(demo[1]).data / "releases" / "current" / "compose.yaml"
    subprocess.run(["docker", "compose", "-f", str(file), "config", "-q"], cwd="/", check=True)


def test_a_page_edit_reaches_the_browser_and_restarts_web_alone(demo: tuple[DemoOutcome, Path]) -> None:
    before = containers(demo[1])
    page = own_overlay(demo[1], "hello-page") / "tree/web/app/hello/page.tsx"
    page.write_text(page.read_text().replace("Hello from a custom page!", "Hello from an edited page!"))
    run_all(demo[1])
    after = containers(demo[1])
    assert "Hello from an edited page!" in get(f"{demo[0].url}/hello")
    assert {name for name in after if after[name] != before.get(name)} == {"web"}


def test_the_logs_of_one_service_are_its_own(demo: tuple[DemoOutcome, Path]) -> None:
    said: list[str] = []
    logs(Workspace.open(demo[1]), ("web",), said.append, follow=False, tail=5)
    assert said
    assert all(line.startswith("web") for line in said)
    with pytest.raises(DifyKitError, match="there is no service nope"):
        logs(Workspace.open(demo[1]), ("nope",), said.append, follow=False, tail=5)
