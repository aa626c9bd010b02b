"""The locations that difykit puts into the nginx template."""

from __future__ import annotations

import pytest

from difykit.core.errors import DifyKitError
from difykit.source.wiring import wire_gateway
from difykit.workspace.manifest import Route
from tests.support.repos import NGINX


def route(path: str, to: str = "api") -> Route:
    return Route.model_validate({"path": path, "to": to})


def refusal(template: str, *paths: str) -> str:
    with pytest.raises(DifyKitError) as caught:
        wire_gateway(template, [("mine", route(path)) for path in paths])
    return caught.value.message


def test_a_location_stands_before_the_one_that_catches_the_rest() -> None:
    added = """\
    # overlay mine
    location /custom-endpoint {
      proxy_pass http://api:5001;
      include proxy.conf;
    }

"""
    assert wire_gateway(NGINX, [("mine", route("/custom-endpoint"))]) == NGINX.replace(
        "    location / {", added + "    location / {"
    )


def test_a_route_can_go_to_web() -> None:
    wired = wire_gateway(NGINX, [("mine", route("/x", "web"))])
    assert wired.count("proxy_pass http://web:3000;") == 2


def test_routes_keep_their_order() -> None:
    wired = wire_gateway(NGINX, [("one", route("/b")), ("two", route("/a"))])
    assert wired.index("location /b {") < wired.index("location /a {") < wired.index("location / {")


@pytest.mark.parametrize("path", ["/console/api", "/console/api/"])
def test_a_path_that_dify_routes_itself_is_refused(path: str) -> None:
    assert refusal(NGINX, path) == f"overlay mine: {path} is routed by Dify itself"


def test_a_path_that_dify_routes_with_a_modifier_is_refused() -> None:
    assert "routed by Dify itself" in refusal(
        NGINX.replace("location /console/api", "location ^~ /console/api"), "/console/api"
    )


def test_a_path_given_twice_is_refused() -> None:
    assert "/x" in refusal(NGINX, "/x", "/x")


def test_a_template_without_a_catch_all_is_refused() -> None:
    assert "has 0 lines `location / {`, not one" in refusal("server {\n}\n", "/x")


def test_a_template_with_two_is_refused() -> None:
    assert "has 2 lines `location / {`, not one" in refusal(NGINX + NGINX, "/x")


def test_a_catch_all_in_a_comment_does_not_count() -> None:
    assert "location /x {" in wire_gateway("# location / {\n" + NGINX, [("mine", route("/x"))])
