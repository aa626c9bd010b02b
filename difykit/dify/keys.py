"""Settings of Dify that difykit's own rules speak of by name; what they mean is read from the release where it can be.

Which settings a release has is read from its Compose file, its env examples and its config classes. A key that none of
them knows is reported as unknown.
"""

from __future__ import annotations

SECRET_KEY = "SECRET_KEY"  # noqa: S105 - a key
LOG_LEVEL = "LOG_LEVEL"

DB_TYPE = "DB_TYPE"
"""From 1.10.1 on: postgresql, mysql, oceanbase or seekdb."""
OCEANBASE_TYPES = frozenset({"oceanbase", "seekdb"})
"""The kinds of DB_TYPE that share one password with the vector store of the same name."""
DB_HOST = "DB_HOST"
DB_PORT = "DB_PORT"
DB_USERNAME = "DB_USERNAME"
DB_PASSWORD = "DB_PASSWORD"  # noqa: S105 - a key

REDIS_HOST = "REDIS_HOST"
REDIS_PORT = "REDIS_PORT"
REDIS_USE_SSL = "REDIS_USE_SSL"
REDIS_PASSWORD = "REDIS_PASSWORD"  # noqa: S105 - a key
REDIS_USE_SENTINEL = "REDIS_USE_SENTINEL"
REDIS_SENTINELS = "REDIS_SENTINELS"
REDIS_SENTINEL_SERVICE_NAME = "REDIS_SENTINEL_SERVICE_NAME"
CELERY_BROKER_URL = "CELERY_BROKER_URL"
REDIS_SCHEMES = frozenset({"redis", "rediss"})
"""How the URL of a Redis begins."""
CELERY_USE_SENTINEL = "CELERY_USE_SENTINEL"
CELERY_SENTINEL_MASTER_NAME = "CELERY_SENTINEL_MASTER_NAME"

VECTOR_STORE = "VECTOR_STORE"
STORAGE_TYPE = "STORAGE_TYPE"
OPENDAL_SCHEME = "OPENDAL_SCHEME"
OPENDAL_FS_ROOT = "OPENDAL_FS_ROOT"
PLUGIN_STORAGE_TYPE = "PLUGIN_STORAGE_TYPE"
"""From 1.2.0 on."""

MODE = "MODE"
"""By which the image of api is told what it is to be: api, worker, beat, migration."""
MIGRATION_ENABLED = "MIGRATION_ENABLED"
DIFY_BIND_ADDRESS = "DIFY_BIND_ADDRESS"
DIFY_PORT = "DIFY_PORT"

EXPOSE_NGINX_PORT = "EXPOSE_NGINX_PORT"
EXPOSE_NGINX_SSL_PORT = "EXPOSE_NGINX_SSL_PORT"
NGINX_HTTPS_ENABLED = "NGINX_HTTPS_ENABLED"
NGINX_SSL_PORT = "NGINX_SSL_PORT"
HTTP_PORT = "HTTP_PORT"
"""The port of ssrf_proxy, inside its container."""
SSRF_PROXY_ALLOW_PRIVATE_IPS = "SSRF_PROXY_ALLOW_PRIVATE_IPS"
"""From 1.15.0 on, as is the next."""
SSRF_PROXY_ALLOW_PRIVATE_DOMAINS = "SSRF_PROXY_ALLOW_PRIVATE_DOMAINS"
OPEN_STORES = frozenset({"AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED", "DISABLE_SECURITY_PLUGIN"})
"""Those that let everybody into a vector store, set to true."""
MAIL_TYPE = "MAIL_TYPE"
CHOICES = ("COMPOSE_PROFILES", DB_TYPE, VECTOR_STORE, PLUGIN_STORAGE_TYPE, REDIS_HOST)
"""The settings that decide which servers run, and which of them others than api use; api's own code says the rest."""
