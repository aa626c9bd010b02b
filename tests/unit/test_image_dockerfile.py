"""What a Dockerfile copies from where to where."""

from __future__ import annotations

import pytest

from difykit.images.definition.dockerfile import Copy, expand, parse


def copies(text: str) -> tuple[Copy, ...]:
    return parse(text).copies


def one(text: str) -> Copy:
    (found,) = copies(text)
    return found


def test_flags_and_variables_are_understood() -> None:
    copy = one(
        "FROM a AS base\nWORKDIR /app\nENV V=/app/api/.venv\n"
        "FROM base\nARG where=api\nCOPY --from=packages --chown=dify:dify --chmod=755 ${V} ./${where}/\n"
    )
    assert (copy.sources, copy.dest, copy.origin) == (("/app/api/.venv",), "/app/api", "packages")
    assert (copy.chmod, copy.into) == ("755", True)


def test_continuation_lines_may_hold_comments_and_blank_lines() -> None:
    text = "FROM a\nWORKDIR /x\nRUN one \\\n  # why\n\n  && two\nCOPY a \\\n  b ./\n"
    copy = one(text)
    assert copy.sources == ("a", "b")
    assert [step.keyword for step in parse(text).instructions] == ["FROM", "WORKDIR", "RUN", "COPY"]


def test_the_json_form_keeps_blanks() -> None:
    assert one('FROM a\nCOPY ["a b", "/x/"]\n').sources == ("a b",)


def test_only_the_last_stage_is_the_image() -> None:
    first, last = copies("FROM a AS p\nCOPY x /x\nFROM b\nCOPY x /x\n")
    assert (first.verbatim, last.verbatim) == (False, True)


def test_a_stage_inherits_folder_and_variables() -> None:
    assert (
        one("FROM a AS base\nWORKDIR /app\nENV D=sub\nFROM base\nWORKDIR api\nCOPY x $D/y\n").dest == "/app/api/sub/y"
    )


def test_a_relative_place_below_an_unknown_folder_is_unknown() -> None:
    assert not one("FROM a\nCOPY x y\n").verbatim


@pytest.mark.parametrize(
    ("run", "used"),
    [
        ("chmod +x /entrypoint.sh", False),
        ("groupadd -r -g 1001 dify && \\\n useradd -r dify && chown -R 1001:1001 /app ${X} /e.sh", False),
        ("pip install -r requirements.txt", True),
        ("chmod +x $(find /app)", True),
        ("chmod +x a; make", True),
    ],
)
def test_a_later_step_uses_what_was_copied_unless_it_only_changes_owners(run: str, used: bool) -> None:
    assert one(f"FROM a\nCOPY . /app/\nRUN {run}\n").used is used


@pytest.mark.parametrize(
    "line",
    ["ADD x.tar /x/", "COPY --parents a/b /x/", "COPY --chmod=u+x a /x", "COPY https://e.invalid/x /x"],
)
def test_what_is_not_a_plain_copy_is_not_taken_for_one(line: str) -> None:
    assert not one(f"FROM a\n{line}\n").verbatim


def test_a_mount_of_the_context_is_an_input() -> None:
    (mount,) = copies(
        "FROM a\nRUN --mount=type=bind,source=uv.lock,target=/uv.lock --mount=type=cache,target=/c uv sync\n"
    )
    assert (mount.sources, mount.verbatim) == (("uv.lock",), False)


def test_a_heredoc_is_passed_over() -> None:
    text = "FROM a\nRUN <<EOF\nCOPY not this\nEOF\nCOPY <<'X' /inline\nCOPY nor this\nX\nCOPY real /real\n"
    assert [copy.sources for copy in copies(text)] == [(), ("real",)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("$A/$B", "1/"), ("${A}x", "1x"), ("${B:-two}", "two"), ("${A:+set}", "set"), (r"\$A", "$A")],
)
def test_variables_expand_as_docker_expands_them(text: str, value: str) -> None:
    assert expand(text, {"A": "1"}) == value
