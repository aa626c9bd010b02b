"""Dify's public default secrets."""

from __future__ import annotations

import re

from difykit.dify.default_secrets import fixed, is_default, table
from difykit.workspace.dotenv import followers, generate, to_generate

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
    assert list(to_generate(SHIPPED, {})) == ["SECRET_KEY", "DB_PASSWORD", "REDIS_PASSWORD", "CODE_EXECUTION_API_KEY"]


def test_a_secret_that_each_container_would_make_for_itself_is_made_though_none_is_shipped() -> None:
    assert "SECRET_KEY" in to_generate({"SECRET_KEY": ""}, {})
    assert "SECRET_KEY" in to_generate({"SECRET_KEY": ""}, {"SECRET_KEY": ""})
    assert "SECRET_KEY" not in to_generate({"SECRET_KEY": ""}, {"SECRET_KEY": "mine"})
    assert "SECRET_KEY" not in to_generate({}, {})


def test_an_empty_value_is_a_choice_only_where_the_server_is_outside() -> None:
    empty = {"REDIS_PASSWORD": "", "DB_PASSWORD": "''"}
    assert {*to_generate(SHIPPED, empty, ["api", "redis", "db_postgres"])} >= {"REDIS_PASSWORD", "DB_PASSWORD"}
    assert not {*to_generate(SHIPPED, empty, ["api"])} & {"REDIS_PASSWORD", "DB_PASSWORD"}


def test_what_somebody_chose_is_not_made_again() -> None:
    mine = {"SECRET_KEY": "mine", "DB_PASSWORD": "mine", "SANDBOX_API_KEY": "mine"}
    assert list(to_generate(SHIPPED, mine)) == ["REDIS_PASSWORD"]


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


STORES = {
    "QDRANT_API_KEY": "public",
    "PGVECTOR_PASSWORD": "public",
    "PGVECTOR_POSTGRES_PASSWORD": "public",
    "PGVECTO_RS_PASSWORD": "public",
    "CHROMA_SERVER_AUTHN_CREDENTIALS": "public",
    "CHROMA_AUTH_CREDENTIALS": "",
    "OCEANBASE_VECTOR_PASSWORD": "public",
    "OPENGAUSS_PASSWORD": "Public@1",
    "DB_PASSWORD": "public",
}


def test_a_store_gets_a_secret_only_where_it_runs() -> None:
    assert to_generate(STORES, {}, ["api"]) == {"DB_PASSWORD": 42}
    assert to_generate(STORES, {}, ["pgvecto-rs", "opengauss"]) == {
        "DB_PASSWORD": 42,
        "PGVECTOR_PASSWORD": 42,
        "OPENGAUSS_PASSWORD": 32,
    }
    assert "PGVECTOR_PASSWORD" not in to_generate(STORES, {"PGVECTO_RS_PASSWORD": "mine"}, ["pgvecto-rs"])


def test_both_sides_of_a_store_have_one_password() -> None:
    assert followers(STORES, {"PGVECTOR_PASSWORD": "x", "CHROMA_SERVER_AUTHN_CREDENTIALS": "y"}) == {
        "PGVECTOR_POSTGRES_PASSWORD": "x",
        "PGVECTO_RS_PASSWORD": "x",
        "CHROMA_AUTH_CREDENTIALS": "y",
    }


def test_oceanbase_and_seekdb_as_database_share_its_password() -> None:
    both = table("seekdb")
    assert to_generate(STORES, {}, ["seekdb"], both) == {"DB_PASSWORD": 42}
    assert followers(STORES, {"DB_PASSWORD": "x"}, both) == {"OCEANBASE_VECTOR_PASSWORD": "x"}
    assert followers(STORES, {"OCEANBASE_VECTOR_PASSWORD": "x"}, both) == {"DB_PASSWORD": "x"}
    assert followers(STORES, {"DB_PASSWORD": "x"}, table("postgresql")) == {}


def test_a_store_that_wants_more_than_letters_and_digits_gets_it() -> None:
    made = generate(32, "OPENGAUSS_PASSWORD")
    assert re.fullmatch("[A-Za-z0-9]{28}@Aa1", made)
    assert re.fullmatch("[A-Za-z0-9]{32}", generate(32, "QDRANT_API_KEY"))


def test_dify_knows_its_own_secrets_and_those_that_nothing_changes() -> None:
    assert all(map(is_default, ["DB_PASSWORD", "SANDBOX_API_KEY", "CELERY_BROKER_URL", "OPENSEARCH_PASSWORD"]))
    assert not is_default("MY_TOKEN")
    assert fixed(["api", "minio"]).keys() == {"minio"}
