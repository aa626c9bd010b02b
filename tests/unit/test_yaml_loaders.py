"""What libyaml's scanner is trusted with is read as PyYAML's own reads it, to the line and the character."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from difykit.core import yaml as yamlio
from difykit.core import yaml_loaders
from difykit.core.errors import ConfigError
from difykit.core.yaml_loaders import NotAlike, TooDeep, YamlText

pytestmark = pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML was built without libyaml")

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(
    path
    for folder in ("difykit/demo/dify", "overlays", "images")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".yaml", ".yml"}
)
MARKS = [*" \n:-?#,[]{}&*!|>'\"%@`\\~<=", ": ", "\n- ", "\n  ", "? ", "# ", "---\n", "&a ", "*a", "!x ", "|-\n", "<<: "]
MARKS += ["\t", "\r\n", "\x85", "é", "😀", "\ufeff", "\x07", "\\ud83d\\ude00", "%YAML 1.1\n"]


def strings(value: Any) -> Iterator[tuple[str, int, int]]:
    if isinstance(value, YamlText):
        yield str(value), value.line, value.start
    for inner in value.items() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from strings(inner)


def reading(loader: Any, *, local: bool) -> Any:
    """All that is read of a text; None where the loader leaves it to the other."""
    try:
        document = yamlio._document("x", loader, local_tags=local)
    except (NotAlike, TooDeep, yaml.YAMLError, ValueError, LookupError, AttributeError):
        return None
    except ConfigError as error:
        return error.message
    return repr(document.value), document.lines, document.tags, list(strings(document.value))


def compared(text: str, *, local: bool) -> bool:
    """Whether both read the text; if they do, alike."""
    quick = yaml_loaders.quick(text, local_tags=local)
    first = reading(quick, local=local) if quick else None
    if first is not None:
        assert first == reading(yaml_loaders.plain(text, local_tags=local), local=local), text
    return first is not None


@pytest.mark.parametrize("local", [True, False])
def test_a_file_is_read_alike(local: bool) -> None:
    texts = [path.read_text("utf-8") for path in FILES]
    assert sum(compared(text, local=local) for text in texts) > 0.75 * len(texts) > 30


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_file_is_read_alike_or_by_one(seed: int) -> None:
    dice = Random(seed)
    for _ in range(8):
        lines = dice.choice(FILES).read_text("utf-8").splitlines(keepends=True)
        first = dice.randrange(len(lines))
        text = "".join(lines[first : first + 12])
        for _ in range(dice.randrange(4)):
            at = dice.randrange(len(text) + 1)
            text = text[:at] + dice.choice(MARKS) + text[at + dice.choice([0, 0, 1, 3]) :]
        compared(text, local=dice.random() < 0.5)


@pytest.mark.parametrize(
    "text",
    [
        "a: {b: , c: 1}",
        "a: [b: ]",
        "a: {b: # note\n}",
        "? a",
        "?",
        "a: {b?c: 1}",
        "a: [x? , y]",
        "a: !\n- x",
        "a: ! # x\n b: 1",
        "a: !b, c",
        "a: !x!int 1",
        "a: |# x\n  b",
        "# x\n---",
        "a:\t1",
        "a: b\r\nc: d\r\n",
        "\ufeffa: 1",
        "%YAML 1.1\n---\na: 1",
        "a: 1\n---\nb: 2\n",
        'a: "\\ud83d\\ude00"',
        "a: &x [1]\nb: *x\nc: *y\n",
        "a: 'x\x85y'",
        "a: " + "[" * 2000 + "]" * 2000,
        "a: !!int x",
    ],
)
@pytest.mark.parametrize("local", [True, False])
def test_what_they_read_otherwise_is_left_to_pyyaml(text: str, local: bool) -> None:
    assert not compared(text, local=local)


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a note\n",
        "a: &x {b: 1}\nc: {<<: *x, d: 0o17}\n",
        "a: yes\nb: 8080:22\nc: ~\nd: .inf\n",
        "a: |2-\n   x\n\n  y\nb: >+\n x\n y\n\n",
        "a: 'it''s'\nb: \"x\\\n  y\\u00e9\"\n",
        "a: {x: 'http://h/p?q=1', y: [ 'b?' ]}\n",
        "é: 😀\nb: x\n",
        "a: 1\na: 2\n",
        "- - a\n  - b\n-\n- c: d\n  e:\n",
    ],
)
def test_what_is_plain_is_read_by_both(text: str, local: bool) -> None:
    assert compared(text, local=local)


def test_a_tag_of_compose_is_read_by_both() -> None:
    assert compared("a: !override\n  - b\n  - !reset null\nc: !reset {}\n", local=True)
