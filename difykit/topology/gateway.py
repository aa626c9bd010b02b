"""Which paths the gateway's template sends where."""

from __future__ import annotations

import re
from collections.abc import Mapping

from difykit.topology.hosts import Address, addresses

TEMPLATE = "nginx/conf.d/default.conf.template"
_LOCATION = re.compile(r"^[ \t]*location[ \t]+([^{}\n]*?)[ \t]*\{((?:[^{}]|\$\{[^{}]*\})*)\}", re.MULTILINE)
_PASS = re.compile(r"^\s*proxy_pass\s+(?:https?://)?([^;\s]+)", re.MULTILINE)
_SET = re.compile(r"^\s*set\s+\$(\w+)\s+([^;\s]+)", re.MULTILINE)
_NAME = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def routes(template: str, environment: Mapping[str, str]) -> dict[Address, tuple[str, ...]]:
    """For each host the paths that go to it; a variable is nginx's own from `set`, or of the container."""
    text = re.sub(r"(?m)(?:^|\s)#[^\n]*", "", template)
    found: dict[Address, list[str]] = {}
    for match in _LOCATION.finditer(text):
        path, body = match[1].split()[-1:], match[2]
        own = {name: _filled(value, environment) for name, value in _SET.findall(body)}
        target = _PASS.search(body)
        for address in addresses(_filled(target[1], {**environment, **own})) if target and path else ():
            found.setdefault(address, []).append(path[0])
    return {address: tuple(sorted(set(paths))) for address, paths in found.items()}


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _NAME.sub(lambda match: values.get(match[1] or match[2], ""), text)
