"""The Compose file of the middleware, for those who run api from source: what it calls otherwise than Dify's own."""

from __future__ import annotations

from difykit.dify import keys

ALSO_CALLED = {"POSTGRES_PASSWORD": keys.DB_PASSWORD, "INNER_API_KEY": "PLUGIN_DIFY_INNER_API_KEY"}
"""The middleware's name, up to 1.10.0 and at 1.0.0 → the name that api has for it."""
URLS = {
    "WEAVIATE_ENDPOINT": "EXPOSE_WEAVIATE_PORT",
    "CODE_EXECUTION_ENDPOINT": "EXPOSE_SANDBOX_PORT",
    "PLUGIN_DAEMON_URL": "EXPOSE_PLUGIN_DAEMON_PORT",
}
"""api's address of a service → the setting of the port that the middleware publishes for it."""
STORES = (keys.DB_PASSWORD, keys.REDIS_PASSWORD)
MYSQL_PORT = "EXPOSE_MYSQL_PORT"
POSTGRES_PORT = "EXPOSE_POSTGRES_PORT"
REDIS_PORT = "EXPOSE_REDIS_PORT"
DATABASE, VECTOR_STORE, MYSQL = "postgresql", "weaviate", "mysql"
"""The profiles that api's own example asks for, and the one of the other database."""
