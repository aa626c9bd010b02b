"""Whether the gateway's template sends each overlay's route where it should go."""

from __future__ import annotations

import re
from collections.abc import Iterable

from difykit.manifest import Route

TEMPLATE = "nginx/conf.d/default.conf.template"
_BLOCK = re.compile(r"^[ \t]*location[ \t]+([^{}\n]*?)[ \t]*\{([^{}]*)\}", re.MULTILINE)
_PASS = re.compile(r"^\s*proxy_pass\s+https?://([A-Za-z0-9_-]+)", re.MULTILINE)


def gateway_faults(template: str, routes: Iterable[Route]) -> list[str]:
    """Why a route would not reach its service: no location, another service, or a place after `location /`.

    Comments are left out, so a commented location counts for nothing.
    """
    text = re.sub(r"#[^\n]*", "", template)
    blocks = [(match[1].split()[-1:], match[2]) for match in _BLOCK.finditer(text)]
    order = [name[0] if name else "" for name, _ in blocks]
    last = order.index("/") if "/" in order else len(order)
    faults: list[str] = []
    for route in routes:
        if route.path not in order:
            faults.append(f"no location for {route.path}: nginx would send it to web")
            continue
        at = order.index(route.path)
        target = _PASS.search(blocks[at][1])
        if at > last:
            faults.append(f"the location for {route.path} stands after `location /`")
        if target is None or target[1] != route.to:
            faults.append(f"the location for {route.path} goes to {target[1] if target else 'nothing'}, not {route.to}")
    return faults
