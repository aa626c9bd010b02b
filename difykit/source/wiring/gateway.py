"""The gateway's part: a `location` for each route, since Dify's nginx sends every prefix it does not know to web."""

from __future__ import annotations

from collections.abc import Sequence

from difykit.core.errors import DifyKitError
from difykit.dify import gateway, services
from difykit.workspace.manifest import Route


def wire_gateway(template: str, routes: Sequence[tuple[str, Route]]) -> str:
    """The nginx template with a location for each (overlay, route), before the one that catches the rest.

    Raises DifyKitError when the template has no single `location /`, or routes the path already.
    """
    locations = gateway.parse(template)
    catch_all = [location.line for location in locations if location.catches_all]
    if len(catch_all) != 1:
        raise DifyKitError(
            f"{gateway.TEMPLATE} of this release has {len(catch_all)} lines `location / {{`, not one",
            hint="a patch of yours may have changed it; else report the release to difykit",
        )
    lines = template.split("\n")
    line_number = catch_all[0]
    pad = lines[line_number][: len(lines[line_number]) - len(lines[line_number].lstrip())]
    upstream_paths = {location.path.rstrip("/") for location in locations}
    added_paths: set[str] = set()
    added: list[str] = []
    for overlay, route in routes:
        if route.path.rstrip("/") in upstream_paths:
            raise DifyKitError(
                f"overlay {overlay}: {route.path} is routed by Dify itself", hint="choose another path for the route"
            )
        if route.path.rstrip("/") in added_paths:
            raise DifyKitError(f"overlay {overlay}: {route.path} is routed twice", hint="keep one of the routes")
        added_paths.add(route.path.rstrip("/"))
        added += [
            f"{pad}# overlay {overlay}",
            f"{pad}location {route.path} {{",
            f"{pad}  proxy_pass {services.ADDRESS[services.ROUTED[route.to]]};",
            f"{pad}  include proxy.conf;",
            f"{pad}}}",
            "",
        ]
    return "\n".join(lines[:line_number] + added + lines[line_number:])
