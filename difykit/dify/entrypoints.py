"""The scripts that start Dify's own images: which settings they read, and which they fill from others.

Read from the release itself, `api/docker/entrypoint.sh` and `web/docker/entrypoint.sh`; both are in every release from
1.0.0 on. A line that stands inside an `if` may not be run: only lines at the margin fill a setting for sure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from difykit.dify import layout, services

SCRIPTS = {services.API_IMAGE: layout.ENTRYPOINT, services.WEB_IMAGE: "web/docker/entrypoint.sh"}
"""The image → the script that starts it, in the release."""

_ASSIGNMENT = re.compile(r"^(?P<margin>[ \t]*)(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)=(?P<value>.*)$", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<inner>.*)(?P=quote)""")


@dataclass(frozen=True)
class Entrypoint:
    """What a script that starts an image does with the variables that the container gets."""

    reads: frozenset[str] = frozenset()
    """The variables that decide something."""
    filled: Mapping[str, str] = field(default_factory=dict)
    """Those that it always sets itself, each with the value that it gives them, as it is written."""

    def sources(self, key: str) -> tuple[str, ...]:
        """The variables that fill `key`; () where the container's own value of it counts."""
        names = tuple(dict.fromkeys(variables(self.filled.get(key, ""))))
        return () if key in names else names


def read_entrypoint(script: str) -> Entrypoint:
    """What `script` does; nothing for an empty one."""
    text = _COMMENT.sub("", script.replace("\r\n", "\n"))
    filled = {name: value for name, value, margin in _assignments(text) if not margin}
    own: set[str] = set()
    for name, value, _ in _assignments(text):
        if name not in variables(value):
            own.add(name)
    return Entrypoint(frozenset(variables(text)) - own, filled)


def variables(text: str) -> list[str]:
    """The variables of the shell that `text` names, in their order."""
    return _VARIABLE.findall(text)


def _assignments(text: str) -> Iterator[tuple[str, str, str]]:
    """(name, value, what stands before it on its line)."""
    for match in _ASSIGNMENT.finditer(text):
        value = match["value"].strip()
        quoted = _QUOTED.fullmatch(value)
        yield match["name"], quoted["inner"] if quoted else value, match["margin"]
