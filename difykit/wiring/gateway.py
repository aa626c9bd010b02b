"""The gateway's part: a `location` for each route, since Dify's nginx sends every prefix it does not know to web.

Exactly one line `location / {` stands in the template of all 53 releases from 0.14.0 to 1.15.0.
"""

from __future__ import annotations

from collections.abc import Sequence

from difykit.errors import DifyKitError
from difykit.manifest import Route

TEMPLATE = "docker/nginx/conf.d/default.conf.template"
_ADDRESS = {"api": "http://api:5001", "web": "http://web:3000"}


def wire_gateway(template: str, routes: Sequence[tuple[str, Route]]) -> str:
    """The nginx template with a location for each (overlay, route), before the one that catches the rest.

    Raises DifyKitError when the template has no single `location /`, or routes the path already.
    """
    lines = template.splitlines(keepends=True)
    catch_all = [number for number, line in enumerate(lines) if line.split() == ["location", "/", "{"]]
    if len(catch_all) != 1:
        raise DifyKitError(
            f"{TEMPLATE} of this release has {len(catch_all)} lines `location / {{`, not one",
            hint="a patch of yours may have changed it; else report the release to difykit",
        )
    at = catch_all[0]
    pad = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    taken = {words[-2].rstrip("/") for line in lines if (words := line.split())[:1] == ["location"] and len(words) > 2}
    ours: set[str] = set()
    added: list[str] = []
    for overlay, route in routes:
        if route.path.rstrip("/") in taken:
            raise DifyKitError(
                f"overlay {overlay}: {route.path} is routed by Dify itself", hint="choose another path for the route"
            )
        if route.path.rstrip("/") in ours:
            raise DifyKitError(f"overlay {overlay}: {route.path} is routed twice", hint="keep one of the routes")
        ours.add(route.path.rstrip("/"))
        added += [
            f"{pad}# overlay {overlay}\n",
            f"{pad}location {route.path} {{\n",
            f"{pad}  proxy_pass {_ADDRESS[route.to]};\n",
            f"{pad}  include proxy.conf;\n",
            f"{pad}}}\n",
            "\n",
        ]
    return "".join(lines[:at] + added + lines[at:])
