"""Comments and blank lines in files of keys: both sides' stay, or the file is left to a person."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from difykit.core import yaml
from difykit.porting.strategies.comments import lost, wrong_counts
from difykit.porting.strategies.envkeys import merge_env
from difykit.porting.strategies.jsonkeys import merge_json
from difykit.porting.strategies.model import MergedText, MergeTexts, Strategy
from difykit.porting.strategies.text import merge_text
from difykit.porting.strategies.tomlkeys import merge_toml
from difykit.porting.strategies.yamlkeys import merge_yaml
from tests.support.merges import no_trees

STACK = """\
# head

services:
  # the api
  api:
    image: a:1  # pinned
    command: [x]

  # the web
  web:
    image: w:1
    # debug: true
"""


def by_yaml(base: str, ours: str, theirs: str) -> str | None:
    made = merge_yaml(MergeTexts("docker/compose.yaml", base, ours, theirs), no_trees())
    return made.text if made else None


@pytest.mark.parametrize(
    ("mine", "other", "shown"),
    [
        (("a:1", "a:2"), ("# head\n", "# head\n# mine\n"), ["# mine", "a:2  # pinned"]),
        (("# head\n", "# head\n# new\n"), ("w:1", "w:2"), ["# new", "w:2"]),
        (("w:1", "w:2"), ("# pinned", "# pinned by me"), ["# pinned by me", "w:2"]),
        (("# pinned", "# pinned by them"), ("w:1", "w:2"), ["# pinned by them", "w:2"]),
        (("w:1", "w:2"), ("  # the api\n", "  # the api\n  # of mine\n"), ["# of mine", "w:2"]),
        (("a:1", "a:2"), ("    # debug: true\n", "    # debug: true\n    # level: 1\n"), ["# level: 1", "a:2"]),
        (("a:1", "a:2"), ("    # debug: true\n", ""), ["a:2"]),
        (("a:1", "a:2"), ("  # the web\n", ""), ["a:2"]),
        (("a:1", "a:2"), ("[x]\n", "[x]\n    # why\n    more: 1\n"), ["    # why\n    more: 1", "a:2"]),
        (("a:1", "a:2"), ("w:1\n", "w:1 # note\n"), ["w:1 # note", "a:2"]),
        (("a:1", "a:2"), ("image: w:1", "image: 'w:1'"), ["image: 'w:1'", "a:2"]),
        (("a:1", "a:2"), ("[x]\n", "[x]\n\n\n"), ["[x]\n\n\n\n", "a:2"]),
        (("  web:\n", "  # theirs\n  web:\n"), ("  # the api\n", "  # mine\n"), ["# theirs", "# mine"]),
        (("\nservices", "\nx: 1  # new\nservices"), ("true\n", "true\n# end\n"), ["x: 1  # new", "# end\n"]),
        (
            ("w:1", "w:2"),
            ("image: a:1", "note: |\n      # no comment\n      b\n    image: a:1"),
            ["      # no comment\n"],
        ),
        (("services", "---\nservices"), ("w:1", "w:2"), ["---", "w:2"]),
        (("a:1", "a:2"), ("[x]", "\n      - x  # first\n      # - y"), ["- x  # first\n      # - y", "a:2"]),
        (("a:1", "a:2"), ("w:1\n", "w:1\n\nnetworks:\n  # own\n  n: {}\n"), ["\nnetworks:\n  # own\n  n: {}\n", "a:2"]),
    ],
)
def test_yaml_keeps_what_only_one_side_said(mine: tuple[str, str], other: tuple[str, str], shown: list[str]) -> None:
    ours, theirs = STACK.replace(*mine), STACK.replace(*other)
    assert STACK not in (ours, theirs)
    made = by_yaml(STACK, ours, theirs)
    assert made is not None
    assert all(text in made for text in shown), made
    assert lost(STACK, ours, theirs, made) is None
    both = by_yaml(STACK, theirs, ours)
    assert both is None or lost(STACK, theirs, ours, both) is None


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (STACK.replace("# pinned", "# theirs"), STACK.replace("# pinned", "# mine")),
        (STACK.replace("# head", "# theirs"), STACK.replace("# head", "# mine")),
        (STACK.replace("a:1  # pinned", "a:2"), STACK.replace("# pinned", "# mine")),
        (STACK.replace("    # debug: true\n", "    # debug: 1\n"), STACK.replace("    # debug: true\n", "")),
        (STACK.replace("w:1", "w:2"), STACK.replace("\n", "\r\n").replace("a:1", "a:2")),
        (STACK.replace("w:1", "w:2"), STACK.replace("a:1", "a:2") + "...\n---\nb: 1\n"),
        ("# theirs\nb: 2\n", STACK.replace("# the web", "# mine")),
    ],
)
def test_yaml_whose_comments_meet_is_left(ours: str, theirs: str) -> None:
    assert by_yaml(STACK, ours, theirs) is None


def test_what_both_sides_said_in_the_same_words_stands_there_once() -> None:
    ours, theirs = (STACK.replace("w:1\n", f"w:1\n    # new\n    {key}: 1\n") for key in ("x", "x"))
    made = by_yaml(STACK, ours.replace("a:1", "a:2"), theirs.replace("[x]", "[y]"))
    assert made is not None
    assert made.count("# new") == 1


def test_yaml_with_windows_line_ends_and_without_an_end_is_merged() -> None:
    base, ours, theirs = (
        text.replace("\n", "\r\n") for text in (STACK, STACK.replace("a:1", "a:2"), STACK.replace("# debug", "# bug"))
    )
    made = by_yaml(base, ours, theirs)
    assert made is not None
    assert "a:2" in made
    assert "# bug" in made
    assert made.count("\n") == made.count("\r\n")
    assert by_yaml("a: 1\nb: 2", "a: 2\nb: 2", "a: 1\nb: 2\nc: 3") == "a: 2\nb: 2\nc: 3\n"


def test_yaml_that_both_sides_added_keeps_both_sides_comments() -> None:
    made = by_yaml("", "# theirs\na: 1  # one\n", "# theirs\na: 1  # one\n# mine\nb: 2\n")
    assert made == "# theirs\na: 1  # one\n# mine\nb: 2\n"


NAMES = st.sampled_from(["a", "b", "c", "d"])
NOTES = st.sampled_from(["", "# one", "# two", "# key: 1"])
LINES = st.lists(st.tuples(NAMES, st.integers(0, 2), NOTES, NOTES, st.booleans()), max_size=4, unique_by=lambda x: x[0])


def text_of(rows: list[tuple[str, int, str, str, bool]], margin: str = "") -> str:
    found = ""
    for name, value, above, behind, gap in rows:
        found += "\n" if gap else ""
        found += f"{margin}{above}\n" if above else ""
        found += f"{margin}{name}: {value}  {behind}".rstrip() + "\n"
    return found


def document(outer: list[tuple[str, int, str, str, bool]], inner: list[tuple[str, int, str, str, bool]]) -> str:
    nested = text_of(inner, "  ")
    return text_of(outer) + ("top:\n" + nested if inner else "")


@given(st.tuples(LINES, LINES, LINES, LINES, LINES, LINES))
def test_random_yaml_keeps_keys_comments_and_blank_lines_or_is_left(
    rows: tuple[list[tuple[str, int, str, str, bool]], ...],
) -> None:
    base, ours, theirs = (document(rows[at], rows[at + 1]) for at in (0, 2, 4))
    made = by_yaml(base, ours, theirs)
    if made is None:
        return
    values = [yaml.load("x", text).value or {} for text in (base, ours, theirs, made)]
    for key in {*values[1], *values[2]}:
        was, mine, other, now = (value.get(key) for value in values)
        if not isinstance(now, dict) and not isinstance(mine, dict) and not isinstance(other, dict):
            assert now == (other if mine == was else mine), key
    counts = [Counter(_notes(text)) for text in (base, ours, theirs, made)]
    for note, times in counts[3].items():
        assert times <= counts[1][note] + counts[2][note]
    for note in {*counts[1], *counts[2]}:
        was, mine, other, now = (count[note] for count in counts)
        assert now >= min(mine, other, mine + other - was)
        if mine >= was and other >= was:
            assert now >= max(mine, other)


def _notes(text: str) -> list[str]:
    return [f"#{line.partition('#')[2]}" for line in text.split("\n") if "#" in line]


ENV = "# The host\nHOST=a\n\n# The port\nPORT=1\n"
PROJECT = (
    '# head\n[project]\nname = "api"  # us\n\n# why\ndependencies = [\n    # first\n    "a==1",\n    "b==1",  # b\n]\n'
)


@pytest.mark.parametrize(
    ("merge", "path", "base", "mine", "other", "shown"),
    [
        (merge_env, ".env", ENV, ("HOST=a", "HOST=b"), ("# The port\n", "# The port\n# of mine\n"), ["# of mine", "b"]),
        (merge_env, ".env", ENV, ("# The host\n", "# New\n"), ("PORT=1", "PORT=2"), ["# New", "PORT=2"]),
        (merge_env, ".env", ENV, ("PORT=1", "PORT=2"), ("PORT=1\n", "PORT=1\n# KEY=1\n"), ["# KEY=1", "PORT=2"]),
        (merge_env, ".env", ENV, ("HOST=a", "HOST=b"), ("\n# The port", "\n\n\n# The port"), ["\n\n\n# The port"]),
        (merge_toml, "p.toml", PROJECT, ('"a==1"', '"a==2"'), ("# us", "# ours"), ["# ours", "a==2"]),
        (merge_toml, "p.toml", PROJECT, ('"a==1"', '"a==2"'), ("# b\n", "# b, mine\n"), ["# b, mine", "a==2"]),
        (
            merge_toml,
            "p.toml",
            PROJECT,
            ('"api"', '"x"'),
            ("# first\n", "# first\n    # second\n"),
            ["# second", '"x"'],
        ),
        (merge_toml, "p.toml", PROJECT, ("# head\n", "# head\n# new\n"), ("]\n", "]\n# end\n"), ["# new", "# end"]),
    ],
)
def test_env_and_toml_keep_what_only_one_side_said(  # noqa: PLR0917 - the columns of the table
    merge: Strategy, path: str, base: str, mine: tuple[str, str], other: tuple[str, str], shown: list[str]
) -> None:
    ours, theirs = base.replace(*mine), base.replace(*other)
    assert base not in (ours, theirs)
    made = merge(MergeTexts(path, base, ours, theirs), no_trees())
    assert isinstance(made, MergedText)
    assert all(text in made.text for text in shown), made.text
    assert lost(base, ours, theirs, made.text) is None


@pytest.mark.parametrize(
    ("merge", "path", "base", "ours", "theirs"),
    [
        (merge_env, ".env", ENV, ENV.replace("# The host", "# New"), ENV.replace("# The host", "# Mine")),
        (merge_toml, "p.toml", PROJECT, PROJECT.replace("# us", "# new"), PROJECT.replace("# us", "# mine")),
        (merge_toml, "p.toml", PROJECT, PROJECT.replace('"a==1"', '"a==2"'), PROJECT.replace('"a==1"', '"a==1", "a==3"')),  # noqa: E501 - a row of a table
        (merge_toml, "p.toml", PROJECT, PROJECT.replace('"a==1"', '"a==2"'), PROJECT.replace('    "b==1"', '    "a==1",\n    "b==1"')),  # noqa: E501 - a row of a table
        (merge_json, "a.json", '{\n  "a": 1\n}\n', '{\n  "a": 2\n}\n', '{\n  // why\n  "a": 1\n}\n'),
        (merge_json, "a.json", '{\n  "a": 1,\n  "b": 1\n}\n', '{\n  "a": 2,\n  "b": 1\n}\n', '{\n  "a": 1,\n\n  "b": 1\n}\n'),  # noqa: E501 - a row of a table
    ],
)  # fmt: skip
def test_env_toml_and_json_whose_comments_meet_are_left(
    merge: Strategy, path: str, base: str, ours: str, theirs: str
) -> None:
    assert merge(MergeTexts(path, base, ours, theirs), no_trees()) is None


IMPORTS = "import a\nfrom b import (\n    c,\n    d,\n)\n\nx = a, c, d\n"


def test_comments_behind_imports_stay() -> None:
    ours = IMPORTS.replace("    c,\n", "    bb,\n    c,\n").replace("import a\n", "import a\nimport aa\n")
    theirs = IMPORTS.replace("    c,\n", "    c,  # noqa: F401\n").replace("import a\n", "import a  # noqa: E402\n")
    made = merge_text(MergeTexts("api/m.py", IMPORTS, ours, theirs), no_trees())
    assert made is not None
    assert made.text.count("# noqa") == 2
    assert "bb" in made.text


def test_imports_whose_comments_differ_are_left() -> None:
    ours, theirs = (f"import a  # {word}\nfrom b import c, {name}\n" for word, name in (("x", "d"), ("y", "e")))
    assert merge_text(MergeTexts("api/m.py", "import a\nfrom b import c\n", ours, theirs), no_trees()) is None


@pytest.mark.parametrize(
    ("was", "mine", "other", "now", "good"),
    [
        (0, 1, 0, 1, True),
        (0, 1, 0, 0, False),
        (0, 1, 1, 1, True),
        (0, 1, 1, 2, True),
        (0, 1, 1, 3, False),
        (1, 0, 1, 0, True),
        (1, 0, 1, 1, False),
        (1, 1, 1, 1, True),
        (1, 1, 1, 2, False),
        (1, 2, 0, 1, True),
        (2, 1, 1, 1, True),
        (2, 1, 1, 0, True),
    ],
)
def test_a_comment_is_there_as_often_as_both_sides_make_it(
    was: int, mine: int, other: int, now: int, good: bool
) -> None:
    counts = [Counter({"# x": times}) for times in (was, mine, other, now)]
    assert (wrong_counts(counts[0], counts[1], counts[2], counts[3]) is None) is good
