"""A variable that is set goes to the services that read it, and one of the browser's to no other."""

from __future__ import annotations

from typing import Any

import pytest

from difykit.release.compose import ComposeRewrite, environment, rewrite


def compose() -> dict[str, Any]:
    shared = {"LATEX": "${LATEX:-false}", "NEXT_PUBLIC_LATEX": "${NEXT_PUBLIC_LATEX:-false}"}
    return {
        "services": {
            "api": {"image": "langgenius/dify-api:1", "environment": {**shared, "MODE": "api"}},
            "plugin_daemon": {"image": "langgenius/dify-plugin-daemon:1", "environment": dict(shared)},
            "web": {"image": "langgenius/dify-web:1", "environment": {"A": "${A:-}"}},
            "nginx": {"image": "nginx:1", "environment": ["NGINX_PORT=${NGINX_PORT:-80}"]},
            "worker": {"image": "langgenius/dify-api:1", "env_file": ["./.env"], "environment": {}},
        }
    }


def names(readers: dict[str, set[str]], *forward: str) -> dict[str, set[str]]:
    services = rewrite(compose(), ComposeRewrite(forward=forward, readers=readers))["services"]
    return {name: set(environment(service)) for name, service in services.items()}


@pytest.mark.parametrize(
    ("key", "readers", "gets"),
    [
        ("NEXT_PUBLIC_LATEX", {"web"}, {"web"}),
        ("LATEX", {"web"}, {"api", "plugin_daemon", "web"}),  # others may read it too: only the browser's is nobody's
        ("MINE", {"web"}, {"web"}),
        ("MINE", {"web", "api"}, {"web", "api"}),
        ("MINE", {"nginx"}, {"nginx"}),
        ("MINE", {"worker"}, set()),  # it gets all of .env
    ],
)
def test_who_gets_a_variable_that_is_set(key: str, readers: set[str], gets: set[str]) -> None:
    after = names({key: readers}, key)
    assert {name for name, variables in after.items() if key in variables} == gets


def test_a_variable_that_nobody_is_known_to_read_goes_to_api() -> None:
    assert {name for name, variables in names({}, "MINE").items() if "MINE" in variables} == {"api"}


def test_nothing_changes_for_variables_that_nobody_sets() -> None:
    assert names({}) == names({"MINE": set()})


def test_a_variable_that_is_added_stays_unset_while_nobody_sets_it() -> None:
    services = rewrite(compose(), ComposeRewrite(readers={"MINE": {"nginx"}}))["services"]
    assert services["nginx"]["environment"] == {"NGINX_PORT": "${NGINX_PORT:-80}", "MINE": None}
