"""Dify's public default secrets."""

from __future__ import annotations

import re

from difykit.env import followers, generate, to_generate

SHIPPED = {
    "SECRET_KEY": "",
    "DB_PASSWORD": "public",
    "REDIS_PASSWORD": "public",
    "CELERY_BROKER_URL": "redis://:public@redis:6379/1",
    "CODE_EXECUTION_API_KEY": "sand",
    "SANDBOX_API_KEY": "sand",
}


def test_new_secrets_are_letters_and_digits() -> None:
    made = {generate(64) for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch("[A-Za-z0-9]{64}", each) for each in made)


def test_only_what_the_release_ships_filled_is_made() -> None:
    assert list(to_generate(SHIPPED, {})) == ["DB_PASSWORD", "REDIS_PASSWORD", "CODE_EXECUTION_API_KEY"]


def test_what_somebody_chose_is_not_made_again() -> None:
    assert list(to_generate(SHIPPED, {"DB_PASSWORD": "mine", "SANDBOX_API_KEY": "mine"})) == ["REDIS_PASSWORD"]


def test_a_url_that_holds_the_public_default_keeps_it() -> None:
    url = {"CELERY_BROKER_URL": "redis://:public@elsewhere:6379/1"}
    assert "REDIS_PASSWORD" not in to_generate(SHIPPED, url)
    assert "REDIS_PASSWORD" in to_generate(SHIPPED, {"CELERY_BROKER_URL": "sentinel://:own@a:26379/1"})


def test_pairs_and_urls_follow() -> None:
    found = followers(SHIPPED, {"REDIS_PASSWORD": "'a b/c'", "SANDBOX_API_KEY": "mine"})
    assert found == {
        "CELERY_BROKER_URL": "redis://:a%20b%2Fc@redis:6379/1",
        "CODE_EXECUTION_API_KEY": "mine",
    }


def test_a_password_that_names_a_variable_is_followed_by_name() -> None:
    found = followers(SHIPPED, {"REDIS_PASSWORD": "${OTHER}"})
    assert found == {"CELERY_BROKER_URL": "redis://:${REDIS_PASSWORD}@redis:6379/1"}


def test_what_somebody_gave_does_not_follow() -> None:
    assert followers(SHIPPED, {"REDIS_PASSWORD": "x", "CELERY_BROKER_URL": "amqp://mq"}) == {}
    assert followers({"DB_PASSWORD": "public"}, {"CODE_EXECUTION_API_KEY": "x"}) == {}
