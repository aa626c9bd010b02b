"""The step that failed, out of BuildKit's last lines."""

from __future__ import annotations

from pathlib import Path

from difykit.images.build.failure import build_failed

OUTPUT = """\
#14 [web builder 4/5] RUN pnpm build
#14 CANCELED
------
 > [api production 3/9] RUN uv sync --locked:
0.150 Resolving
0.190 no such package
------
Dockerfile:12
--------------------
  12 | >>> RUN uv sync --locked
--------------------
ERROR: target api: failed to solve: process "/bin/sh -c uv sync --locked" did not complete successfully: exit code: 1"""


def test_the_step_its_last_lines_and_the_log_are_named() -> None:
    error = build_failed(OUTPUT, ["api", "web"], Path("/w/build.log"))
    assert error.message.startswith(
        "the image api was not built; step [api production 3/9] `RUN uv sync --locked` failed:\n"
        "0.150 Resolving\n0.190 no such package\nERROR: target api"
    )
    assert error.hint == "the whole output is in /w/build.log"


def test_one_image_alone_is_named_too() -> None:
    error = build_failed(OUTPUT.replace("[api production", "[production"), ["api"], Path("x"))
    assert error.message.startswith("the image api was not built; step [production 3/9]")


def test_a_kill_for_want_of_memory_is_said() -> None:
    assert (
        "want of memory" in build_failed(OUTPUT.replace("exit code: 1", "exit code: 137"), ["api"], Path("x")).message
    )


def test_a_failure_before_any_step_shows_the_end() -> None:
    error = build_failed("ERROR: no builder", ["api", "web"], Path("x"))
    assert error.message == "the images api, web were not built:\nERROR: no builder"


def test_what_a_step_of_difykit_says_comes_first() -> None:
    said = OUTPUT.replace("0.150 Resolving", "0.150 difykit: the image has no apt-get, so write RUN apk add")
    said = said.replace("[api production", "[api_upstream production")
    error = build_failed(said, ["api", "web"], Path("x"))
    assert error.message == (
        "the image api was not built: the image has no apt-get, so write RUN apk add. The step's last lines:\n"
        "0.150 difykit: the image has no apt-get, so write RUN apk add\n0.190 no such package"
    )
