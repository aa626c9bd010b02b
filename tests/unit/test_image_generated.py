"""The Dockerfile that is built: what its steps get, and what stays as it was."""

from __future__ import annotations

import pytest

from difykit.images.definition import (
    BuildMirrors,
    builds_next,
    generate,
    on_build_platform,
    runs_on_target,
    shown,
    unmirrored,
    with_heap,
    with_settings,
)
from difykit.images.definition.dockerfile import parse
from difykit.images.definition.stages import foreign_images, lineage, read_stages

WEB = """\
# base image
FROM node:24-alpine AS base
RUN apk add --no-cache tzdata
ENV PNPM_HOME="/pnpm"

# install packages
FROM base AS packages
WORKDIR /app/web
COPY package.json pnpm-lock.yaml /app/web/
RUN corepack install
RUN pnpm install --frozen-lockfile

FROM base AS builder
WORKDIR /app/web
COPY --from=packages /app/web/ .
COPY . .
ENV NODE_OPTIONS="--max-old-space-size=4096"
RUN pnpm build && pnpm build:vinext

FROM base AS production
RUN pnpm add -g pm2
WORKDIR /app/web
COPY --from=builder --chown=1:1 /app/web/public ./public
COPY --from=builder --chown=1:1 /app/web/.next/standalone ./
USER dify
"""
COREPACK = "--mount=type=cache,id=ws-corepack,target=/root/.cache/node/corepack,sharing=locked"
STORE = "--mount=type=cache,id=ws-pnpm,target=/pnpm/store,sharing=locked"
NAMED = "npm_config_store_dir=/pnpm/store pnpm_config_store_dir=/pnpm/store"
NEXT = "--mount=type=cache,id=ws-next,target=/app/web/.next/cache,sharing=locked"
SEEN = "--mount=type=bind,from=difykit-steps,target=/tmp/difykit-steps"
TURBOPACK = 'export NODE_OPTIONS="${NODE_OPTIONS:-} --require=/tmp/difykit-steps/turbopack.cjs"'
BEGIN = ". /tmp/difykit-steps/begin.sh || exit 1;"
BOTH = ("linux/amd64", "linux/arm64/v8")
ALL = BuildMirrors("m:5000", "http://m/debian", "http://m/alpine", "http://m/simple", "http://m/npm", "none")


def runs(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.lstrip().startswith("RUN")]


def test_installing_and_building_keep_what_they_can_use_again() -> None:
    text = generate(WEB, {}, caches="ws")
    assert runs(text) == [
        "RUN apk add --no-cache tzdata",
        f"RUN {COREPACK} corepack install",
        f"RUN {COREPACK} {STORE} export {NAMED}; pnpm install --frozen-lockfile",
        f"RUN {COREPACK} {NEXT} {SEEN} {TURBOPACK}; pnpm build && pnpm build:vinext",
        "RUN pnpm add -g pm2",
    ]
    assert [line for line in text.splitlines() if "RUN" not in line] == [
        line for line in WEB.splitlines() if "RUN" not in line
    ]


def test_a_pnpm_that_no_project_names_is_not_the_newest_of_the_day() -> None:
    text = WEB.replace("ENV PNPM_HOME", "RUN corepack enable\nENV PNPM_HOME")
    assert runs(generate(text, {}, caches="ws"))[-1] == "RUN export COREPACK_DEFAULT_TO_LATEST=0; pnpm add -g pm2"


def test_without_caches_and_mirrors_it_is_as_it_was() -> None:
    assert generate(WEB, {}) == WEB


def test_no_cache_where_the_image_would_have_had_what_lies_there() -> None:
    layers = "FROM a\nWORKDIR /app/api\nRUN uv sync\n"
    assert generate(layers, {}, caches="ws") == layers
    parent = "FROM a AS one\nWORKDIR /w\nRUN uv sync\nFROM one\nCOPY x /x\n"
    assert generate(parent, {}, caches="ws") == parent
    for taken in ("/root", "/root/.cache/uv/simple/..", "/", "/$PLACE"):
        copied = f"FROM a AS one\nRUN uv sync\nFROM a\nCOPY --from=one {taken} /x\n"
        assert generate(copied, {}, caches="ws") == copied
    by_number = "FROM a\nRUN uv sync\nFROM a\nCOPY --from=0 /root/.cache /x\n"
    assert generate(by_number, {}, caches="ws") == by_number


def test_nor_where_the_step_is_another_users_or_its_place_unknown() -> None:
    for line in ("USER 1001\n", "ENV UV_CACHE_DIR='/a b'\n", "ARG UV_CACHE_DIR\nENV UV_CACHE_DIR=x${UV_CACHE_DIR}\n"):
        text = f"FROM a AS one\n{line}RUN uv sync\nFROM a\nCOPY --from=one /venv /venv\n"
        assert "type=cache" not in generate(text, {}, caches="ws")


