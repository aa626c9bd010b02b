"""Contexts, places in the image, and the strategy that follows from what changed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from difykit.core.errors import DifyKitError
from difykit.git import GitEntry
from difykit.images.definition import (
    NO_RECIPE,
    LayerFile,
    Recipe,
    StrategyChoice,
    Wishes,
    choose,
    inputs_changed,
    read_recipe,
)

OLD = """\
FROM a AS packages
WORKDIR /app/api
COPY pyproject.toml uv.lock ./
RUN uv sync
FROM a
COPY --from=packages /v /v
COPY . /app/api/
COPY docker/entrypoint.sh /entrypoint.sh
RUN chmod +x /entrypoint.sh
"""
NEW = """\
FROM a AS packages
WORKDIR /app/api
COPY api/pyproject.toml ./
COPY api/providers ./providers
RUN uv sync
FROM a
COPY --chown=d:d api /app/api/
COPY --chmod=755 api/docker/entrypoint.sh /entrypoint.sh
"""
WEB = """\
FROM a AS b
WORKDIR /app
COPY . .
RUN build
FROM a
WORKDIR /app
COPY --from=b /app/web/.next/standalone ./t/
"""
TREE = {
    "api/Dockerfile": OLD,
    "api/.dockerignore": ".env\n.venv\n",
    "api/pyproject.toml": "",
    "api/uv.lock": "",
    "api/app.py": "",
    "api/providers/one.py": "",
    "api/docker/entrypoint.sh": "",
    "web/Dockerfile": WEB,
    "web/app/page.tsx": "",
    "docker/.env.example": "",
    "package.json": "",
}


def recipe(tree: Mapping[str, str], part: str = "api") -> Recipe:
    return read_recipe(f"{part}/Dockerfile", lambda path: tree[path].encode() if path in tree else None, tree.keys())


def chosen(
    tree: Mapping[str, str],
    *changed: str,
    wanted: str = "auto",
    adds: tuple[str, ...] = (),
    args: tuple[str, ...] = (),
    part: str = "api",
) -> StrategyChoice:
    """The choice when `changed` (path, or -path for a removed one) differ."""
    gone = {path[1:] for path in changed if path.startswith("-")}
    entries = {path: GitEntry("100644", f"oid of {path}") for path in tree if path not in gone}
    how = recipe(tree, part)
    pairs = [("D", path[1:]) if path.startswith("-") else ("M", path) for path in changed]
    return choose(part, how, inputs_changed(how, pairs, entries), entries, Wishes(wanted, adds, args))


def test_the_context_is_the_folder_that_has_what_is_copied() -> None:
    assert recipe(TREE).context == "api"
    assert recipe({**TREE, "api/Dockerfile": NEW}).context == ""
    assert recipe(TREE, "web").context == "web"


def test_no_fitting_context_says_what_is_lacking() -> None:
    tree = {**TREE, "api/Dockerfile": "FROM a\nCOPY nowhere/x /x\n"}
    with pytest.raises(DifyKitError, match="api lacks nowhere/x; the root lacks nowhere/x"):
        recipe(tree)


def test_the_ignore_file_beside_the_dockerfile_wins() -> None:
    tree = {**TREE, "api/Dockerfile.dockerignore": "app.py\n"}
    assert recipe(tree).ignore_path == "api/Dockerfile.dockerignore"
    assert recipe(tree).uses("api/app.py") == []
    assert recipe(TREE).ignore_path == "api/.dockerignore"


@pytest.mark.parametrize("dockerfile", [OLD, NEW])
def test_a_file_can_land_twice(dockerfile: str) -> None:
    choice = chosen({**TREE, "api/Dockerfile": dockerfile}, "api/docker/entrypoint.sh")
    assert choice.strategy == "layer"
    assert {landing.dest: landing.chmod for landing in choice.landings} == {
        "/app/api/docker/entrypoint.sh": "",
        "/entrypoint.sh": "755" if dockerfile is NEW else "",
    }


@pytest.mark.parametrize(
    ("changed", "strategy", "reason"),
    [
        ([], "official", "nothing changed in it"),
        (["docker/.env.example"], "official", "nothing changed in it"),
        (["web/app/page.tsx"], "official", "nothing changed in it"),
        (["api/.env"], "official", "nothing changed in it"),
        (["api/app.py"], "layer", "1 changed file, laid over the official image"),
        (["api/app.py", "api/uv.lock"], "source", "api/uv.lock goes into a step of the build"),
        (["api/Dockerfile"], "source", "api/Dockerfile says how the image is built"),
        (["api/.dockerignore"], "source", "api/.dockerignore says how the image is built"),
        (["api/Dockerfile.dockerignore"], "source", "says how the image is built"),
    ],
)
def test_the_strategy_follows_from_the_inputs(changed: list[str], strategy: str, reason: str) -> None:
    choice = chosen({**TREE, **dict.fromkeys(set(changed) - set(TREE), "")}, *changed)
    assert choice.strategy == strategy
    assert reason in choice.reason


def test_members_of_the_workspace_are_built_in() -> None:
    assert chosen({**TREE, "api/Dockerfile": NEW}, "api/providers/one.py").strategy == "source"
    assert chosen(TREE, "api/providers/one.py").strategy == "layer"


def test_a_bundled_web_is_built_for_any_change() -> None:
    assert chosen(TREE, "web/app/page.tsx", part="web").strategy == "source"


def test_a_step_that_uses_the_copied_files_must_run_again() -> None:
    tree = {**TREE, "api/Dockerfile": "FROM a\nCOPY . /app/\nRUN compile /app\n"}
    assert "is used by a step of the build" in chosen(tree, "api/app.py").reason


def test_a_later_copy_from_a_stage_may_cover_a_file() -> None:
    tree = {**TREE, "api/Dockerfile": "FROM a AS b\nFROM a\nCOPY . /app/\nCOPY --from=b /x /app/x\n", "api/x/y": ""}
    assert "may be replaced" in chosen(tree, "api/x/y").reason
    assert chosen(tree, "api/app.py").strategy == "layer"


def test_a_removed_file_leaves_its_places() -> None:
    choice = chosen(TREE, "-api/app.py")
    assert (choice.landings, choice.removed) == ((), ("/app/api/app.py",))


def test_a_removed_file_uncovers_the_one_below() -> None:
    tree = {
        **TREE,
        "api/Dockerfile": "FROM a\nCOPY base /x/\nCOPY top /x/\n",
        "api/base/f": "",
        "api/top/f": "",
        "api/top/g": "",
    }
    choice = chosen(tree, "-api/top/f")
    assert choice.landings == (LayerFile("/x/f", "api/base/f", "100644", "oid of api/base/f"),)
    assert choice.removed == ()


def test_a_covered_file_does_not_land() -> None:
    tree = {**TREE, "api/Dockerfile": "FROM a\nCOPY base /x/\nCOPY top /x/\n", "api/base/f": "", "api/top/f": ""}
    assert [landing.path for landing in chosen(tree, "api/base/f").landings] == ["api/top/f"]


def test_wildcards_take_what_they_match() -> None:
    tree = {**TREE, "api/Dockerfile": "FROM a\nWORKDIR /w\nCOPY uv* app.* ./\n"}
    assert [landing.dest for landing in chosen(tree, "api/uv.lock", "api/app.py", "api/pyproject.toml").landings] == [
        "/w/app.py",
        "/w/uv.lock",
    ]


def test_image_yaml_can_force_a_strategy() -> None:
    assert chosen(TREE, "api/app.py", wanted="source").strategy == "source"
    assert chosen(TREE, wanted="layer").strategy == "layer"
    with pytest.raises(DifyKitError, match=r"wants strategy layer, but api/uv\.lock goes into a step of the build"):
        chosen(TREE, "api/uv.lock", wanted="layer")


def test_what_is_added_is_never_left_out_and_said() -> None:
    adds = ("apt ffmpeg", "own lines in images/api/Dockerfile")
    said = "apt ffmpeg, own lines in images/api/Dockerfile"
    for changed, reason in (((), said), (("api/app.py",), f"1 changed file, {said}")):
        choice = chosen(TREE, *changed, adds=adds)
        assert (choice.strategy, choice.reason) == ("layer", f"{reason}, laid over the official image")
    assert chosen(TREE, "api/uv.lock", adds=adds).reason == (
        f"api/uv.lock goes into a step of the build; on top of it {said}"
    )
    assert chosen(TREE, wanted="source", adds=adds).reason == f"images/api/image.yaml says so; on top of it {said}"


def test_build_arguments_build_from_source() -> None:
    tree = {**TREE, "api/Dockerfile": "ARG GLOBAL=1\n" + OLD + "ARG COMMIT_SHA\nARG ONE=1 TWO\n"}
    assert recipe(tree).arguments == {"GLOBAL", "COMMIT_SHA", "ONE", "TWO"}
    assert chosen(tree, args=("ONE", "GLOBAL")).reason == "build_args ONE, GLOBAL"
    choice = chosen(tree, "api/uv.lock", args=("TWO",))
    assert (choice.strategy, choice.reason) == (
        "source",
        "api/uv.lock goes into a step of the build and build_args TWO",
    )


def test_a_build_argument_that_the_dockerfile_lacks_is_an_error_with_those_it_has() -> None:
    tree = {**TREE, "api/Dockerfile": OLD + "ARG COMMIT_SHA\n"}
    with pytest.raises(DifyKitError, match="build_args: api/Dockerfile has no ARG NODE_MAJR, so it") as caught:
        chosen(tree, args=("NODE_MAJR",))
    assert caught.value.hint == "it has: COMMIT_SHA"


def test_an_argument_decides_where_files_land_and_who_runs_the_image() -> None:
    text = "FROM a AS base\nARG home=/app\nARG uid=1001\nWORKDIR ${home}\nUSER ${uid}:0\nFROM base\nCOPY . ./api/\n"
    found = read_recipe("api/Dockerfile", {"api/Dockerfile": text.encode()}.get, ["api/Dockerfile"])
    other = read_recipe("api/Dockerfile", {"api/Dockerfile": text.encode()}.get, ["api/Dockerfile"], {"home": "/x"})
    assert (found.user, found.copies[-1].dest, other.copies[-1].dest) == ("1001:0", "/app/api", "/x/api")
    assert recipe(TREE).user == ""


def test_an_image_that_the_source_does_not_make_has_no_inputs_in_it() -> None:
    changed = inputs_changed(NO_RECIPE, [("M", ".dockerignore"), ("M", "api/app.py")], {})
    assert changed == ()
    assert choose("sandbox", NO_RECIPE, changed, {}, Wishes()).strategy == "official"
    assert choose("sandbox", NO_RECIPE, changed, {}, Wishes(adds=("apt x",))).strategy == "layer"


def test_a_setting_that_is_read_at_the_build_makes_it_one_from_source() -> None:
    choice = choose("web", recipe(TREE, "web"), (), {}, Wishes(settings=("NEXT_PUBLIC_A", "NEXT_PUBLIC_B")))
    assert (choice.strategy, choice.reason) == ("source", "NEXT_PUBLIC_A, NEXT_PUBLIC_B are read while it is built")


def test_a_setting_that_is_read_at_the_build_cannot_be_laid_over_the_official_image() -> None:
    with pytest.raises(DifyKitError, match="wants strategy layer, but NEXT_PUBLIC_A is read while it is built"):
        choose("web", recipe(TREE, "web"), (), {}, Wishes("layer", settings=("NEXT_PUBLIC_A",)))
