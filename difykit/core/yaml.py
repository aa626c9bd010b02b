"""YAML as Compose and people mean it: 1.2 scalars, line numbers, no duplicate keys, no alias bombs."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import yaml

from difykit.core.errors import ConfigError, Problem, shortened

Path = tuple[str | int, ...]

# YAML 1.1 reads `yes` as true, `8080:22` as 484822 and `0o17`-less octals; Compose and people read 1.2.
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")
_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")

LARGEST = 4 << 20
"""How many bytes a YAML file may have: five times the largest of a Dify release (pnpm-lock.yaml of 1.15.0)."""
MOST_NODES = 50_000
"""How many keys and values, with what aliases repeat: that file has 38,000, a Compose file of Dify 3,000."""
DEEPEST = 100
"""How many lists and mappings in each other: Dify's files have 10, and Python itself ends at some 300."""


class _TooMuch(Exception):
    """A bound is passed at `line`."""

    def __init__(self, mark: yaml.Mark, text: str) -> None:
        super().__init__(text)
        self.line = mark.line + 1


class _Loader(yaml.SafeLoader):
    """Refuses what is too much while it reads, before anything is made of it or walks it."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as the base declares it

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0
        self._nodes = 0
        self._repeated = 0
        self._anchored: dict[int, int] = {}
        """For each node with an anchor, how many it is, with what aliases repeat in it."""

    def fetch_flow_collection_start(self, token: type[yaml.Token]) -> None:
        if self.flow_level >= DEEPEST:
            raise _TooMuch(self.get_mark(), "nested too deeply")
        super().fetch_flow_collection_start(token)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event, before = self.peek_event(), self._nodes  # type: ignore[no-untyped-call]
        alias = isinstance(event, yaml.AliasEvent)
        if self._depth > DEEPEST:
            raise _TooMuch(event.start_mark, "nested too deeply")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if alias and id(node) not in self._anchored:
            raise _TooMuch(event.start_mark, "nested too deeply")
        self._repeated += self._anchored[id(node)] if alias else 0
        self._nodes += self._anchored[id(node)] if alias else 1
        if self._nodes > MOST_NODES:
            multiplied = self._repeated > MOST_NODES / 2
            why = "its aliases multiply" if multiplied else f"difykit reads {MOST_NODES:,} keys and values of a file"
            raise _TooMuch(event.start_mark, f"too many nodes: {why}")
        if not alias and event.anchor is not None:
            self._anchored[id(node)] = self._nodes - before
        return node

    def compose_scalar_node(self, anchor: dict[Any, yaml.Node]) -> yaml.ScalarNode:
        node = super().compose_scalar_node(anchor)
        # JSON spells a character above U+FFFF as two escapes.
        node.value = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), node.value)
        return node


for _tag, _pattern, _first in (
    ("bool", _BOOL, "tTfF"),
    ("int", _INT, "-+0123456789"),
    ("float", _FLOAT, "-+.0123456789"),
    ("null", _NULL, ["~", "n", "N", ""]),
    ("merge", re.compile(r"^<<$"), "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, list(_first))


def _construct_int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    return int(text, 0) if text[:2] in {"0o", "0x"} else int(text, 10)


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


class YamlText(str):
    """A string of a YAML file that knows its line, and the place in the text where its node starts."""

    __slots__ = ("line", "start")

    line: int
    start: int


class _LocalLoader(_Loader):
    """Strings know where they stand."""


def _construct_text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> YamlText:
    text = YamlText(loader.construct_scalar(node))
    text.line, text.start = node.start_mark.line + 1, node.start_mark.index
    return text


_LocalLoader.add_constructor("tag:yaml.org,2002:str", _construct_text)


@dataclass(frozen=True)
class Document:
    """A parsed YAML file: its value, the line of every key and item, and the local tags that were read past."""

    name: str
    value: Any
    lines: dict[Path, int]
    tags: dict[Path, str] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest thing around it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(name: str, text: str, *, local_tags: bool = False) -> Document:
    """Read one YAML document; `name` is the file's name in messages.

    With `local_tags`, what stands under a tag such as Compose's `!override` is read as the plain value that it is, and
    every string is a `Text`; without, such a tag is an error.
    Raises ConfigError for broken YAML, a duplicate key, a second document, and for what passes a bound of this module.
    """
    if len(text) > LARGEST:
        raise ConfigError([Problem(name, 0, too_large(len(text)))])
    loader: _Loader | None = None
    try:
        loader = (_LocalLoader if local_tags else _Loader)(text)
        node = loader.get_single_node()
        lines: dict[Path, int] = {}
        tags: dict[Path, str] = {}
        if node is not None:
            _walk(name, node, (), lines)
            if local_tags:
                _untag(loader, node, (), tags)
        value = loader.construct_document(node) if node is not None else None
    except yaml.YAMLError as error:
        raise ConfigError([_problem(name, text, error)]) from error
    except _TooMuch as error:
        raise ConfigError([Problem(name, error.line, str(error))]) from error
    except (ValueError, LookupError, AttributeError) as error:  # a tag such as !!int or !!bool on what is none
        text = f"is not YAML: a tag does not fit its value ({shortened(str(error))})"
        raise ConfigError([Problem(name, 1, text)]) from error
    finally:
        if loader:
            loader.dispose()
    return Document(name, value, lines, tags)


def too_large(size: int) -> str:
    """How messages say that a file is larger than what is read of one."""
    return f"is {size / 1e6:.1f} MB large; difykit reads files of up to {LARGEST / 1e6:.1f} MB here"


def _walk(name: str, node: yaml.Node, path: Path, lines: dict[Path, int]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        _check_text(name, node)
    if isinstance(node, yaml.MappingNode):
        keys: set[Hashable] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise ConfigError([Problem(name, line, "a key must be a plain word")])
            _check_text(name, key)
            if key.value in keys and key.tag != "tag:yaml.org,2002:merge":
                raise ConfigError([Problem(name, line, f"{shortened(key.value)}: this key is given twice")])
            keys.add(key.value)
            lines[(*path, key.value)] = line
            if _INT.match(key.value):
                lines[(*path, int(key.value, 0 if key.value[:2] in {"0o", "0x"} else 10))] = line
            _walk(name, value, (*path, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*path, index)] = item.start_mark.line + 1
            _walk(name, item, (*path, index), lines)


def _untag(loader: yaml.SafeLoader, node: yaml.Node, path: Path, tags: dict[Path, str]) -> None:
    """Give each node under a local tag the tag that it would have without."""
    if node.tag.startswith("!"):
        tags[path] = node.tag
        plain = getattr(node, "style", None) is None
        node.tag = str(loader.resolve(type(node), node.value, (plain, not plain)))  # type: ignore[no-untyped-call]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _untag(loader, value, (*path, key.value), tags)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _untag(loader, item, (*path, index), tags)


def _check_text(name: str, node: yaml.ScalarNode) -> None:
    """Half of a surrogate pair, which an escape can spell, is no character and cannot be written anywhere."""
    if bad := [char for char in node.value if "\ud800" <= char <= "\udfff"]:
        text = f"is not YAML: the character {ord(bad[0]):#x} may not stand there"
        raise ConfigError([Problem(name, node.start_mark.line + 1, text)])


def _problem(name: str, text: str, error: yaml.YAMLError) -> Problem:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Problem(name, line, f"is not YAML: the character {ord(text[error.position]):#x} may not stand there")
    mark = getattr(error, "problem_mark", None)
    why = getattr(error, "problem", None) or str(error)
    if why.startswith("but "):  # it goes on from what PyYAML calls the context
        why = f"{getattr(error, 'context', '')} {why}"
    return Problem(name, mark.line + 1 if mark else 1, f"is not YAML: {shortened(why)}")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base's signature
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the base's signature
        super().increase_indent(flow, indentless=False)


# Go's YAML reads `1e3`, `08` and `1_000` as numbers where PyYAML writes them plain: quote whatever starts like one.
_Dumper.add_implicit_resolver(
    "tag:difykit,number-like", re.compile(r"^[-+]?\.?[0-9][0-9a-fA-FxXoO_.:+-]*$"), list("-+.0123456789")
)


def _represent_str(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # YAML 1.1 takes some of them for the end of a line, and 1.2 does not.
    if any(char in text for char in "\x85\u2028\u2029\ufeff"):
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
    style = "|" if "\n" in text and not any(line.endswith((" ", "\t")) for line in text.split("\n")) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_str)


def dump(value: Any) -> str:
    """Write `value` as YAML that Compose, PyYAML and YAML 1.2 readers all read back the same."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6, default_flow_style=False)


@dataclass(frozen=True)
class YamlSpan:
    """Where a value stands in its text: from `start` up to `end`; `flow` when it is written in brackets."""

    start: int
    end: int
    flow: bool = False


def spans(text: str) -> dict[Path, YamlSpan]:
    """Where every value and every item of a YAML text stands, for edits that leave the rest of it as it is.

    The text is one that `load` accepts. A collection without brackets ends where its last value does.
    """
    collected: dict[Path, YamlSpan] = {}
    node = yaml.compose(text, Loader=_Loader)
    if node is not None:
        _find_spans(node, (), collected)
    return collected


def _find_spans(node: yaml.Node, path: Path, collected: dict[Path, YamlSpan]) -> int:
    inner: list[tuple[str | int, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        inner = [(key.value, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        inner = list(enumerate(node.value))
    ends = [_find_spans(child, (*path, step), collected) for step, child in inner]
    flow = isinstance(node, yaml.CollectionNode) and bool(node.flow_style)
    end = max(ends) if ends and not flow else node.end_mark.index
    collected[path] = YamlSpan(node.start_mark.index, end, flow)
    return end