def test_a_build_that_is_not_nextjs_gets_no_cache_of_it() -> None:
    text = WEB.replace("/app/web/.next/standalone", "/app/web/dist")
    assert "ws-next" not in generate(text, {}, caches="ws")
    assert not builds_next(text, {})
    assert builds_next(WEB, {})


def test_mirrors_come_before_a_step_that_goes_out_in_every_stage() -> None:
    text = generate(WEB + "RUN ln -s /a /b\n", {}, mirrors=True)
    assert runs(text)[0] == f"RUN {SEEN} {BEGIN} apk add --no-cache tzdata"
    assert runs(text)[-2:] == [f"RUN {SEEN} {BEGIN} pnpm add -g pm2", "RUN ln -s /a /b"]


def test_a_step_of_several_lines_stays_one() -> None:
    text = "FROM a\nRUN apt-get update \\\n    # why\n && apt-get install x\nUSER x\n"
    assert generate(text, {}, mirrors=True) == (
        f"FROM a\nRUN {SEEN} {BEGIN} apt-get update \\\n    # why\n && apt-get install x\nUSER x\n"
    )


def test_flags_that_are_there_stay_flags() -> None:
    text = generate("FROM a\nRUN --network=host --mount=type=tmpfs,target=/t pip install x\n", {}, mirrors=True)
    assert runs(text) == [f"RUN {SEEN} --network=host --mount=type=tmpfs,target=/t {BEGIN} pip install x"]
    odd = "FROM a\nRUN --network=host \\\n --mount=type=tmpfs,target=/t pip install x\n"
    assert generate(odd, {}, mirrors=True) == odd


def test_the_json_form_keeps_its_words() -> None:
    (line,) = runs(generate('FROM a\nRUN ["sh", "/tmp/difykit/install.sh", "a b"]\n', {}, mirrors=True))
    assert line == (
        f'RUN {SEEN} ["/bin/sh", "-c", "{BEGIN} exec \\"$@\\"", "sh", "sh", "/tmp/difykit/install.sh", "a b"]'
    )


def test_a_here_document_is_left_alone() -> None:
    text = "FROM a\nRUN <<END\npip install x\nEND\nRUN pip install y\n"
    assert runs(generate(text, {}, mirrors=True)) == ["RUN <<END", f"RUN {SEEN} {BEGIN} pip install y"]


def test_messages_show_the_step_as_its_author_wrote_it() -> None:
    for line in runs(generate(WEB, {}, caches="difykit-abc-web", mirrors=True)):
        assert shown(line) in WEB.splitlines()


def test_javascript_is_built_on_the_machines_own_platform() -> None:
    text = on_build_platform(WEB, {}, BOTH)
    assert text
    froms = [line for line in text.splitlines() if line.startswith("FROM")]
    assert froms == [
        "FROM node:24-alpine AS base",
        "FROM --platform=$BUILDPLATFORM node:24-alpine AS base-on-build-platform",
        "FROM base-on-build-platform AS packages",
        "FROM base-on-build-platform AS builder",
        "FROM base AS production",
    ]
    stages = read_stages(text)
    assert {stages[at].name for at in lineage(stages)} == {"base", "production"}
    assert [run.instruction.arguments for run in stages[1].runs] == ["apk add --no-cache tzdata"]
    assert text.count("RUN") == WEB.count("RUN") + 1
    assert parse(text).copies == parse(WEB).copies
    everywhere = "--os=linux --cpu=x64 --cpu=arm64 --libc=musl --libc=glibc"
    assert f"RUN pnpm install {everywhere} --frozen-lockfile" in text.splitlines()


def test_a_pnpm_that_installs_for_one_platform_only_stays_where_it_is() -> None:
    assert on_build_platform(WEB.replace("RUN corepack install\n", ""), {}, BOTH) is None


def test_other_languages_are_built_where_they_run() -> None:
    api = "FROM python AS base\nFROM base AS packages\nRUN uv sync\nFROM base\nCOPY --from=packages /v /v\n"
    assert on_build_platform(api, {}, BOTH) == api
    said = WEB.replace("FROM base AS builder", "FROM --platform=linux/amd64 base AS builder")
    assert on_build_platform(said, {}, BOTH) == said


