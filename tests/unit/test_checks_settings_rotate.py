"""What rotating a secret means, and which secrets difykit cannot rotate by itself."""

from __future__ import annotations

import pytest

from difykit.checks.settings.rotation import plan_rotation
from difykit.core.errors import DifyKitError
from tests.support.settings import look

OUTSIDE = "compose: {remove: [redis]}\n"


def test_a_secret_of_two_sides_is_one_and_both_are_named() -> None:
    made = plan_rotation(look(), "SANDBOX_API_KEY")
    assert made.key == "CODE_EXECUTION_API_KEY"
    assert made.also == ("SANDBOX_API_KEY",)
    assert made.stored == ""


def test_what_it_costs_is_said_of_the_secret_that_signs() -> None:
    costs = " ".join(plan_rotation(look(), "SECRET_KEY").costs)
    assert "signed out" in costs
    assert "models and tools log in with, stay" in costs


def test_a_broker_s_url_follows() -> None:
    assert "CELERY_BROKER_URL" in plan_rotation(look(), "REDIS_PASSWORD").also


@pytest.mark.parametrize(
    ("key", "overlay", "said"),
    [
        ("LOG_LEVEL", "", "is no secret that difykit makes"),
        ("REDIS_PASSWORD", OUTSIDE, "opens a server outside of this stack"),
        ("QDRANT_API_KEY", "", "opens a server outside of this stack"),
        ("ELASTICSEARCH_PASSWORD", "", "Elasticsearch keeps ELASTICSEARCH_PASSWORD itself"),
    ],
)
def test_what_others_keep_is_refused_with_the_way(key: str, overlay: str, said: str) -> None:
    with pytest.raises(DifyKitError, match=said) as told:
        plan_rotation(look(overlay=overlay), key)
    assert f"difykit env.set {key}=- < FILE" in told.value.hint


def test_an_overlay_s_own_secret_is_made_anew_for_those_it_is_for() -> None:
    made = plan_rotation(look(overlay="secrets: {MY_TOKEN: {generate: 20, to: [api]}}\n"), "MY_TOKEN")
    assert (made.key, made.readers, made.stored) == ("MY_TOKEN", ("api",), "")
