"""Files of keys: both sides' keys in upstream's text, or nothing."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from difykit.porting.strategies.blocks import UnsureBlocks
from difykit.porting.strategies.envkeys import merge_env
from difykit.porting.strategies.jsonkeys import expected, merge_json
from difykit.porting.strategies.model import MergeTexts
from difykit.porting.strategies.tomlkeys import merge_toml
from difykit.porting.strategies.yamlkeys import merge_yaml
from tests.support.merges import no_trees

VALUES = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 2), max_size=5)


def by_json(base: str, ours: str, theirs: str) -> str | None:
    made = merge_json(MergeTexts("web/package.json", base, ours, theirs), no_trees())
    return made.text if made else None


def by_env(base: str, ours: str, theirs: str) -> str | None:
    made = merge_env(MergeTexts("docker/.env.example", base, ours, theirs), no_trees())
    return made.text if made else None


def by_toml(base: str, ours: str, theirs: str) -> str | None:
    made = merge_toml(MergeTexts("api/pyproject.toml", base, ours, theirs), no_trees())
    return made.text if made else None


def by_yaml(base: str, ours: str, theirs: str) -> str | None:
    made = merge_yaml(MergeTexts("docker/compose.yaml", base, ours, theirs), no_trees())
    return made.text if made else None


def test_json_keeps_upstreams_layout_and_order() -> None:
    base = '{\n  "name": "web",\n  "deps": {\n    "a": "1",\n    "c": "1"\n  }\n}\n'
    ours = '{\n  "name": "web",\n  "deps": {\n    "a": "catalog:",\n    "c": "1",\n    "d": "1"\n  },\n  "node": 1\n}\n'
    theirs = '{\n  "name": "mine",\n  "deps": {\n    "a": "1",\n    "b": "1"\n  }\n}\n'
    assert by_json(base, ours, theirs) == (
        '{\n  "name": "mine",\n  "deps": {\n    "a": "catalog:",\n    "b": "1",\n    "d": "1"\n  },\n  "node": 1\n}\n'
    )


@given(VALUES, VALUES, VALUES)
def test_merged_json_says_the_merge_of_what_the_sides_say(
    base: dict[str, int], ours: dict[str, int], theirs: dict[str, int]
) -> None:
    texts = [json.dumps(side, indent=2).replace("{}", "{\n}") + "\n" for side in (base, ours, theirs)]
    made = by_json(texts[0], texts[1], texts[2])
    both = [key for key in {*base, *ours, *theirs} if len({base.get(key), ours.get(key), theirs.get(key)}) == 3]
    both += [key for key in ours.keys() & theirs.keys() - base.keys() if ours[key] != theirs[key]]
    if both:
        assert made is None
    else:
        assert made is not None
        assert json.loads(made) == {
            key: theirs[key] if key in theirs and (key not in ours or ours[key] == base.get(key)) else ours[key]
            for key in {*ours, *theirs}
            if not (key in base and (key not in ours or key not in theirs))
        }


@pytest.mark.parametrize(
    "broken",
    ['{"a": 1}', "[1]\n", "{\n  a: 1\n}\n", '{\n  "a": 1,\n  "a": 2\n}\n'],
    ids=["one line", "a list", "no JSON", "a key twice"],
)
def test_json_that_cannot_be_taken_apart_is_left(broken: str) -> None:
    assert by_json('{\n  "a": 0\n}\n', broken, '{\n  "a": 0,\n  "b": 1\n}\n') is None


def test_a_list_in_json_that_both_sides_changed_is_left() -> None:
    text = '{{\n  "args": [\n    {}\n  ]\n}}\n'
    assert by_json(text.format('"a"'), text.format('"a",\n    "b"'), text.format('"a",\n    "c"')) is None


def test_plain_values_that_differ_three_ways_are_no_merge() -> None:
    with pytest.raises(UnsureBlocks):
        expected({"a": 1}, {"a": 2}, {"a": 3})


ENV = "# The host\nHOST=a\n\n# The port\nPORT=1\n"


def test_env_files_keep_both_sides_keys_with_their_comments() -> None:
    ours = ENV + "\n# New in this release\nNEW=1\n"
    theirs = ENV.replace("HOST=a", "HOST=b") + "\n# Mine\nMINE=1\n"
    assert by_env(ENV, ours, theirs) == (
        "# The host\nHOST=b\n\n# The port\nPORT=1\n\n# Mine\nMINE=1\n\n# New in this release\nNEW=1\n"
    )


def test_a_key_that_both_sides_set_otherwise_is_left() -> None:
    assert by_env(ENV, ENV.replace("PORT=1", "PORT=2"), ENV.replace("PORT=1", "PORT=3")) is None
    assert by_env(ENV, ENV.replace("PORT=1", "PORT=2"), ENV.replace("PORT=1\n", "")) is None
    assert by_env(ENV, ENV.replace("PORT=1", "PORT=2"), ENV + "PORT=3\n") is None


def test_a_key_set_again_further_down_still_counts_there() -> None:
    made = by_env(ENV, ENV + "NEW=1\n", ENV + "HOST=c\n")
    assert made is not None
    assert made.count("HOST=") == 2
    assert made.index("HOST=c") > made.index("HOST=a")


def test_an_env_value_over_several_lines_is_left() -> None:
    assert by_env(ENV, ENV + 'KEY="a\nb"\n', ENV + "MINE=1\n") is None


PROJECT = '[project]\nname = "api"\ndependencies = [\n    "a~=1.0",\n    "b~=1.0",  # why\n]\n\n[tool.x]\non = true\n'


def test_requirements_are_merged_by_package() -> None:
    ours = PROJECT.replace("a~=1.0", "a>=2").replace('    "b', '    "ab==1",\n    "b')
    theirs = PROJECT.replace("# why\n", '# why\n    "c==3"\n')
    made = by_toml(PROJECT, ours, theirs)
    assert made is not None
    assert made == ours.replace("# why\n", '# why\n    "c==3",\n')
    assert tomllib.loads(made)["project"]["dependencies"] == ["a>=2", "ab==1", "b~=1.0", "c==3"]


def test_one_package_asked_for_in_two_ways_is_left() -> None:
    assert by_toml(PROJECT, PROJECT.replace("a~=1.0", "a>=2"), PROJECT.replace("a~=1.0", "a>=3")) is None
    assert by_toml(PROJECT, PROJECT.replace("a~=1.0", "a>=2"), PROJECT.replace('    "a~=1.0",\n', "")) is None


def test_tables_and_comments_of_toml_stay() -> None:
    made = by_toml(PROJECT, "# head\n" + PROJECT + "\n[tool.y]\non = 1\n", PROJECT.replace("true", "false"))
    assert made == "# head\n" + PROJECT.replace("true", "false") + "\n[tool.y]\non = 1\n"


COMPOSE = "services:\n  # the api\n  api:\n    image: a:1\n    command: [x]\n  web:\n    image: w:1\n"


def test_yaml_keeps_upstreams_comments_and_lays_keys_in() -> None:
    ours = COMPOSE.replace("a:1", "a:2")
    theirs = COMPOSE + "  # mine\n  extra:\n    image: e:1\n"
    assert by_yaml(COMPOSE, ours, theirs) == ours + "  # mine\n  extra:\n    image: e:1\n"
    assert by_yaml(COMPOSE, ours, COMPOSE.replace("w:1", "w:2")) == ours.replace("w:1", "w:2")


def test_yaml_that_both_sides_changed_at_one_key_is_left() -> None:
    assert by_yaml(COMPOSE, COMPOSE.replace("a:1", "a:2"), COMPOSE.replace("a:1", "a:3")) is None
    assert by_yaml(COMPOSE, COMPOSE.replace("[x]", "[x, y]"), COMPOSE.replace("[x]", "[x, z]")) is None


def test_yaml_that_is_a_list_or_broken_is_left() -> None:
    assert by_yaml(COMPOSE, "- a\n", COMPOSE) is None
    assert by_yaml(COMPOSE, "a: [\n", COMPOSE.replace("w:1", "w:2")) is None


def test_an_anchor_in_yaml_stays_where_it_is() -> None:
    base = "x: &x\n  a: 1\ns:\n  api:\n    environment:\n      <<: *x\n      b: 1\n"
    made = by_yaml(base, base.replace("a: 1", "a: 2"), base.replace("b: 1", "b: 1\n      c: 1"))
    assert made is None or ("a: 2" in made and "<<: *x" in made and "c: 1" in made)
