"""The steps of the shipped workflow, run one after the other against a real registry, from a clean clone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from difykit.demo import make_upstream
from difykit.workspace.init import init
from tests.support.cli import difykit
from tests.support.clusters import docker as run
from tests.support.deployed import officially
from tests.support.fault_registry import REGISTRY, registry_answers
from tests.support.pipelines import GITHUB, ROOT, Runner, read
from tests.support.trees import write_tree

pytestmark = pytest.mark.docker

REF = "1.98.0"


def git(*argv: str, cwd: Path) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.invalid")
    subprocess.run(["git", *who, *argv], cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="module")
def ours(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001 - the engine must be there
    """A user's repository, which holds a workspace with one overlay and its lock; its api is like no other's."""
    if not registry_answers():
        if os.environ.get("DIFYKIT_REQUIRE_DOCKER") == "1":
            pytest.fail(f"DIFYKIT_REQUIRE_DOCKER=1, but there is no registry at {REGISTRY}")
        pytest.skip(f"there is no registry at {REGISTRY}")
    place = tmp_path_factory.mktemp("ci")
    make_upstream(place / "dify.git")
    init(place / "ours", "github")
    file = place / "ours" / "difykit.yaml"
    text = file.read_text().replace("https://github.com/langgenius/dify.git", (place / "dify.git").as_uri())
    names = "overlays: [hello-endpoint, mine]"
    file.write_text(text.replace("ref: 1.15.0", f"ref: {REF}").replace("overlays: []", names))
    word = {"overlay.yaml": "version: 1\ndescription: x\n", "tree/api/mine.py": f"WORD = {uuid.uuid4().hex!r}\n"}
    write_tree(place / "ours" / "overlays" / "mine", word)
    assert difykit("sync", cwd=place / "ours").code == 0
    (place / "scratch").mkdir()
    officially(REF, place / "scratch")
    git("init", "--quiet", ".", cwd=place / "ours")
    git("add", ".", cwd=place / "ours")
    git("commit", "--quiet", "--message", "ours", cwd=place / "ours")
    return place / "ours"


@pytest.fixture
def clone(ours: Path, tmp_path: Path) -> Path:
    """A clean clone of it."""
    git("clone", "--quiet", str(ours), str(tmp_path / "clone"), cwd=tmp_path)
    return tmp_path / "clone"


def runner(clone: Path, scratch: Path, **given: str) -> Runner:
    home = scratch.parent / "home"
    home.mkdir(exist_ok=True)
    tool = scratch.parent / "bin"
    tool.mkdir(exist_ok=True)
    (tool / "python").unlink(missing_ok=True)
    (tool / "python").symlink_to(sys.executable)
    kept = {key: os.environ[key] for key in ("DOCKER_HOST", "PIP_INDEX_URL", "PIP_CONFIG_FILE") if key in os.environ}
    made = Runner(
        clone, scratch, {"HOME": str(home), "CI": "true", "NO_COLOR": "1", "DIFYKIT": str(ROOT), **kept, **given}
    )
    (scratch / "GITHUB_PATH").write_text(f"{tool}\n")
    return made


def test_a_tag_is_built_and_published(clone: Path, tmp_path: Path) -> None:
    prefix = f"{REGISTRY}/difykit-test-{uuid.uuid4().hex[:10]}/"
    given = {
        "DIFYKIT_PREFIX": prefix,
        "GITHUB_REPOSITORY": "Us/Ours",
        "GITHUB_REF_TYPE": "tag",
        "GITHUB_REF_NAME": "v7",
    }
    secret = f"canary-{uuid.uuid4().hex}"
    job = read(GITHUB)["jobs"]["images"]
    made = runner(clone, tmp_path / "run", REGISTRY_USER="u", REGISTRY_PASSWORD=secret, MORE_TAGS="stable", **given)
    made.run(job)
    published = json.loads(made.outputs["images"])["images"]
    assert {each["name"] for each in published} == {"api", "web"}
    assert all(each["tags"] == [REF, "v7", "stable"] for each in published)
    assert secret not in made.said
    for each in published:
        run("pull", "--quiet", each["reference"])
        run("rmi", each["reference"])
    assert (tmp_path / "run" / "images.json").is_file()
    assert not subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, check=True).stdout


def test_a_nightly_forecast_opens_one_issue_and_changes_it_later(clone: Path, tmp_path: Path) -> None:
    job = read(GITHUB)["jobs"]["forecast"]
    made = runner(clone, tmp_path / "run", GH_TOKEN="t", GH_REPO="us/ours")
    place = tmp_path / "bin" / "gh"
    place.write_text(GH)
    place.chmod(0o755)
    made.given["GH_STATE"] = str(tmp_path / "issues")
    made.run(job)
    first = (tmp_path / "issues").read_text().splitlines()
    assert [line.split()[0] for line in first] == ["create"]
    assert "Dify 1.99.0" in first[0]
    made.run({"steps": [step for step in job["steps"] if step.get("name") != "Install difykit"]})
    assert [line.split()[0] for line in (tmp_path / "issues").read_text().splitlines()] == ["create", "edit"]
    assert "difykit upgrade.start --to 1.99.0" in (tmp_path / "run" / "body.md").read_text()


# What stands for GitHub: it remembers the titles of issues.
GH = """\
#!/usr/bin/env python3
import json, os, sys
place = os.environ["GH_STATE"]
known = open(place).read().splitlines() if os.path.exists(place) else []
titles = [line.removeprefix("create ") for line in known if line.startswith("create ")]
verb = sys.argv[2]
if verb == "list":
    print(json.dumps([{"number": number, "title": title} for number, title in enumerate(titles, 1)]))
elif verb == "create":
    open(place, "a").write("create " + sys.argv[sys.argv.index("--title") + 1] + "\\n")
else:
    open(place, "a").write("edit " + sys.argv[3] + "\\n")
"""
