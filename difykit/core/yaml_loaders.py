"""What reads YAML into nodes and values: PyYAML's own scanner, and libyaml's where the two are sure to read alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

if TYPE_CHECKING:
    from yaml._yaml import CParser
else:
    CParser = yaml.cyaml.CParser if yaml.__with_libyaml__ else object

# YAML 1.1 reads `yes` as true, `8080:22` as 484822 and `0o17`-less octals; Compose and people read 1.2.
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
INT = re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")
_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_NOT_ALIKE = re.compile(
    r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|^%|\?(?:\s|$)"
    r"|!(?:[\s,\[\]{}<]|$|\S*[!,])|[|>][-+0-9]*#",
    re.MULTILINE,
)
"""Tabs, other ends of lines, directives, keys behind `?`, odd tags, `|#`: libyaml reads them otherwise."""

MOST_NODES = 50_000
"""How many keys and values, with what aliases repeat: the largest file of a Dify has 38,000, its Compose file 3,000."""
DEEPEST = 100
"""How many lists and mappings in each other: Dify's files have 10, and Python itself ends at some 300."""


class TooMuch(Exception):
    """A bound is passed at `line`."""

    def __init__(self, mark: yaml.Mark, text: str) -> None:
        super().__init__(text)
        self.line = mark.line + 1


class TooDeep(TooMuch):
    """The bound is DEEPEST."""

    def __init__(self, mark: yaml.Mark) -> None:
        super().__init__(mark, "nested too deeply")


class NotAlike(Exception):
    """PyYAML's own scanner may read this otherwise than libyaml."""


class _Bounded(Composer, SafeConstructor, Resolver):
    """Refuses what is too much while it reads, before anything is made of it or walks it."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as the base declares it

    def _begin(self) -> None:
        self._depth = 0
        self._nodes = 0
        self._repeated = 0
        self._anchored: dict[int, int] = {}
        """For each node with an anchor, how many it is, with what aliases repeat in it."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event, before = self.peek_event(), self._nodes  # type: ignore[attr-defined]
        alias = isinstance(event, yaml.AliasEvent)
        if self._depth > DEEPEST:
            raise TooDeep(event.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if alias and id(node) not in self._anchored:
            raise TooDeep(event.start_mark)
        self._repeated += self._anchored[id(node)] if alias else 0
        self._nodes += self._anchored[id(node)] if alias else 1
        if self._nodes > MOST_NODES:
            multiplied = self._repeated > MOST_NODES / 2
            why = "its aliases multiply" if multiplied else f"difykit reads {MOST_NODES:,} keys and values of a file"
            raise TooMuch(event.start_mark, f"too many nodes: {why}")
        if not alias and event.anchor is not None:
            self._anchored[id(node)] = self._nodes - before
        return node

    def compose_scalar_node(self, anchor: dict[Any, yaml.Node]) -> yaml.ScalarNode:
        node = super().compose_scalar_node(anchor)
        # JSON spells a character above U+FFFF as two escapes.
        node.value = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), node.value)
        return node


class Loader(_Bounded, yaml.SafeLoader):
    """Reads all YAML, and says best what is none."""

    def __init__(self, stream: str) -> None:
        yaml.SafeLoader.__init__(self, stream)
        self._begin()

    def fetch_flow_collection_start(self, token: type[yaml.Token]) -> None:
        if self.flow_level >= DEEPEST:
            raise TooDeep(self.get_mark())
        super().fetch_flow_collection_start(token)


class _QuickLoader(_Bounded, CParser):
    """Reads in a quarter of the time what is no case of its own. Raises NotAlike."""

    def __init__(self, stream: str) -> None:
        CParser.__init__(self, stream)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self._begin()

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.ScalarNode) and not node.style:
            node.style = None  # as PyYAML's own scanner says it
            inside = parent.flow_style if isinstance(parent, yaml.CollectionNode) else None
            if (inside is not False and not node.value) or (inside and "?" in node.value):
                raise NotAlike  # what is not there stands elsewhere for libyaml, and `?` is of the word
        return node


class YamlText(str):
    """A string of a YAML file that knows its line, and the place in the text where its node starts."""

    __slots__ = ("line", "start")

    line: int
    start: int


class _LocalLoader(Loader):
    """Strings know where they stand."""


class _QuickLocalLoader(_QuickLoader):
    """Strings know where they stand."""


def _construct_int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    return int(text, 0) if text[:2] in {"0o", "0x"} else int(text, 10)


def _construct_text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> YamlText:
    text = YamlText(loader.construct_scalar(node))
    text.line, text.start = node.start_mark.line + 1, node.start_mark.index
    return text


for _tag, _pattern, _first in (
    ("bool", _BOOL, "tTfF"),
    ("int", INT, "-+0123456789"),
    ("float", _FLOAT, "-+.0123456789"),
    ("null", _NULL, ["~", "n", "N", ""]),
    ("merge", re.compile(r"^<<$"), "<"),
):
    _Bounded.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, list(_first))
_Bounded.add_constructor("tag:yaml.org,2002:int", _construct_int)
for _class in (_LocalLoader, _QuickLocalLoader):
    _class.add_constructor("tag:yaml.org,2002:str", _construct_text)


def quick(text: str, *, local_tags: bool) -> Any:
    """A loader that reads this text as `plain` does, and much sooner, or raises; None where none is sure to."""
    if not yaml.__with_libyaml__ or _NOT_ALIKE.search(text):
        return None
    return (_QuickLocalLoader if local_tags else _QuickLoader)(text)


def plain(text: str, *, local_tags: bool) -> Loader:
    """A loader for any text."""
    return (_LocalLoader if local_tags else Loader)(text)
