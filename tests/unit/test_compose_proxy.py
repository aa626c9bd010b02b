"""The way out: who gets the proxy, and what is reached without it."""

from __future__ import annotations

from typing import Any

from difykit.release.compose import ComposeRewrite, ServiceProxy, rewrite

PROXY = ServiceProxy("http://proxy.corp:3128", "http://proxy.corp:3128", "git.corp, .corp")


def services(proxy: ServiceProxy = PROXY, **given: Any) -> dict[str, dict[str, Any]]:
    upstream = {
        "services": {
            "api": {"image": "langgenius/dify-api:1", "environment": given},
            "web": {"image": "langgenius/dify-web:1"},
            "plugin_daemon": {"image": "langgenius/dify-plugin-daemon:1"},
            "sandbox": {"image": "langgenius/dify-sandbox:1", "environment": {"HTTP_PROXY": "http://ssrf_proxy:3128"}},
        }
    }
    found: dict[str, dict[str, Any]] = rewrite(upstream, ComposeRewrite(proxy=proxy, added_services=("postgres",)))[
        "services"
    ]
    return found


def test_those_that_go_out_get_it_in_both_spellings() -> None:
    found = services()
    around = "localhost,127.0.0.1,::1,host.docker.internal,api,plugin_daemon,postgres,sandbox,web,git.corp,.corp"
    for name in ("api", "plugin_daemon"):
        given = found[name]["environment"]
        assert {given[key] for key in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")} == {PROXY.http}
        assert given["NO_PROXY"] == given["no_proxy"] == around
    assert found["sandbox"]["environment"] == {"HTTP_PROXY": "http://ssrf_proxy:3128"}
    assert "environment" not in found["web"]


def test_what_a_service_has_already_stays() -> None:
    assert services(HTTP_PROXY="http://mine")["api"]["environment"]["HTTP_PROXY"] == "http://mine"


def test_without_one_nothing_is_said_of_it() -> None:
    assert "environment" not in services(ServiceProxy(no_proxy="x"))["plugin_daemon"]


def test_one_scheme_is_enough_and_a_dollar_is_one() -> None:
    given = services(ServiceProxy(https="http://p:1/$x"))["plugin_daemon"]["environment"]
    assert "HTTP_PROXY" not in given
    assert given["HTTPS_PROXY"] == "http://p:1/$$x"