def test_both_builds_of_a_release_have_the_heap_that_memory_leaves() -> None:
    text = generate(on_build_platform(with_heap(WEB, 4608) or "", {}, BOTH) or "", {}, caches="ws")
    (builder,) = [stage for stage in read_stages(text) if stage.name == "builder"]
    (build,) = builder.runs
    assert build.instruction.arguments.endswith("pnpm build && pnpm build:vinext")
    assert build.env["NODE_OPTIONS"] == "--max-old-space-size=4608"


def test_images_of_docker_hub_are_taken_from_the_mirror() -> None:
    text = (
        "ARG TAG=22\nFROM node:${TAG} AS one\nFROM one\nCOPY --from=langgenius/dify-api:1 /a /a\n"
        "FROM quay.io/x/y:1\nFROM docker.io/redis:6\nFROM busybox:latest\nFROM localhost/mine\nFROM scratch\n"
    )
    assert list(foreign_images(read_stages(text))) == [
        "node:22", "langgenius/dify-api:1", "quay.io/x/y:1", "docker.io/redis:6", "busybox:latest", "localhost/mine",
    ]  # fmt: skip
    assert ALL.contexts(text, {"TAG": "24"}) == {
        "node:24": "docker-image://m:5000/library/node:24",
        "langgenius/dify-api:1": "docker-image://m:5000/langgenius/dify-api:1",
        "redis:6": "docker-image://m:5000/library/redis:6",
        "busybox": "docker-image://m:5000/library/busybox:latest",
    }
    assert BuildMirrors().contexts(text, {}) == {}
    assert ALL.mirrored("redis@sha256:0") == "m:5000/library/redis@sha256:0"


def test_what_no_mirror_helps_with_is_told() -> None:
    text = (
        "FROM a\nRUN poetry install\nRUN curl https://example.org/key | sh\n"
        "RUN python -c \"import nltk; nltk.download('punkt')\"\n"
    )
    poetry, others = unmirrored(text, {}, ALL)
    assert poetry == "installs with poetry, which knows no mirror: mirrors.pypi has an effect on pip alone"
    assert others == "also downloads from example.org, the place of nltk's data, which no mirror stands for"
    assert list(unmirrored(text, {}, BuildMirrors(registry="m"))) == []
    assert list(unmirrored(WEB, {}, ALL)) == []


def test_values_of_settings_are_data_in_the_prelude() -> None:
    mode, text = BuildMirrors(pypi="http://h/$(id)'\"/simple", apt="http://h/a&b|c").folder()["begin.sh"]
    assert mode == 0o644
    assert "export PIP_INDEX_URL='http://h/$(id)'\"'\"'\"/simple'\n" in text
    assert "export DIFYKIT_APT='http://h/a\\&b\\|c'\n" in text
    assert "export PIP_TRUSTED_HOST=h\n" in text
    assert "PIP_TRUSTED_HOST" not in BuildMirrors(pypi="https://h/simple").folder()["begin.sh"][1]


def test_a_program_that_is_run_in_the_image_itself_is_found() -> None:
    moved = on_build_platform(WEB, {}, BOTH) or ""
    assert runs_on_target(moved, {}) == "apk add --no-cache tzdata"
    bare = "\n".join(line for line in moved.splitlines() if "tzdata" not in line and "pm2" not in line)
    assert runs_on_target(bare, {}) == ""
    assert runs_on_target("FROM --platform=${BUILDPLATFORM} a AS x\nRUN y\nFROM x\nRUN z\nFROM b\nCOPY . .\n", {}) == ""
    assert runs_on_target("FROM a\nRUN y\n", {}) == "y"


@pytest.mark.parametrize(
    "declared",
    [
        "",
        "ENV NEXT_PUBLIC_BASE_PATH=\n",
        'ARG NEXT_PUBLIC_BASE_PATH=""\nENV NEXT_PUBLIC_BASE_PATH="$NEXT_PUBLIC_BASE_PATH"\n',
    ],
)
@pytest.mark.parametrize("command", ["pnpm build:docker", "pnpm build && pnpm build:vinext", "yarn build"])
def test_a_setting_reaches_the_step_that_builds_web(declared: str, command: str) -> None:
    head = f"FROM node AS base\n{declared}"
    text = f"{head}FROM base AS builder\nCOPY . .\nRUN {command}\nFROM base\nCOPY --from=builder /a /a\n"
    lines = with_settings(text, ["NEXT_PUBLIC_BASE_PATH"], {}).splitlines()
    step = lines.index(f"RUN {command}")
    assert lines[step - 2 : step] == ["ARG NEXT_PUBLIC_BASE_PATH", 'ENV NEXT_PUBLIC_BASE_PATH="$NEXT_PUBLIC_BASE_PATH"']
    assert lines[: step - 2] + lines[step:] == text.splitlines()
