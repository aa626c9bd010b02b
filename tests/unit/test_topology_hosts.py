"""The hosts that settings name: and never a piece of a password."""

from __future__ import annotations

import pytest

from difykit.topology.gateway import routes
from difykit.topology.hosts import Address, addresses, uses

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("db.example.org", [Address("db.example.org")]),
        ("redis://:hunter2@cache:6379/1", [Address("cache", "6379")]),
        ("redis://u:hunter2@x/hunter2@cache:6379/1", [Address("cache", "6379")]),
        ("redis://:hunter2#hunter2@cache:6379/1", [Address("cache", "6379")]),
        ("https://[2001:db8::1]:6333/x", [Address("2001:db8::1", "6333")]),
        ("grpc://Weaviate:50051", [Address("weaviate", "50051")]),
        ("s1:26379,s2:26379", [Address("s1", "26379"), Address("s2", "26379")]),
        ("http://host.docker.internal:19530?a=b", [Address("host.docker.internal", "19530")]),
        ("http://127.0.0.1:80", []),
        ("localhost", []),
        ("", []),
        ("your-server-url", []),
        ("https://<your_account_name>.blob.core.windows.net", []),
        ("user:hunter2", []),
        ("://hunter2 x", []),
    ],
)
def test_only_a_host_and_a_port_are_taken(value: str, found: list[Address]) -> None:
    assert addresses(value) == found
    assert SECRET not in repr(addresses(value))


def test_a_port_comes_from_its_own_setting() -> None:
    assert addresses("db", "5433") == [Address("db", "5433")]
    assert addresses("db:1", "5433") == [Address("db", "1")]
    assert addresses("db", SECRET) == [Address("db")]


def test_only_the_chosen_store_and_storage_are_reached() -> None:
    found = [
        (use.purpose, use.address.host)
        for use in uses(
            "api",
            {
                "VECTOR_STORE": "qdrant",
                "QDRANT_URL": "http://qdrant:6333",
                "WEAVIATE_ENDPOINT": "http://weaviate:8080",
                "STORAGE_TYPE": "opendal",
                "OPENDAL_SCHEME": "oss",
                "OPENDAL_OSS_ENDPOINT": "https://oss.example.org",
                "S3_ENDPOINT": "https://s3.example.org",
            },
        )
    ]
    assert found == [("vector store qdrant", "qdrant"), ("object storage", "oss.example.org")]


def test_sentinels_take_the_place_of_redis() -> None:
    environment = {"REDIS_HOST": "redis", "REDIS_USE_SENTINEL": "true", "REDIS_SENTINELS": "s1:26379,s2:26379"}
    assert [use.address.host for use in uses("api", environment)] == ["s1", "s2"]


def test_a_service_that_does_not_read_a_setting_does_not_use_it() -> None:
    assert list(uses("web", {"DB_HOST": "db", "REDIS_HOST": "redis"})) == []
    assert list(uses("", {"DB_HOST": "db"})) == []


def test_paths_go_where_the_template_sends_them() -> None:
    template = """
    server {
      # location /old { proxy_pass http://gone:1; }
      location /api { proxy_pass http://api:5001; include proxy.conf; }
      location = /v1 { proxy_pass http://api:5001; }
      location /socket.io/ {
        set $up ${UPSTREAM};
        proxy_pass http://$up;
      }
      location / { proxy_pass http://web:3000; }
    }
    """
    assert routes(template, {"UPSTREAM": "ws:5002"}) == {
        Address("api", "5001"): ("/api", "/v1"),
        Address("ws", "5002"): ("/socket.io/",),
        Address("web", "3000"): ("/",),
    }
