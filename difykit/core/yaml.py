"""YAML as Compose and people mean it: 1.2 scalars, line numbers, no duplicate keys, no alias bombs."""

from __future__ import annotations

import re
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import yaml

from difykit.core import yaml_loaders
from difykit.core.errors import ConfigError, Problem, shortened
from difykit.core.yaml_loaders import INT, Loader, NotAlike, TooDeep, TooMuch

Path = tuple[str | int, ...]

LARGEST = 4 << 20
"""How many bytes a YAML file may have: five times the largest of a Dify release (pnpm-lock.yaml of 1.15.0)."""


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
    if quick := yaml_loaders.quick(text, local_tags=local_tags):
        with suppress(NotAlike, TooDeep, yaml.YAMLError, ValueError, LookupError, AttributeError):
            return _document(name, quick, local_tags=local_tags)
    try:
        return _document(name, yaml_loaders.plain(text, local_tags=local_tags), local_tags=local_tags)
    except yaml.YAMLError as error:
        raise ConfigError([_problem(name, text, error)]) from error
    except TooDeep as error:
        raise ConfigError([Problem(name, error.line, str(error))]) from error
    except (ValueError, LookupError, AttributeError) as error:  # a tag such as !!int or !!bool on what is none
        text = f"is not YAML: a tag does not fit its value ({shortened(str(error))})"
        raise ConfigError([Problem(name, 1, text)]) from error


def _document(name: str, loader: Loader, *, local_tags: bool) -> Document:
    lines: dict[Path, int] = {}
    tags: dict[Path, str] = {}
    try:
        node = loader.get_single_node()
        if node is not None:
            _walk(name, node, (), lines)
            if local_tags:
                _untag(loader, node, (), tags)
        value = loader.construct_document(node) if node is not None else None
    except TooMuch as error:
        if isinstance(error, TooDeep):
            raise
        raise ConfigError([Problem(name, error.line, str(error))]) from error
    finally:
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
            if INT.match(key.value):
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
    node = yaml.compose(text, Loader=Loader)
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
