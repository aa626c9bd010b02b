"""Dify's squid and the proxy of difykit.yaml."""

from __future__ import annotations

import pytest

from difykit.release.compose import NO_PROXY, ServiceProxy
from difykit.release.render.egress import TEMPLATE, with_parent
from difykit.release.render.plan import plan_render
from tests.unit.test_render_plan import make_inputs

WITH_SANDBOX = """\
http_port ${HTTP_PORT}
http_port ${REVERSE_PROXY_PORT} accel vhost
cache_peer ${SANDBOX_HOST} parent ${SANDBOX_PORT} 0 no-query originserver
"""
PEER = "cache_peer proxy.corp parent 3128 0 no-query no-digest no-netdb-exchange default name=difykit_proxy"


def added(template: str, proxy: ServiceProxy) -> list[str]:
    text = with_parent(template, proxy)
    assert text.startswith(template)
    return [line for line in text[len(template) :].splitlines() if line and not line.startswith("#")]


def test_what_is_let_through_goes_on_to_the_proxy() -> None:
    assert added("http_port 3128\n", ServiceProxy(http="http://proxy.corp:3128")) == [PEER, "never_direct allow all"]
    assert added("x\n", ServiceProxy(http="http://a:1", https="http://proxy.corp:3128"))[0] == PEER
    assert "parent 80 " in added("x\n", ServiceProxy(http="http://proxy.corp"))[0]


def test_the_door_to_the_sandbox_leads_to_the_sandbox_alone() -> None:
    assert added(WITH_SANDBOX, ServiceProxy(http="http://proxy.corp:3128"))[1:] == [
        "acl difykit_sandbox localport ${REVERSE_PROXY_PORT}",
        "cache_peer_access difykit_proxy deny difykit_sandbox",
        "cache_peer_access ${SANDBOX_HOST} allow difykit_sandbox",
        "cache_peer_access ${SANDBOX_HOST} deny all",
        "never_direct allow all",
    ]


def test_what_is_reached_without_the_proxy_is_so_here_too() -> None:
    around = ServiceProxy(http="http://proxy.corp:3128", no_proxy=".corp, git.example, *.x.y, 10.0.0.0/8, 192.0.2.7")
    assert added("x\n", around)[1:] == [
        "acl difykit_names dstdomain .corp .git.example .x.y",
        "always_direct allow difykit_names",
        "acl difykit_addresses dst 10.0.0.0/8 192.0.2.7/32",
        "always_direct allow difykit_addresses",
        "never_direct allow all",
    ]


@pytest.mark.parametrize("proxy", [NO_PROXY, ServiceProxy(https="https://proxy.corp")])
def test_without_a_proxy_that_squid_can_hand_on_to_it_is_upstreams(proxy: ServiceProxy) -> None:
    assert with_parent(WITH_SANDBOX, proxy) == WITH_SANDBOX


def test_a_proxy_that_squid_does_not_hand_on_to_is_told_once() -> None:
    docker = {**make_inputs().docker, TEMPLATE: ("100644", b"http_port 3128\n")}

    def told(proxy: ServiceProxy) -> list[str]:
        return [each for each in plan_render(make_inputs(docker=docker, proxy=proxy)).warnings if "proxy" in each]

    (said,) = told(ServiceProxy(http="http://proxy.corp", https="https://proxy.corp"))
    assert "hands on only to a proxy that is spoken to by http://" in said
    assert told(ServiceProxy(http="http://proxy.corp")) == told(NO_PROXY) == []
