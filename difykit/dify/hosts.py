"""Which settings name a host that a service of Dify speaks to, by what the service is.

The names are those of the config classes and Compose files of 1.0.0 to 1.16.1. A vector store that is not listed is
reported as one without an address; a setting that is not listed is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from difykit.dify import roles, services


@dataclass(frozen=True)
class HostSetting:
    """What a host is for, the settings that name it, and the setting of its port or ""."""

    purpose: str
    keys: tuple[str, ...]
    port: str = ""


_DATABASE = HostSetting("database", ("DB_HOST",), "DB_PORT")
_REDIS = HostSetting("Redis", ("REDIS_HOST",), "REDIS_PORT")
_BROKER = HostSetting("task queue", ("CELERY_BROKER_URL",))
_PROXY = HostSetting("outgoing proxy", ("SSRF_PROXY_HTTP_URL", "SSRF_PROXY_HTTPS_URL"))
_READS: dict[str, tuple[HostSetting, ...]] = {
    roles.API: (
        _DATABASE,
        _REDIS,
        _BROKER,
        HostSetting("plugin daemon", ("PLUGIN_DAEMON_URL",)),
        HostSetting("code sandbox", ("CODE_EXECUTION_ENDPOINT",)),
        _PROXY,
    ),
    roles.BEAT: (_DATABASE, _REDIS, _BROKER),
    roles.MIGRATE: (_DATABASE, _REDIS),
    roles.WEB: (HostSetting("console API", ("SERVER_CONSOLE_API_URL",)),),
    roles.PLUGIN: (_DATABASE, _REDIS, HostSetting("inner API", ("DIFY_INNER_API_URL",))),
    roles.SANDBOX: (HostSetting("outgoing proxy", ("HTTP_PROXY", "HTTPS_PROXY")),),
}
DATABASE_KEYS = frozenset({"DB_HOST"})
REDIS_KEYS = frozenset({"REDIS_HOST", "REDIS_SENTINELS", "CELERY_BROKER_URL"})
_VECTOR: dict[str, tuple[tuple[str, ...], str]] = {
    "weaviate": (("WEAVIATE_ENDPOINT",), ""),
    "qdrant": (("QDRANT_URL",), ""),
    "milvus": (("MILVUS_URI",), ""),
    "pgvector": (("PGVECTOR_HOST",), "PGVECTOR_PORT"),
    "pgvecto-rs": (("PGVECTO_RS_HOST",), "PGVECTO_RS_PORT"),
    "vastbase": (("VASTBASE_HOST",), "VASTBASE_PORT"),
    "chroma": (("CHROMA_HOST",), "CHROMA_PORT"),
    "oceanbase": (("OCEANBASE_VECTOR_HOST",), "OCEANBASE_VECTOR_PORT"),
    "seekdb": (("OCEANBASE_VECTOR_HOST",), "OCEANBASE_VECTOR_PORT"),
    "opengauss": (("OPENGAUSS_HOST",), "OPENGAUSS_PORT"),
    "oracle": (("ORACLE_DSN", "ORACLE_HOST"), "ORACLE_PORT"),
    "myscale": (("MYSCALE_HOST",), "MYSCALE_PORT"),
    "matrixone": (("MATRIXONE_HOST",), "MATRIXONE_PORT"),
    "opensearch": (("OPENSEARCH_HOST",), "OPENSEARCH_PORT"),
    "elasticsearch": (("ELASTICSEARCH_HOST",), "ELASTICSEARCH_PORT"),
    "elasticsearch-ja": (("ELASTICSEARCH_HOST",), "ELASTICSEARCH_PORT"),
    "tidb_vector": (("TIDB_VECTOR_HOST",), "TIDB_VECTOR_PORT"),
    "tidb_on_qdrant": (("TIDB_ON_QDRANT_URL",), ""),
    "couchbase": (("COUCHBASE_CONNECTION_STRING",), ""),
    "relyt": (("RELYT_HOST",), "RELYT_PORT"),
    "analyticdb": (("ANALYTICDB_HOST",), "ANALYTICDB_PORT"),
    "vikingdb": (("VIKINGDB_HOST",), ""),
    "lindorm": (("LINDORM_URL",), ""),
    "upstash": (("UPSTASH_VECTOR_URL",), ""),
    "tencent": (("TENCENT_VECTOR_DB_URL",), ""),
    "baidu": (("BAIDU_VECTOR_DB_ENDPOINT",), ""),
    "tablestore": (("TABLESTORE_ENDPOINT",), ""),
    "huawei_cloud": (("HUAWEI_CLOUD_HOSTS",), ""),
    "alibabacloud_mysql": (("ALIBABACLOUD_MYSQL_HOST",), "ALIBABACLOUD_MYSQL_PORT"),
    "iris": (("IRIS_HOST",), "IRIS_SUPER_SERVER_PORT"),
    "hologres": (("HOLOGRES_HOST",), "HOLOGRES_PORT"),
    "clickzetta": (("CLICKZETTA_SERVICE",), ""),
}
_STORAGE = {
    "s3": ("S3_ENDPOINT",),
    "aws_s3": ("S3_ENDPOINT",),
    "aliyun-oss": ("ALIYUN_OSS_ENDPOINT",),
    "aliyun_oss": ("ALIYUN_OSS_ENDPOINT",),
    "opendal:s3": ("OPENDAL_S3_ENDPOINT",),
    "opendal:oss": ("OPENDAL_OSS_ENDPOINT",),
    "azure-blob": ("AZURE_BLOB_ACCOUNT_URL",),
    "huawei-obs": ("HUAWEI_OBS_SERVER",),
    "baidu-obs": ("BAIDU_OBS_ENDPOINT",),
    "volcengine-tos": ("VOLCENGINE_TOS_ENDPOINT",),
    "oci-storage": ("OCI_ENDPOINT",),
    "supabase": ("SUPABASE_URL",),
}
LOCAL = frozenset({"", "local", "opendal:fs", "opendal:"})
"""The kinds of storage that are a folder."""


def host_settings(role: str, environment: Mapping[str, str]) -> Iterator[HostSetting]:
    """The settings by which a service of this role reaches hosts, in a fixed order."""
    for setting in _READS.get(role, ()):
        yield _redis(setting, environment) if setting is _REDIS else setting
    if role == roles.API and (store := environment.get("VECTOR_STORE", "")):
        keys, port = _VECTOR.get(store, ((), ""))
        yield HostSetting(f"vector store {store}" if store in _VECTOR else "vector store", keys, port)
    kind = storage(role, environment)
    if role in {roles.API, roles.PLUGIN} and kind in _STORAGE:
        yield HostSetting("object storage", _STORAGE[kind])


def _redis(setting: HostSetting, environment: Mapping[str, str]) -> HostSetting:
    if environment.get("REDIS_USE_SENTINEL", "").lower() == "true":
        return HostSetting(setting.purpose, ("REDIS_SENTINELS",), setting.port)
    if environment.get("REDIS_USE_CLUSTERS", "").lower() == "true":
        return HostSetting(setting.purpose, ("REDIS_CLUSTERS",), setting.port)
    return setting


def storage(role: str, environment: Mapping[str, str]) -> str:
    """The kind of storage that api or the plugin daemon keeps files in."""
    if role == roles.PLUGIN:
        return environment.get("PLUGIN_STORAGE_TYPE", "")
    kind = environment.get("STORAGE_TYPE", "")
    return f"opendal:{environment.get('OPENDAL_SCHEME', '')}" if kind == "opendal" else kind


_NAMES_HOST = re.compile(
    r"(?!(?:.*_)?NO_PROXY$)(?:.*_)?(?:HOSTS?|ENDPOINTS?|URLS?|URI|DSN|SENTINELS|CLUSTERS|SERVER|NODES|ADDRESS|BROKERS?"
    r"|UPSTREAM|ENTRYPOINT|CONNECTION_STRING|PROXY|API_BASE)"
)
_LISTED = frozenset(key for names, _ in _VECTOR.values() for key in names)
PLAIN = DATABASE_KEYS | {"REDIS_HOST"}
"""Those that hold a host and nothing else: what reads them joins them with a port of their own."""
MORE_THAN_HOST = re.compile(r"://|^[^:]*:\d+$|\]:\d+$")
"""A scheme or a port around a host."""
OUTWARD = re.compile(
    r"(?:CONSOLE|APP)_(?:API|WEB)_URL|SERVICE_API_URL|TRIGGER_URL|FILES_URL|ENDPOINT_URL_TEMPLATE|MARKETPLACE_URL"
    r"|(?:EXPOSE_)?PLUGIN_(?:REMOTE_INSTALL|DEBUGGING)_HOST|NEXT_PUBLIC_\w+|\w+_ORIGINS|CSP_WHITELIST|COOKIE_DOMAIN"
)
"""Addresses that api and web write into pages, mails and answers: whoever reads those asks them, no container does.

