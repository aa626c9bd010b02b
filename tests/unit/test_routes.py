"""What a route would take of what a source answers already, as nginx matches it: by the longest prefix."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import ConfigError
from difykit.git import Store, Tree
from difykit.source.routes import Addresses, check_routes, hidden_pages, read_addresses, taken
from difykit.workspace.manifest import OverlayManifest, Route, read_manifest
from difykit.workspace.workspace import Overlay
from tests.support.trees import write_tree

TEMPLATE = """\
server {
    location /console/api { proxy_pass http://api:5001; }
    location /v1 { proxy_pass http://api:5001; }
    location /socket.io/ { set $up ${SOCKETS}; proxy_pass http://$up; }
    location /explore { proxy_pass http://web:3000; }
    location /e/ { proxy_pass http://plugin_daemon:5002; }
    location = /exact { proxy_pass http://web:3000; }
    location ~ ^/by-[0-9]+ { proxy_pass http://web:3000; }
    location / { proxy_pass http://web:3000; }
}
"""
INIT = """\
def init_app(app):
    from controllers.console import bp as console_bp
    from controllers.inner_api import bp as inner
    from controllers.late import bp as late
    app.register_blueprint(console_bp)
    if True:
        app.register_blueprint(inner)
    app.register_blueprint(late, url_prefix="/late/api")
"""
FILES = {
    "docker/nginx/conf.d/default.conf.template": TEMPLATE,
    "docker/nginx/docker-entrypoint.sh": "L='location /.well-known/acme-challenge/ { root /x; }'\n",
    "api/extensions/ext_blueprints.py": INIT,
    "api/controllers/console/__init__.py": 'bp = Blueprint("console", __name__, url_prefix="/console/api")\n',
    "api/controllers/inner_api/__init__.py": 'bp: X = Blueprint("inner_api", __name__, url_prefix="/inner/api")\n',
    "api/controllers/late.py": 'bp = Blueprint("late", __name__)\n',
    "api/extensions/ext_app_metrics.py": 'def init_app(app):\n    @app.route("/health")\n    def health(): ...\n',
    "web/app/page.tsx": "",
    "web/app/layout.tsx": "",
    "web/app/(commonLayout)/apps/page.tsx": "",
    "web/app/(commonLayout)/@side/app/[appId]/logs/page.tsx": "",
    "web/app/account/page.tsx": "",
    "web/app/explore/installed/[id]/page.tsx": "",
    "web/app/docs/[[...slug]]/page.tsx": "",
    "web/app/serve/route.ts": "",
    "web/app/_private/page.tsx": "",
    "web/app/components/page-header.tsx": "",
    "web/app/feed/(.)photo/page.tsx": "",
    "web/app/[tenant]/page.tsx": "",
    "web/app/robots.ts": "",
    "web/public/embed.js": "",
    "web/public/logo/logo.svg": "",
}


def tree(**files: str) -> Tree:
    contents = {**FILES, **{path.replace("__", "/"): text for path, text in files.items()}}
    return Tree(Store(Path("none")), {}, {path: ("100644", text.encode()) for path, text in contents.items()})


@pytest.fixture(scope="module")
def addresses() -> Addresses:
    return read_addresses(tree())


TAKEN = [
    ("/a", "/a would take /app, /apps, /account (pages)"),
    ("/apps", "/apps would take /apps (a page)"),
    ("/apps/", "/apps/ would take /apps (a page)"),
    ("/app/mine", "/app/mine would take /app/[appId] (a page)"),
    ("/docs/any/thing", "/docs/any/thing would take /docs/[[...slug]] (a page)"),
    ("/serv", "/serv would take /serve (a page)"),
    ("/robots.txt", "/robots.txt would take /robots.txt (a page)"),
    ("/logo", "/logo would take /logo (a file of web)"),
    ("/emb", "/emb would take /embed.js (a file of web)"),
    ("/_next", "/_next would take /_next (Next.js's own files)"),
    ("/_next/x", "/_next/x would take /_next (Next.js's own files)"),
    (
        "/in",
        "/in would open to everyone /inner/api (api's blueprint inner_api), which Dify's gateway sends nobody to",
    ),
    (
        "/inner/api/mine",
        (
            "/inner/api/mine would open to everyone /inner/api (api's blueprint inner_api), which Dify's gateway"
            " sends nobody to"
        ),
    ),
    (
        "/late",
        "/late would open to everyone /late/api (api's blueprint late), which Dify's gateway sends nobody to",
    ),
    ("/health", "/health would open to everyone /health (api itself), which Dify's gateway sends nobody to"),
    ("/v1", "/v1 is routed by Dify itself, to api"),
    ("/v1/", "/v1/ is routed by Dify itself, to api"),
    ("/e", "/e is routed by Dify itself, to plugin_daemon"),
    ("/exact", "/exact is routed by Dify itself, to web"),
    ("/socket.io", "/socket.io is routed by Dify itself, to a service of its own"),
    ("/v1/x", "/v1/x would take what begins with it from /v1, which Dify sends to api already: /v1 needs no route"),
    (
        "/console/api/x",
        (
            "/console/api/x would take what begins with it from /console/api, which Dify sends to api already:"
            " /console/api needs no route"
        ),
    ),
    ("/e/x", "/e/x would take what begins with it from /e/, which Dify sends to plugin_daemon"),
    ("/by-7", "/by-7 would not be reached: Dify's gateway has `location ~ ^/by-[0-9]+`"),
    (
        "/.well-known/acme-challenge/x",
        "/.well-known/acme-challenge/x is inside /.well-known/acme-challenge/, which the gateway answers itself",
    ),
]
FREE = [
    *("/custom-endpoint", "/console", "/v1-of-mine", "/v2", "/apps-of-mine", "/apps/mine", "/inner-x", "/explore/mine"),
    *("/private", "/feed", "/components", "/.well-known", "/.well-known/x", "/exa", "/by", "/acc/x", "/healthy"),
]


@pytest.mark.parametrize(("path", "fault"), TAKEN, ids=[path for path, _ in TAKEN])
def test_what_a_route_would_take_is_said(addresses: Addresses, path: str, fault: str) -> None:
    assert taken(Route(path=path, to="api"), addresses) == fault


@pytest.mark.parametrize("path", FREE)
def test_a_route_that_takes_nothing_is_free(addresses: Addresses, path: str) -> None:
    assert taken(Route(path=path, to="api"), addresses) == ""


@pytest.mark.parametrize(("path", "free"), [("/apps", True), ("/in", True), ("/v1/x", False), ("/e/x", False)])
def test_a_route_to_web_takes_nothing_of_web(addresses: Addresses, path: str, free: bool) -> None:
    assert (taken(Route(path=path, to="web"), addresses) == "") is free


def test_many_addresses_are_counted() -> None:
    many = {f"web/app/x{number}/page.tsx": "" for number in range(9)}
    said = taken(Route(path="/x", to="api"), read_addresses(tree(**many)))
    assert said == "/x would take /x0, /x1, /x2, /x3, /x4, /x5 and 3 more (pages)"


def overlay(root: Path, name: str, text: str, files: dict[str, str] | None = None) -> Overlay:
    folder = root / "overlays" / name
    laid = {f"tree/{path}": content for path, content in (files or {}).items()}
    write_tree(folder, {"overlay.yaml": f"version: 1\ndescription: {name}\n{text}", **laid})
    return Overlay(name, folder, read_manifest(OverlayManifest, folder / "overlay.yaml", "overlay.yaml"))


def test_every_route_of_every_overlay_is_told_with_its_line(tmp_path: Path) -> None:
    one = overlay(tmp_path, "one", "gateway:\n  routes:\n    - {path: /free}\n    - {path: /apps}\n")
    two = overlay(tmp_path, "two", "gateway: {routes: [{path: /_next}]}\n")
    with pytest.raises(ConfigError) as caught:
        check_routes([one, two], tree())
    assert [str(problem) for problem in caught.value.problems] == [
        "overlays/one/overlay.yaml:6: gateway.routes.1: /apps would take /apps (a page)",
        "overlays/two/overlay.yaml:3: gateway.routes.0: /_next would take /_next (Next.js's own files)",
    ]
    assert "docker/nginx/conf.d/default.conf.template by an edit" in caught.value.hint


def test_a_page_of_an_overlay_is_no_address_of_difys(tmp_path: Path) -> None:
    page = {"web/app/reports/page.tsx": ""}
    one = overlay(tmp_path, "one", "gateway: {routes: [{path: /rep}]}\n", page)
    addresses = read_addresses(tree(**page), [one])
    assert taken(Route(path="/rep", to="api"), addresses) == ""
    assert taken(Route(path="/rep", to="api"), read_addresses(tree(**page))) == "/rep would take /reports (a page)"
    assert len(hidden_pages([one], addresses)) == 1


@pytest.mark.parametrize(
    ("page", "routes", "sent"),
    [
        ("v1-docs", "", "/v1 to api"),
        ("mine", "gateway: {routes: [{path: /mi}]}\n", "/mi to api"),
        ("mine", "gateway: {routes: [{path: /mi}, {path: /mine, to: web}]}\n", ""),
        ("mine", "", ""),
        ("e", "", "/e/ to plugin_daemon"),
        ("explore/mine", "", ""),
    ],
)
def test_a_page_that_nobody_would_see_is_told(tmp_path: Path, page: str, routes: str, sent: str) -> None:
    files = {f"web/app/{page}/page.tsx": ""}
    one = overlay(tmp_path, "one", routes, files)
    said = [str(problem) for problem in hidden_pages([one], read_addresses(tree(**files), [one]))]
    text = (
        f"overlays/one/tree/web/app/{page}/page.tsx: nobody would see this page: the gateway sends all that begins with"
    )
    assert said == ([f"{text} {sent}"] if sent else [])
