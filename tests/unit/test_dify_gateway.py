"""nginx's template as values, in each form that a release has it in."""

from __future__ import annotations

import pytest

from difykit.dify.gateway import parse

BY_NAME = """\
server {
    location /console/api { # location /commented { }
      proxy_pass http://api:5001;
    }
    location /socket.io/ {
      resolver 127.0.0.11 valid=30s ipv6=off;
      set $socket_io_upstream ${NGINX_SOCKET_IO_UPSTREAM};
      proxy_pass http://$socket_io_upstream;
      proxy_set_header Connection "a ; } in quotes";
    }
    ${ACME_CHALLENGE_LOCATION}

    location / {
      proxy_pass http://web:3000;
    }
    ${HTTPS_CONFIG}
}
"""
BY_VARIABLE = """\
server {
    resolver 127.0.0.11 valid=30s ipv6=off;
    location /e/ {
      set $plugin_daemon_upstream plugin_daemon:5002;
      proxy_pass http://$plugin_daemon_upstream;
    }
}
"""


def test_each_location_names_its_path_and_service() -> None:
    assert [(location.path, location.service) for location in parse(BY_NAME)] == [
        ("/console/api", "api"),
        ("/socket.io/", ""),
        ("/", "web"),
    ]


def test_a_service_behind_a_variable_is_read_from_its_set() -> None:
    assert [(location.path, location.service) for location in parse(BY_VARIABLE)] == [("/e/", "plugin_daemon")]


def test_what_only_the_container_knows_comes_from_its_environment() -> None:
    socket = parse(BY_NAME)[1]
    assert socket.destination({"NGINX_SOCKET_IO_UPSTREAM": "api_websocket:5001"}) == "http://api_websocket:5001"
    assert socket.destination() == "http://"


def test_a_location_knows_its_line() -> None:
    lines = BY_NAME.splitlines()
    assert [lines[location.line].strip() for location in parse(BY_NAME) if location.catches_all] == ["location / {"]


@pytest.mark.parametrize(
    ("template", "modifier", "path", "is_prefix", "catches_all"),
    [
        ("location / {}", "", "/", True, True),
        ("\tlocation   /{\r\n}", "", "/", True, True),
        ("server { location / {} }", "", "/", True, False),
        ("location = / {}", "=", "/", False, False),
        ("location ^~ /x {}", "^~", "/x", True, False),
        (r"location ~* \.php$ {}", "~*", r"\.php$", False, False),
        ("location @named {}", "", "@named", False, False),
        ("location /x { if ($y) { return 403; } }", "", "/x", True, False),
        ("${HTTPS_CONFIG}\nlocation /x {}", "", "/x", True, False),
    ],
)
def test_odd_heads(template: str, modifier: str, path: str, is_prefix: bool, catches_all: bool) -> None:
    (location,) = parse(template)
    assert (location.modifier, location.path) == (modifier, path)
    assert (location.is_prefix, location.catches_all) == (is_prefix, catches_all)


@pytest.mark.parametrize(
    "template", ["", "# location / {}", "location", "location {}", "location / {", "}}}{", "location;"]
)
def test_what_is_no_location_is_none(template: str) -> None:
    assert parse(template) == ()


def test_a_destination_in_an_inner_block_counts() -> None:
    assert parse("location /x { if ($y) { proxy_pass http://api:5001; } }")[0].service == "api"
