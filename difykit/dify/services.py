"""The services of Dify's Compose file that difykit speaks of by name, their images, and what each is.

Which services a release has is read from its Compose file; these are the few whose part in Dify no file says.
"""

from __future__ import annotations

import re

from packaging.version import InvalidVersion, Version

from difykit.dify import keys

API = "api"
API_WEBSOCKET = "api_websocket"
"""From 1.14.1 on, in the profile `collaboration`."""
WORKER = "worker"
WORKER_BEAT = "worker_beat"
"""From 1.7.0 on; before it the worker kept time itself."""
WEB = "web"
PLUGIN_DAEMON = "plugin_daemon"
"""From 1.0.0 on."""
SANDBOX = "sandbox"
AGENT_BACKEND = "agent_backend"
"""From 1.16.0 on, as is the next: it gives agents a shell."""
LOCAL_SANDBOX = "local_sandbox"
SSRF_PROXY = "ssrf_proxy"
NGINX = "nginx"
CERTBOT = "certbot"
INIT_PERMISSIONS = "init_permissions"
"""From 1.11.0 on; it ends when it is done."""
REDIS = "redis"
DB = "db"
"""PostgreSQL up to 1.10.0."""
DB_POSTGRES = "db_postgres"
"""PostgreSQL from 1.10.1 on."""
DB_MYSQL = "db_mysql"
"""From 1.10.1 on."""

WEAVIATE = "weaviate"
QDRANT = "qdrant"
MILVUS = "milvus-standalone"
MINIO = "minio"
PGVECTOR = "pgvector"
PGVECTO_RS = "pgvecto-rs"
CHROMA = "chroma"
OPENSEARCH = "opensearch"
ELASTICSEARCH = "elasticsearch"
OPENGAUSS = "opengauss"
"""From 1.1.0 on."""
OCEANBASE = "oceanbase"
SEEKDB = "seekdb"
"""From 1.10.1 on."""
VASTBASE = "vastbase"
"""From 1.3.1 on."""
ORACLE = "oracle"
MATRIXONE = "matrixone"
"""From 1.5.0 on."""
COUCHBASE = "couchbase-server"
IRIS = "iris"
"""From 1.11.2 on."""

PUBLISHER = "langgenius/"
"""What the names of Dify's own images begin with."""
API_IMAGE = "langgenius/dify-api"
"""What api, worker and, as far as a release has them, worker_beat and api_websocket run."""
WEB_IMAGE = "langgenius/dify-web"
SANDBOX_IMAGE = "langgenius/dify-sandbox"
PLUGIN_DAEMON_IMAGE = "langgenius/dify-plugin-daemon"
NGINX_IMAGE = "nginx"

ROUTED = {"api": API, "web": WEB}
"""The words of overlay.yaml for where a route leads → the services."""
ADDRESS = {API: "http://api:5001", WEB: "http://web:3000"}
"""Where nginx reaches the two services that a route can lead to."""
ANSWERS = {API: "/health", WEB: "/signin"}
"""A path that each of the two answers with 200 as soon as it can work."""
GATEWAY = frozenset({NGINX, CERTBOT})
NEIGHBOURS = (API, SANDBOX, PLUGIN_DAEMON, WEAVIATE)
"""The names that Dify's services call each other by over HTTP, so that no proxy may stand between."""
PUBLISHED = (
    (keys.EXPOSE_NGINX_PORT, NGINX, "80"),
    (keys.EXPOSE_NGINX_SSL_PORT, NGINX, "443"),
    ("EXPOSE_PLUGIN_DEBUGGING_PORT", PLUGIN_DAEMON, "5003"),
)
"""Ports that Dify publishes on the host: the setting, the service, the number that it ships."""


_OWN_IMAGES = re.compile(rf"(?m)^[ \t]*image:[ \t]*[\"']?(?:{API_IMAGE}|{WEB_IMAGE}):([\w.-]+)[\"']?[ \t]*(?:#.*)?$")


def lacks_images(ref: str, compose_file: str) -> str:
    """Why upstream publishes no images of `dify-api` and `dify-web` for a ref, "" where it does.

    It does for a release, which is a tag that is a version, or what a release's own Compose file names; that of main
    and of a fork's base names the release before.
    """
    tags = sorted(set(_OWN_IMAGES.findall(compose_file)))
    if _is_version(ref) or ref.removeprefix("v") in tags:
        return ""
    why = f"its Compose file names the images of {', '.join(tags)}" if tags else "its name is no version"
    return f"{ref} is no release with images of its own: {why}"


def _is_version(ref: str) -> bool:
    try:
        Version(ref.replace("-fix", ".post"))
    except InvalidVersion:
        return False
    return True
