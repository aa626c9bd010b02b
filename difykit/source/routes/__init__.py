"""Which addresses a release has, and what a route of an overlay would take of them, as nginx matches it."""

from difykit.source.routes.addresses import Addresses, read_addresses
from difykit.source.routes.check import check_routes, double_pages, hidden_pages, route_problems, taken

__all__ = ["Addresses", "check_routes", "double_pages", "hidden_pages", "read_addresses", "route_problems", "taken"]
