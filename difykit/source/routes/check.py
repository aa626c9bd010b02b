"""Routes held against all that a release answers already, as nginx matches them: by the longest prefix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from difykit.core.errors import ConfigError, Problem, in_line, shortened
from difykit.dify import pages, services
from difykit.dify.gateway import TEMPLATE, Location
from difykit.git import Tree
from difykit.source.routes.addresses import Addresses, SourceAddress, read_addresses
from difykit.workspace.manifest import Route
from difykit.workspace.overlay_files import laid_files
from difykit.workspace.workspace import Overlay

_HINT = (
    "choose a path that no address of Dify's begins with, such as /my-orders; to take one on purpose, write the"
    f" location into {TEMPLATE} by an edit"
)
_SHOWN = 6
_PLURAL = {"a page": "pages", "a file of web": "files of web"}


def check_routes(overlays: Sequence[Overlay], tree: Tree) -> None:
    """Raises ConfigError with every route that would take what the source in `tree` answers already."""
    if not any(overlay.manifest.gateway.routes for overlay in overlays):
        return
    if problems := route_problems(overlays, read_addresses(tree, overlays)):
        raise ConfigError(problems, hint=_HINT)


def route_problems(overlays: Iterable[Overlay], addresses: Addresses) -> list[Problem]:
    """Every route of the overlays that would take an address, with its line."""
    return [
        overlay.problem(("gateway", "routes", index, "path"), f"gateway.routes.{index}: {fault}")
        for overlay in overlays
        for index, route in enumerate(overlay.manifest.gateway.routes)
        if (fault := taken(route, addresses))
    ]


def taken(route: Route, addresses: Addresses) -> str:
    """What a route would take, in a sentence; "" where it takes nothing."""
    return _by_location(route, addresses) or _by_address(route, addresses)


def hidden_pages(overlays: Iterable[Overlay], addresses: Addresses) -> list[Problem]:
    """The pages of overlays that nobody would see, since the gateway sends their addresses elsewhere."""
    enabled = [*overlays]
    prefixes = {location.path: _service(location) for location in addresses.locations if location.is_prefix}
    routed = {route.path: services.ROUTED[route.to] for overlay in enabled for route in overlay.manifest.gateway.routes}
    problems = []
    for page in (page for page in addresses.web if page.file):
        fits = [path for path in {**prefixes, **routed} if f"{page.start}/".startswith(path)]
        longest = max(fits, key=len, default="/")
        service = routed.get(longest) or prefixes.get(longest, services.WEB)
        if service != services.WEB:
            text = f"nobody would see this page: the gateway sends all that begins with {longest} to {service}"
            problems.append(Problem(page.file, 0, text))
    return problems


def double_pages(overlays: Iterable[Overlay], paths: Iterable[str]) -> list[Problem]:
    """The pages of overlays that Next.js does not build beside others of the source, whose `paths` these are."""
    owned = laid_files(overlays)
    all_paths = [*paths]
    same = pages.same_addresses(all_paths)
    rows = [(pair, "makes the address that {} makes") for pair in same]
    rows += [
        (pair, "calls a part of its address otherwise than {}")
        for pair in pages.other_names(all_paths)
        if pair not in same
    ]
    problems = []
    for (path, other), text in rows:
        first, second = (path, other) if path in owned else (other, path)
        if first in owned:
            label = owned[second].label if second in owned else second
            problems.append(Problem(owned[first].label, 0, f"{text.format(label)}, and Next.js builds neither"))
    return problems


def _by_location(route: Route, addresses: Addresses) -> str:
    """Why the gateway's own locations stand against a route, or ""."""
    path, bare = route.path, route.path.rstrip("/")
    for location in addresses.locations:
        if location.path != "/" and location.path.rstrip("/") == bare:
            return f"{path} is routed by Dify itself, to {_service(location)}"
        if location.modifier.startswith("~") and _matches(location, path):
            return f"{path} would not be reached: Dify's gateway has `location {location.modifier} {location.path}`"
    for written in addresses.written:
        if f"{bare}/".startswith(f"{written.rstrip('/')}/"):
            return f"{path} is inside {written}, which the gateway answers itself"
    around = [
        location
        for location in addresses.locations
        if location.is_prefix and location.path != "/" and bare.startswith(f"{location.path.rstrip('/')}/")
    ]
    if not around:
        return ""
    nearest = max(around, key=lambda location: len(location.path))
    service = _service(nearest)
    if service == services.WEB:
        return ""
    own = f" already: {nearest.path} needs no route" if service == services.ROUTED[route.to] else ""
    return f"{path} would take what begins with it from {nearest.path}, which Dify sends to {service}{own}"


def _by_address(route: Route, addresses: Addresses) -> str:
    """Which addresses of web a route would take, and which of api it would open, or ""."""
    service = services.ROUTED[route.to]
    pages_of_dify = [address for address in addresses.web if not address.file]  # `hidden_pages` tells of overlays'
    web = [*_within(route.path, pages_of_dify, addresses.locations)] if service != services.WEB else []
    api = [*_within(route.path, addresses.api, addresses.locations)] if service == services.API else []
    parts = []
    if web:
        parts.append(f"take {_listed(route.path, web)}")
    if api:
        parts.append(f"open to everyone {_listed(route.path, api)}, which Dify's gateway sends nobody to")
    return f"{route.path} would {' and '.join(parts)}" if parts else ""


def _within(path: str, addresses: Iterable[SourceAddress], locations: Sequence[Location]) -> Iterator[SourceAddress]:
    """The addresses that nginx would give to a location at `path`; a longer one of Dify's keeps its own."""
    longer = [location.path for location in locations if location.is_prefix and len(location.path) > len(path)]
    for address in addresses:
        if _begins(path, address) and not any(f"{address.start}/".startswith(other) for other in longer):
            yield address


def _begins(path: str, address: SourceAddress) -> bool:
    """Whether an address begins with a path; the last part of one without a slash at its end may go on."""
    parts = path.strip("/").split("/")
    for index, part in enumerate(parts):
        if index == len(address.segments):
            return address.entire
        segment = address.segments[index]
        if pages.is_rest(segment):
            return True
        if pages.is_any(segment):
            continue
        if index == len(parts) - 1 and not path.endswith("/"):
            return segment.startswith(part)
        if segment != part:
            return False
    return True


def _listed(path: str, addresses: Sequence[SourceAddress]) -> str:
    """Addresses by their owners, no deeper than the path asks for."""
    depth = len(path.strip("/").split("/"))
    owners: dict[str, dict[str, None]] = {}
    for address in addresses:
        shown = address.segments if address.entire else address.segments[:depth]
        owners.setdefault(address.owner, {})["/" + "/".join(shown)] = None
    return " and ".join(_some([*names], owner) for owner, names in owners.items())


def _some(names: Sequence[str], owner: str) -> str:
    label = owner if len(names) == 1 else _PLURAL.get(owner, owner)
    return f"{in_line([*map(shortened, names)], _SHOWN)} ({label})"


def _service(location: Location) -> str:
    return location.service or "a service of its own"


def _matches(location: Location, path: str) -> bool:
    try:
        return bool(re.search(location.path.strip("\"'"), path, re.IGNORECASE if "*" in location.modifier else 0))
    except re.error:
        return False
