"""Packages and distributions on official images, on built ones, and on images that Dify does not make itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit import docker
from difykit.core.errors import BuildFailed, ConfigError, DifyKitError
from tests.support.builds import PYTHON, TEMPLATE, Bench, run_in

pytestmark = pytest.mark.docker

UV = f"""\
FROM {PYTHON}
RUN pip install --quiet uv && uv venv --quiet /opt/venv && chown -R 1001 /opt/venv
ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH
RUN uv pip install --quiet iniconfig==1.1.1 && mkdir -p /own/own && touch /own/own/__init__.py && \\
    printf '[project]\\nname = "own"\\nversion = "1.0"\\n' >/own/pyproject.toml && \\
    uv pip install --quiet --editable /own
USER 1001
"""


@pytest.fixture
def bench(tmp_path: Path, images: str) -> Bench:
    made = Bench(tmp_path, images)
    made.sync()
    return made


def test_a_sandbox_with_more_in_it(bench: Bench) -> None:
    bench.official("dify-sandbox:0.2.1", f"FROM {PYTHON}\nUSER 1001\n")
    bench.image("sandbox", "apt: [tree, 'less']\npython: ['iniconfig>=2', 'six; python_version>=\"3\"']\n")
    built, _ = bench.build()
    sandbox = built["sandbox"]
    assert (sandbox.strategy, sandbox.replaces) == ("layer", f"{bench.name}/dify-sandbox")
    assert sandbox.reference.startswith(f"{bench.name}/dify-sandbox-custom:1.0.0-")
    assert bench.plan()["sandbox"].official == f"{bench.name}/dify-sandbox:0.2.1"
    assert run_in(sandbox.reference, "id", "-u") == "1001"
    assert run_in(sandbox.reference, "python3", "-c", "import iniconfig, six; print('fine')") == "fine"
    assert "tree v" in run_in(sandbox.reference, "tree", "--version")
    left = run_in(
        sandbox.reference, "sh", "-c", "ls -A /tmp /var/lib/apt/lists; ls /var/cache/apt/archives | grep deb; :"
    )
    assert left.split() == ["/tmp:", "/var/lib/apt/lists:"]
    again, told = bench.build()
    assert again == built
    assert not told.steps


def test_an_edit_of_a_file_takes_the_packages_from_the_cache(bench: Bench) -> None:
    bench.image("api", "apt: [tree]\n")
    bench.sync(mine={"api/app.py": "one\n"})
    bench.build()
    bench.sync(mine={"api/app.py": "two\n"})
    _, told = bench.build()
    assert "1 changed file, apt tree, laid over the official image" in told.steps[-1]
    at = next(index for index, line in enumerate(told.lines) if "difykit/apt" in line or "images/api" in line)
    assert told.lines[at + 1].endswith("CACHED")


def test_an_image_without_apt_get_says_what_to_do_instead(bench: Bench) -> None:
    bench.official("dify-sandbox:0.2.1", "FROM busybox\nRUN rm $(command -v apt-get)\n")
    bench.image("sandbox", "apt: [tree]\n")
    with pytest.raises(BuildFailed) as failure:
        bench.build()
    assert failure.value.message.startswith(
        "the image sandbox was not built: the image has no apt-get, it is not made of Debian: take apt out of"
        " images/sandbox/image.yaml, and write its own way into images/sandbox/Dockerfile (Alpine: USER root, RUN apk"
    )
    assert docker.inspect(bench.plan()["sandbox"].reference) is None


def test_an_image_without_pip_says_so(bench: Bench) -> None:
    bench.official("dify-sandbox:0.2.1", "FROM busybox\nRUN rm -f $(command -v pip pip3) $(command -v python3)\n")
    bench.image("sandbox", "python: [six]\n")
    with pytest.raises(BuildFailed, match="the image has no uv and no pip: take python out of images/sandbox/"):
        bench.build()


@pytest.mark.parametrize("base", [f"FROM {PYTHON}\n", UV], ids=["pip", "uv in a virtual environment"])
def test_what_the_image_has_keeps_its_version(bench: Bench, base: str) -> None:
    bench.official("dify-sandbox:0.2.1", base)
    wanted = "iniconfig>=2" if base == UV else "setuptools>=70"
    bench.image("sandbox", f"python: ['{wanted}', six]\n")
    with pytest.raises(BuildFailed) as failure:
        bench.build()
    assert failure.value.message.startswith(
        f"the image sandbox was not built: these Python distributions cannot be added: {wanted} six - what the image"
        " has already keeps its version, so that Dify runs with the versions that its release locks."
    )
    assert wanted.partition(">")[0] in failure.value.message.partition("last lines:")[2]


def test_uv_adds_to_the_virtual_environment_beside_what_is_installed_from_a_folder(bench: Bench) -> None:
    bench.official("dify-sandbox:0.2.1", UV)
    bench.image("sandbox", "python: [six]\n")
    built, _ = bench.build()
    said = run_in(built["sandbox"].reference, "python", "-c", "import six, own, iniconfig; print(six.__file__)")
    assert said.startswith("/opt/venv/")
    assert run_in(built["sandbox"].reference, "id", "-u") == "1001"


def test_overlays_add_to_the_api_in_their_order_on_every_strategy(tmp_path: Path, images: str) -> None:
    bench = Bench(tmp_path, images, base=PYTHON)
    bench.enable(one="api: {python: [six, iniconfig]}\n", two="api: {python: ['six']}\n")
    bench.image("api", "python: [iniconfig]\n")
    bench.sync()
    assert bench.plan()["api"].additions.python == ("iniconfig", "six")
    built, told = bench.build()
    assert (built["api"].strategy, built["web"].strategy) == ("layer", "official")
    assert "api: layer, python iniconfig six, laid over the official image" in told.steps[-1]
    assert run_in(built["api"].reference, "python3", "-c", "import six; print('fine')") == "fine"
    info = docker.inspect(built["api"].reference)
    assert info
    assert info.labels["io.difykit.overlays"] == "one,two"
    bench.sync(mine={"api/pyproject.toml": "[project]\nname='mine'\n"})
    built, told = bench.build()
    assert built["api"].strategy == "source"
    assert "goes into a step of the build; on top of it python iniconfig six" in told.steps[-1]
    assert run_in(built["api"].reference, "python3", "-c", "import six, os; print(os.getuid())") == "1001"


def test_a_template_of_another_name(bench: Bench) -> None:
    bench.official("dify-sandbox:0.2.1", "FROM busybox\n")
    bench.image("sandbox", "dockerfile: Mine\n", Mine=TEMPLATE + "RUN echo mine >/mine\n")
    built, _ = bench.build()
    assert run_in(built["sandbox"].reference, "cat", "/mine") == "mine"
    bench.image("sandbox", "dockerfile: Other\n")
    with pytest.raises(ConfigError, match=r"^images/sandbox/image.yaml: dockerfile: there is no Other beside it$"):
        bench.build()


def test_an_image_that_nothing_is_added_to_is_the_official_one(bench: Bench) -> None:
    bench.official("squid:latest", "FROM busybox\n")
    bench.image("squid", f"replaces: {bench.name}/squid\n")
    built, _ = bench.build()
    official = docker.inspect(f"{bench.name}/squid:latest")
    assert official
    assert (built["squid"].strategy, built["squid"].image_id) == ("official", official.id)
    assert built["squid"].reference.startswith(f"{bench.name}/squid-custom:1.0.0-")


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("replaces: NAME/nowhere\n", "the source has no nowhere/Dockerfile that makes it, and no service of docker/"),
        ("replaces: NAME/two\n", "of the source runs more than one tag of it: NAME/two:1, NAME/two:2"),
        ("replaces: NAME/loose\n", r"runs it under a name that is not name:tag: NAME/loose:\$"),
        ("strategy: source\n", "wants strategy source, but the source has no sandbox/Dockerfile that makes NAME/dify-"),
        ("build_args: {A: b}\n", "build_args: the source has no sandbox/Dockerfile that makes NAME/dify-sandbox"),
    ],
)
def test_what_the_source_does_not_give_is_told(bench: Bench, keys: str, why: str) -> None:
    bench.image("sandbox", keys.replace("NAME", bench.name))
    with pytest.raises(DifyKitError, match=why.replace("NAME", bench.name)):
        bench.build()


def test_what_image_yaml_may_not_say_is_told_at_once(bench: Bench) -> None:
    bench.image("api", "strategy: layer\nbuild_args: {EDITION: x, COMMIT_SHA: y}\nmemory: 1g\n")
    bench.image("twin", f"replaces: docker.io/{bench.name}/dify-api\n")
    bench.image("Bad.name", f"replaces: {bench.name}/two\n")
    with pytest.raises(ConfigError) as problems:
        bench.build()
    assert problems.value.message.splitlines() == [
        "images/Bad.name/image.yaml: the folder 'Bad.name' is not a name of a-z, 0-9 and '-'",
        f"images/api/image.yaml: replaces: {bench.name}/dify-api is replaced by another image too",
        "images/api/image.yaml: memory: 1g is less than any build needs, which is 2g",
        "images/api/image.yaml: build_args: COMMIT_SHA is set by difykit, to the release's commit",
        (
            "images/api/image.yaml: strategy: layer leaves Dify's own Dockerfile alone, and build_args (EDITION,"
            " COMMIT_SHA) have an effect in it only; take one of the two out"
        ),
        f"images/twin/image.yaml: replaces: docker.io/{bench.name}/dify-api is replaced by another image too",
    ]
