"""Bad inputs: overlays, their manifests, and what is wired."""

from __future__ import annotations

from tests.git.bad_inputs import AND_THEN, SHELL, Bad, after, files, overlay, settings
from tests.git.bad_inputs_settings import ENABLED
from tests.support.trees import Link

ROUTE = "gateway: {routes: [{path: %s}]}\n"
WIRED = "api: {blueprints: ['a:bp']}\n"
MODULE = {"api/a.py": "bp = 1\n"}
NO_ROUTE = "overlays/a/overlay.yaml:3: gateway.routes.0.path: %r is not a path of letters, digits and . _ ~ - /"

OVERLAYS = (
    Bad(
        "an overlay that is missing",
        settings(ENABLED % "nope"),
        "difykit.yaml:3: overlays: there is no overlay nope (no overlays/nope/overlay.yaml)",
    ),
    Bad(
        "two overlays that are missing",
        settings(ENABLED % "nope, nor-this"),
        (
            "difykit.yaml:3: overlays: there is no overlay nope (no overlays/nope/overlay.yaml)\n"
            "difykit.yaml:3: overlays: there is no overlay nor-this (no overlays/nor-this/overlay.yaml)"
        ),
    ),
    Bad(
        "an overlay with a slash",
        settings(ENABLED % "a/b"),
        "difykit.yaml:3: overlays.0: 'a/b' is not a name of a-z, 0-9 and '-'",
    ),
    Bad(
        "an overlay outside",
        settings(ENABLED % "'../a'"),
        "difykit.yaml:3: overlays.0: '../a' is not a name of a-z, 0-9 and '-'",
    ),
    Bad(
        "overlays for a shell",
        settings(ENABLED % f"'{SHELL}', '{AND_THEN}'"),
        (
            "difykit.yaml:3: overlays.0: '$(touch CANARY)' is not a name of a-z, 0-9 and '-'\n"
            "difykit.yaml:3: overlays.1: '; touch CANARY ;' is not a name of a-z, 0-9 and '-'"
        ),
    ),
    Bad(
        "a folder for a manifest",
        files({"difykit.yaml": ENABLED % "a", "overlays/a/overlay.yaml/x": ""}),
        "overlays/a/overlay.yaml: cannot be read: it is a folder, and no file",
    ),
    Bad(
        "a link to nothing for a manifest",
        files({"difykit.yaml": ENABLED % "a", "overlays/a/overlay.yaml": Link("no")}),
        "overlays/a/overlay.yaml: cannot be read: it is a link to no, which is not there",
    ),
    Bad(
        "a manifest without description", overlay("version: 1\n"), "overlays/a/overlay.yaml:1: description: is missing"
    ),
    Bad(
        "a manifest with three problems",
        overlay("rquires: {}\nenv: [A]\nedits: {}\n"),
        (
            "overlays/a/overlay.yaml:3: rquires: unknown key; did you mean requires?\n"
            "overlays/a/overlay.yaml:4: env: must be a mapping of keys and values\n"
            "overlays/a/overlay.yaml:5: edits: must be a list"
        ),
    ),
    Bad(
        "two manifests with problems",
        after(overlay("evn: {}\n"), "confilcts: []\n"),
        (
            "overlays/a/overlay.yaml:3: evn: unknown key; did you mean env?\n"
            "overlays/b/overlay.yaml:3: confilcts: unknown key; did you mean conflicts?"
        ),
    ),
    Bad(
        "a variable without value",
        overlay("env:\n  A:\n"),
        "overlays/a/overlay.yaml:4: env.A: must be a string; put it in quotes (nothing is given)",
    ),
    Bad(
        "a variable that is a command",
        overlay(f"env: {{'{SHELL}': x}}\n"),
        "overlays/a/overlay.yaml:3: env.$(touch CANARY): '$(touch CANARY)' is not the name of a variable",
    ),
    Bad(
        "a secret that is too short, for nobody",
        overlay("secrets: {T: {generate: 4, to: []}}\n"),
        (
            "overlays/a/overlay.yaml:3: secrets.T.generate: input should be greater than or equal to 16\n"
            "overlays/a/overlay.yaml:3: secrets.T.to: must have an entry"
        ),
    ),
    Bad(
        "an image and a distribution that are commands",
        overlay(f"images: ['{SHELL}']\napi: {{python: ['{AND_THEN}']}}\n"),
        (
            "overlays/a/overlay.yaml:3: images.0: '$(touch CANARY)' is not a name of a-z, 0-9 and '-'\n"
            "overlays/a/overlay.yaml:4: api.python.0: '; touch CANARY ;' is not a requirement such as some-package>=1"
            " (PEP 508)"
        ),
    ),
    Bad(
        "an overlay for another Dify",
        overlay("requires: {dify: '>=2'}\n"),
        "overlays/a/overlay.yaml:3: is for Dify >=2, but the pin is 1.0.0",
    ),
    Bad(
        "a range of releases that is none",
        overlay("requires: {dify: new}\n"),
        "overlays/a/overlay.yaml:3: requires.dify: 'new' is not a version range such as >=1.0,<2 (PEP 440)",
    ),
    Bad(
        "an overlay that needs one that is not enabled",
        overlay("requires:\n  overlays: [b]\n"),
        "overlays/a/overlay.yaml:4: requires the overlay b, which is not enabled in difykit.yaml",
    ),
    Bad(
        "an overlay that needs a later one",
        after(overlay("requires:\n  overlays: [b]\n")),
        "overlays/a/overlay.yaml:4: requires the overlay b, which comes after it in difykit.yaml",
    ),
    Bad(
        "an overlay that needs itself",
        overlay("requires: {overlays: [a]}\n"),
        "overlays/a/overlay.yaml:3: requires the overlay a, which is itself in difykit.yaml",
    ),
    Bad(
        "an overlay in conflict with another",
        after(overlay(), "conflicts: [a]\n"),
        "overlays/b/overlay.yaml:3: conflicts with the overlay a, which is enabled too",
    ),
)
WIRING = (
    Bad(
        "a route given twice",
        overlay("gateway: {routes: [{path: /mine}, {path: /mine/}]}\n"),
        "overlays/a/overlay.yaml:3: gateway.routes.1: /mine/ is routed twice; keep one of them",
    ),
    Bad(
        "a route of two overlays",
        after(overlay(ROUTE % "/mine"), ROUTE % "/mine"),
        "overlays/b/overlay.yaml:3: gateway.routes.0: /mine is routed by the overlay a already",
    ),
    Bad(
        "a route that Dify has",
        overlay(ROUTE % "/console/api"),
        "overlay a: /console/api is routed by Dify itself",
        hint="choose another path for the route",
        code=1,
    ),
    Bad(
        "a route for a shell",
        overlay(ROUTE % f"'/{SHELL}'"),
        (
            "overlays/a/overlay.yaml:3: gateway.routes.0.path: '/$(touch CANARY)' is not a path of "
            "letters, digits and . _ ~ - /"
        ),
    ),
    Bad("a route that goes up", overlay(ROUTE % "/../etc"), NO_ROUTE % "/../etc"),
    Bad("a route that nginx never sees", overlay(ROUTE % "//mine"), NO_ROUTE % "//mine"),
    Bad(
        "a route with nginx in it",
        overlay(ROUTE % "'/x { return 200; } location /y'"),
        (
            "overlays/a/overlay.yaml:3: gateway.routes.0.path: '/x { return 200; } location /y' is not a "
            "path of letters, digits and . _ ~ - /"
        ),
    ),
    Bad(
        "a route of everything",
        overlay(ROUTE % "/"),
        "overlays/a/overlay.yaml:3: gateway.routes.0.path: '/' is not a path of letters, digits and . _ ~ - /",
    ),
    Bad(
        "a route to a database",
        overlay("gateway: {routes: [{path: /x, to: db}]}\n"),
        "overlays/a/overlay.yaml:3: gateway.routes.0.to: input should be 'api' or 'web'",
    ),
    Bad(
        "a module with a dash",
        overlay("api: {console: [controllers.my-module]}\n"),
        "overlays/a/overlay.yaml:3: api.console.0: 'controllers.my-module' is not a dotted Python module",
    ),
    Bad(
        "a blueprint without colon",
        overlay("api: {blueprints: [a]}\n", MODULE),
        "overlays/a/overlay.yaml:3: api.blueprints.0: 'a' is not module:blueprint",
    ),
    Bad(
        "a blueprint with Python in it",
        overlay("api: {blueprints: ['a:b\"); import os; os.system(\"touch CANARY']}\n"),
        (
            "overlays/a/overlay.yaml:3: api.blueprints.0: 'a:b\"); import os; os.system(\"touch CANARY' is "
            "not module:blueprint"
        ),
    ),
    Bad(
        "a file that the wiring writes",
        overlay(WIRED, {"api/difykit_overlays/__init__.py": ""}),
        "api/difykit_overlays/__init__.py is difykit's to write",
        hint="rename what an overlay or patch puts there",
        code=1,
    ),
    Bad(
        "a release without init_app",
        overlay(WIRED, {"api/extensions/ext_blueprints.py": "pass\n"}),
        "api/extensions/ext_blueprints.py of this release has 0 functions init_app, not one",
        hint="overlay a changes that file: mend it there",
        code=1,
    ),
    Bad(
        "a release whose blueprints are no Python",
        overlay(WIRED, {"api/extensions/ext_blueprints.py": "def\n"}),
        "api/extensions/ext_blueprints.py:1 of this release is not Python: invalid syntax",
        hint="overlay a changes that file: mend it there",
        code=1,
    ),
    Bad(
        "a release whose gateway has no place",
        overlay(ROUTE % "/x", {"docker/nginx/conf.d/default.conf.template": ""}),
        "docker/nginx/conf.d/default.conf.template of this release has 0 lines `location / {`, not one",
        hint="overlay a changes that file: mend it there",
        code=1,
    ),
)
ROWS = (*OVERLAYS, *WIRING)
