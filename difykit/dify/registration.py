"""How Dify's api declares endpoints: what an endpoint's module looks like, and where all are registered.

`init_app` of `layout.BLUEPRINTS` has existed since 0.13.0; it is found by `ast`, and a release without it is refused.
Dify logs requests in by the *name* of their blueprint, so an endpoint of the console has to join its namespace.
"""

from __future__ import annotations

REGISTER = "init_app"
"""The function that registers every blueprint."""
MIGRATE = ["flask", "upgrade-db"]
"""Brings Dify's own tables up to date; it loads all of api, so a module that cannot be imported stops it."""
CONSOLE_MODULE = "controllers.console"
CONSOLE_NAMESPACE = "console_ns"
"""From 1.9.0 on."""
CONSOLE_DECLARATIONS = frozenset(
    {(CONSOLE_NAMESPACE, "route"), (CONSOLE_NAMESPACE, "add_resource"), ("api", "add_resource")}
)
"""The object and method that put an endpoint into a namespace; `api` up to 1.8.1, and not only the console's."""
