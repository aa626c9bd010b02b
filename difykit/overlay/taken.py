"""Whether a new overlay's address is free: of Dify's own addresses, and of other overlays'.

The gateway routes by prefix, so `/in` would open Dify's `/inner/api` to everyone, and a page `/files-of-mine` would
never reach web. The names below are those of all 41 releases 1.0.0 to 1.15.0; a fetched release is looked at too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from difykit import files
from difykit.dify import gateway
from difykit.errors import DifyKitError
from difykit.files import tree_files
from difykit.git import Tree
from difykit.manifest import Route
from difykit.workspace import Overlay

TO_API = ("api", "files", "mcp", "openapi", "triggers", "v1")
"""What the gateway sends to api, whatever follows."""

_WEB = """
    account activate agent app apps auth chat chatbot completion components datasets deployments dev-only dev-preview
    device education-apply explore forgot-password form init install installed integrations marketplace oauth-callback
    plugins repos reset-password roster serwist signin signup snippets tools webapp-reset-password webapp-signin
    workflow _next _offline.html apple-touch-icon.png browserconfig.xml education embed.js embed.min.js favicon.ico
    icon-192x192.png logo manifest.json pdf.worker.min.mjs screenshots vs workbox-c05e7c83.js
"""
# Of the gateway, and of api where only the inner network reaches it.
_OTHERS = "console e socket.io inner health threads db-pool-stat"
PATHS = frozenset((*_WEB.split(), *_OTHERS.split(), *TO_API))
"""The first parts of Dify's own addresses."""

_CONSOLE = """
    activate agent all-workspaces api-based-extension app-dsl-version apps code-based-extension datasets
    email-code-login email-register features forgot-password icon info init installed-apps instruction-generate login
    logout notification ping refresh-token reset-password rule-code-generate rule-generate
    rule-structured-output-generate setup system-features tag-bindings tags trial-models v1 version workflow-generate
    workspaces
"""
CONSOLE = frozenset(_CONSOLE.split())
"""What follows `/console/api/` in Dify's own addresses of one word."""


def check_free(name: str, kind: str, others: Sequence[Overlay], tree: Tree | None) -> None:
    """Raises DifyKitError when the address of an overlay `name` of this kind is taken, and says by whom."""
    check = {"endpoint": _endpoint, "table": _endpoint, "page": _page, "console-endpoint": _console}.get(kind)
    if check and (taken := check(name, others, tree)):
        raise DifyKitError(f"{name} cannot be the name of a new {kind}: {taken}", hint="choose another name")


def _endpoint(name: str, others: Sequence[Overlay], tree: Tree | None) -> str:
    owner = dict.fromkeys(_of_dify(tree), "Dify")
    for other in others:
        owner |= dict.fromkeys(_pages(path for path, _ in _files(other)), f"the overlay {other.name}")
        owner |= {route.path[1:]: f"the overlay {other.name}" for route in _routes(other) if route.path[1:] == name}
    path = min((path for path in owner if path.startswith(name)), default="")
    return f"the gateway would send /{path}, which is of {owner[path]}, to it" if path else ""


def _page(name: str, others: Sequence[Overlay], tree: Tree | None) -> str:
    if name in _of_dify(tree):
        return f"/{name} is of Dify"
    starts = dict.fromkeys(TO_API, "Dify's api")
    for other in others:
        if name in _pages(path for path, _ in _files(other)):
            return f"/{name} is of the overlay {other.name}"
        starts |= {route.path[1:]: f"the overlay {other.name}" for route in _routes(other)}
    start = next((start for start in starts if name.startswith(start)), "")
    return f"the gateway sends all that begins with /{start} to {starts[start]}" if start else ""


def _console(name: str, others: Sequence[Overlay], tree: Tree | None) -> str:
    literal = re.compile(rf"""["']/{re.escape(name)}["']""")
    own = tree.under("api/controllers/console") if tree else []
    texts = (blob[1].decode("utf-8", "replace") for path in own if tree and (blob := tree.read(path)))
    if name in CONSOLE or any(map(literal.search, texts)):
        return f"/console/api/{name} is of Dify"
    for other in others:
        modules = {f"api/{module.replace('.', '/')}.py" for module in other.manifest.api.console}
        if any(path in modules and literal.search(text) for path, text in _files(other)):
            return f"/console/api/{name} is of the overlay {other.name}"
    return ""


def _of_dify(tree: Tree | None) -> set[str]:
    """The first parts of Dify's addresses."""
    found = set(PATHS)
    if tree is not None:
        template = tree.read(gateway.TEMPLATE)
        locations = gateway.parse(template[1].decode("utf-8", "replace")) if template else ()
        found.update(at.path.split("/")[1] for at in locations if at.path.startswith("/") and at.path != "/")
        found.update(_pages(tree.under("web/app")))
        found.update(path.split("/")[2] for path in tree.under("web/public"))
    return found


def _pages(paths: Iterable[str]) -> set[str]:
    """The first parts of the addresses of web's pages; folders in parentheses are not part of them."""
    parts = ([part for part in path.split("/") if part[0] != "("] for path in paths if path.startswith("web/app/"))
    return {part[2] for part in parts if len(part) > 3 and re.fullmatch(r"(?:page|route)\.[jt]sx?", part[-1])}


def _routes(overlay: Overlay) -> list[Route]:
    return [route for route in overlay.manifest.gateway.routes if route.to == "api"]


def _files(overlay: Overlay) -> Iterator[tuple[str, str]]:
    """The whole files of an overlay, for any release, as (path, text)."""
    for entry in overlay.manifest.trees:
        folder = overlay.folder / entry.source
        for path, place in tree_files(folder) if folder.is_dir() else ():
            if place.is_file():
                yield path, files.read_bytes(place, limit=files.TREE).decode("utf-8", "replace")