Read in api and web of 1.0.0 to 1.16.1. FILES_URL is in links; the plugin daemon asks INTERNAL_FILES_URL.
"""
OWN = re.compile(r"(?:\w+_)?BIND_ADDRESS|PLUGIN_REMOTE_INSTALLING_HOST|\w*(?:LISTEN|ADVERTISE)\w*")
"""Where a program listens, or what it calls itself."""
PORTS = {
    services.DB: "5432",
    services.DB_POSTGRES: "5432",
    services.DB_MYSQL: "3306",
    services.OCEANBASE: "2881",
    services.SEEKDB: "2881",
    services.REDIS: "6379",
    services.WEAVIATE: "8080",
    services.QDRANT: "6333",
    services.PGVECTOR: "5432",
    services.PGVECTO_RS: "5432",
    services.CHROMA: "8000",
    services.OPENSEARCH: "9200",
    services.ELASTICSEARCH: "9200",
    services.MILVUS: "19530",
}
"""Where the bundled servers listen, by their images and the Compose files of 1.0.0 to 1.16.1."""
ALONE = frozenset({services.DB, services.DB_POSTGRES, services.DB_MYSQL, services.REDIS})
"""Those of them that listen at one port alone."""
USERS = {services.DB_MYSQL: "root", services.OCEANBASE: "root@test", services.SEEKDB: "root"}
"""The one user that a bundled database makes; a password is all that the Compose file gives it.

OceanBase's health check and OCEANBASE_VECTOR_USER name its tenant; seekdb has none.
"""
COLLABORATION = "ENABLE_COLLABORATION_MODE"
"""From 1.14.0 on; without it nobody asks `/socket.io/`."""
SOCKETS = "/socket.io/"

PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"})
"""What every HTTP client in api reads by itself, in either case."""
REDIS_SCHEMES = ("redis://", "rediss://", "sentinel://")
"""How addresses of a Redis begin: plain, with TLS, by its sentinels."""


def names_host(key: str) -> bool:
    """Whether a setting of this name holds a host, or an address with one."""
    return _NAMES_HOST.fullmatch(key.upper()) is not None or key in _LISTED


def port_key(key: str) -> str:
    """The setting that holds the port for the host of another, "" where none is listed."""
    settings = (_DATABASE, _REDIS, *(HostSetting("", names, port) for names, port in _VECTOR.values()))
    return next((setting.port for setting in settings if setting.port and key in setting.keys), "")
