"""nginx's template of Dify's gateway, read once into values: which paths go to which service, and where a route fits.

Read from the release itself, `docker/nginx/conf.d/default.conf.template`. Two forms are known: up to 1.16.1 a location
names its service in `proxy_pass`; later ones `set` a variable to it first, so that nginx looks the address up at each
request. Exactly one line `location / {` stands in 0.14.0 to 1.16.1; whoever needs it says where it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

RELOAD = ["nginx", "-s", "reload"]
"""What makes a gateway look its services' addresses up again, without an interruption."""
FOLDER = "docker/nginx"
TEMPLATE = f"{FOLDER}/conf.d/default.conf.template"
# A comment, a sign of nginx's own grammar, or a word, in which the container's variables stand as `${NAME}`.
_TOKEN = re.compile(r"""#[^\n]*|[{};]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?:\$\{\w*\}|[^\s{};])+""")
_PLACEHOLDER = re.compile(r"\$\{\w+\}")
_NAME = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_SERVICE = re.compile(r"https?://([A-Za-z0-9_.-]+)")


@dataclass(frozen=True)
class Location:
    """A block `location` of the template: what it matches, and where it sends what it matches."""

    modifier: str
    """`=`, `~`, `~*`, `^~`, or "" for a plain prefix."""
    path: str
    target: str
    """What `proxy_pass` says, its own variables not filled in; "" for a location that passes nothing on."""
    variables: tuple[tuple[str, str], ...]
    line: int
    """The line that it begins on, from 0."""
    starts_line: bool

    def destination(self, environment: Mapping[str, str] | None = None) -> str:
        """Where it sends requests, with the variables filled in from its own `set`, then from the container's."""
        container = environment or {}
        own = {name: _filled(value, container) for name, value in self.variables}
        return _filled(self.target, {**container, **own})

    @property
    def service(self) -> str:
        """The host that it sends requests to by the template alone; "" where only the container knows it."""
        match = _SERVICE.match(self.destination())
        return match[1] if match else ""

    @property
    def is_prefix(self) -> bool:
        """Whether it matches all that begins with its path."""
        return self.modifier in {"", "^~"} and self.path.startswith("/")

    @property
    def catches_all(self) -> bool:
        """Whether it takes what no other does, and a route can be inserted before its line."""
        return not self.modifier and self.path == "/" and self.starts_line


def parse(template: str) -> tuple[Location, ...]:
    """The locations of a template, in its order, without those in comments; of broken nginx what can be read."""
    return tuple(_locations(_tokens(template), template.split("\n")))


def _tokens(template: str) -> Iterator[tuple[str, int, int]]:
    """(token, line, column), without the comments."""
    line, start, position = 0, 0, 0
    for match in _TOKEN.finditer(template):
        newlines = template.count("\n", position, match.start())
        if newlines:
            line, start = line + newlines, template.rindex("\n", 0, match.start()) + 1
        position = match.start()
        if not match[0].startswith("#"):
            yield match[0], line, match.start() - start


def _locations(tokens: Iterable[tuple[str, int, int]], lines: list[str]) -> Iterator[Location]:
    """One location per closed block of that name; directives in its inner blocks count as its own."""
    head: list[tuple[str, int, int]] = []
    blocks: list[tuple[list[tuple[str, int, int]], list[list[str]]]] = []
    for token in tokens:
        text = token[0]
        if text == "{":
            blocks.append((head, []))
            head = []
        elif text == ";":
            for _, directives in blocks:
                directives.append([word for word, _, _ in head])
            head = []
        elif text == "}":
            if blocks and (location := _location(*blocks.pop(), lines)):
                yield location
            head = []
        elif head or not _PLACEHOLDER.fullmatch(text):  # one that stands alone becomes directives of its own
            head.append(token)


def _location(head: list[tuple[str, int, int]], directives: list[list[str]], lines: list[str]) -> Location | None:
    words = [word for word, _, _ in head]
    if words[:1] != ["location"] or len(words) < 2:
        return None
    _, line, column = head[0]
    targets = [words[1] for words in directives if words[0:1] == ["proxy_pass"] and len(words) > 1]
    return Location(
        modifier=words[1] if len(words) > 2 else "",
        path=words[-1],
        target=targets[0] if targets else "",
        variables=tuple(
            (words[1].lstrip("$"), words[2]) for words in directives if words[0:1] == ["set"] and words[2:]
        ),
        line=line,
        starts_line=not lines[line][:column].strip(),
    )


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _NAME.sub(lambda match: values.get(match[1] or match[2], ""), text)
