"""Whether a new overlay's address is free: of Dify's own addresses, and of other overlays'.

The gateway routes by prefix, so `/in` would open Dify's `/inner/api` to everyone, and a page `/files-of-mine` would
never reach web. Listed are Dify's addresses so far; a fetched release is looked at too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.files import tree_files
from difykit.dify import addresses, gateway, layout, services
from difykit.git import Tree
from difykit.source.routes import read_addresses, taken
from difykit.workspace.manifest import Route
from difykit.workspace.workspace import Overlay


def check_free(name: str, kind: str, overlays: Sequence[Overlay], tree: Tree | None) -> None:
    """Raises DifyKitError when the address of an overlay `name` of this kind is taken, and says by whom."""
    check = {"endpoint": _endpoint, "table": _endpoint, "page": _page, "console-endpoint": _console}.get(kind)
    fault = check(name, overlays, tree) if check else ""
    if not fault and check is _endpoint and tree is not None:  # as `sync` and `overlay.check` hold it against the pin
        fault = taken(Route(path=f"/{name}"), read_addresses(tree))
    if fault:
        raise DifyKitError(f"{name} cannot be the name of a new {kind}: {fault}", hint="choose another name")


def _endpoint(name: str, overlays: Sequence[Overlay], tree: Tree | None) -> str:
    owner = dict.fromkeys(_of_dify(tree), "Dify")
    for overlay in overlays:
        owner |= dict.fromkeys(_pages(path for path, _ in _files(overlay)), f"the overlay {overlay.name}")
        owner |= {route.path[1:]: f"the overlay {overlay.name}" for route in _routes(overlay) if route.path[1:] == name}
    path = min((path for path in owner if path.startswith(name)), default="")
    return f"the gateway would send /{path}, which is of {owner[path]}, to it" if path else ""


def _page(name: str, overlays: Sequence[Overlay], tree: Tree | None) -> str:
    if name in _of_dify(tree):
        return f"/{name} is of Dify"
    starts = dict.fromkeys(addresses.TO_API, "Dify's api")
    for overlay in overlays:
        if name in _pages(path for path, _ in _files(overlay)):
            return f"/{name} is of the overlay {overlay.name}"
        starts |= {route.path[1:]: f"the overlay {overlay.name}" for route in _routes(overlay)}
    start = next((start for start in starts if name.startswith(start)), "")
    return f"the gateway sends all that begins with /{start} to {starts[start]}" if start else ""


def _console(name: str, overlays: Sequence[Overlay], tree: Tree | None) -> str:
    literal = re.compile(rf"""["']/{re.escape(name)}["']""")
    own = tree.under(layout.CONSOLE) if tree else []
    texts = (blob[1].decode("utf-8", "replace") for path in own if tree and (blob := tree.read(path)))
    if name in addresses.CONSOLE or any(map(literal.search, texts)):
        return f"/console/api/{name} is of Dify"
    for overlay in overlays:
        modules = {f"{layout.API}/{module.replace('.', '/')}.py" for module in overlay.manifest.api.console}
        if any(path in modules and literal.search(text) for path, text in _files(overlay)):
            return f"/console/api/{name} is of the overlay {overlay.name}"
    return ""


def _of_dify(tree: Tree | None) -> set[str]:
    """The first parts of Dify's addresses."""
    parts = set(addresses.PATHS)
    if tree is not None:
        template = tree.read(gateway.TEMPLATE)
        locations = gateway.parse(template[1].decode("utf-8", "replace")) if template else ()
        paths = (location.path for location in locations)
        parts.update(path.split("/")[1] for path in paths if path.startswith("/") and path != "/")
        parts.update(_pages(tree.under(layout.PAGES)))
        parts.update(path.split("/")[2] for path in tree.under(layout.PUBLIC))
    return parts


def _pages(paths: Iterable[str]) -> set[str]:
    """The first parts of the addresses of web's pages; folders in parentheses are not part of them."""
    parts = (
        [part for part in path.split("/") if part[0] != "("] for path in paths if path.startswith(f"{layout.PAGES}/")
    )
    return {part[2] for part in parts if len(part) > 3 and re.fullmatch(r"(?:page|route)\.[jt]sx?", part[-1])}


def _routes(overlay: Overlay) -> list[Route]:
    return [route for route in overlay.manifest.gateway.routes if services.ROUTED[route.to] == services.API]


def _files(overlay: Overlay) -> Iterator[tuple[str, str]]:
    """The whole files of an overlay, for any release, as (path, text)."""
    for entry in overlay.manifest.trees:
        folder = overlay.folder / entry.source
        for path, file_path in tree_files(folder) if folder.is_dir() else ():
            if file_path.is_file():
                yield path, files.read_bytes(file_path, limit=files.TREE).decode("utf-8", "replace")
