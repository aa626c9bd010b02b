"""Which settings name a host, who reads them, and the host in their values: never anything else of a value.

A value may hold a password, and a URL with an odd one is easily read wrong, so the host is what follows the last `@`,
and only what can be a host's name is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_HOST = re.compile(r"\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9])){0,252})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PLACEHOLDER = re.compile(r"your|xxx", re.IGNORECASE)
_ITSELF = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1", "::"})  # noqa: S104 - to leave out
THIS_MACHINE = "host.docker.internal"


@dataclass(frozen=True)
class Address:
    host: str
    port: str = ""


def addresses(value: str, port: str = "") -> list[Address]:
    """The hosts that a setting names: one, a URL, or several with commas; those that mean the container itself not."""
    if "@" in value and "," in value:
        value = value.rpartition("@")[2]  # a list after one login
    found = [_address(piece.strip(), port) for piece in value.split(",")]
    return [one for one in found if one and one.host not in _ITSELF]


def _address(text: str, port: str) -> Address | None:
    rest = _SCHEME.sub("", text, count=1).rpartition("@")[2]
    match = _HOST.match(rest)
    if not match or _PLACEHOLDER.search(match[0]):
        return None
    tail = rest[match.end() :]
    if tail and tail[0] not in ":/?#;":
        return None
    given = re.match(r":(\d{1,5})(?=$|[/?#;,])", tail)
    if tail.startswith(":") and not given:
        return None  # what stands there is no port: perhaps the rest of a password
    return Address((match[1] or match[2]).lower(), given[1] if given else port if port.isdigit() else "")


# role → what it is for, the settings that name it, the setting of its port
_DATABASE = ("database", ("DB_HOST",), "DB_PORT")
_REDIS = ("Redis", ("REDIS_HOST",), "REDIS_PORT")
_BROKER = ("task queue", ("CELERY_BROKER_URL",), "")
_PROXY = ("outgoing proxy", ("SSRF_PROXY_HTTP_URL", "SSRF_PROXY_HTTPS_URL"), "")
_READS: dict[str, tuple[tuple[str, tuple[str, ...], str], ...]] = {
    "api": (
        _DATABASE,
        _REDIS,
        _BROKER,
        ("plugin daemon", ("PLUGIN_DAEMON_URL",), ""),
        ("code sandbox", ("CODE_EXECUTION_ENDPOINT",), ""),
        _PROXY,
    ),
    "beat": (_DATABASE, _REDIS, _BROKER),
    "migrate": (_DATABASE, _REDIS),
    "web": (("console API", ("SERVER_CONSOLE_API_URL",), ""),),
    "plugin": (_DATABASE, _REDIS, ("inner API", ("DIFY_INNER_API_URL",), "")),
    "sandbox": (("outgoing proxy", ("HTTP_PROXY", "HTTPS_PROXY"), ""),),
}
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


@dataclass(frozen=True)
class Use:
    """A setting by which a service reaches a host."""

    purpose: str
    key: str
    address: Address


def uses(role: str, environment: Mapping[str, str]) -> Iterator[Use]:
    """What a service of this role reaches by its settings, in a fixed order."""
    sentinel = environment.get("REDIS_USE_SENTINEL", "").lower() == "true"
    for purpose, keys, port in _READS.get(role, ()):
        wanted = keys
        if purpose == "Redis" and sentinel:
            wanted = ("REDIS_SENTINELS",)
        elif purpose == "Redis" and environment.get("REDIS_USE_CLUSTERS", "").lower() == "true":
            wanted = ("REDIS_CLUSTERS",)
        yield from _of(purpose, wanted, environment, port)
    if role == "api" and (store := environment.get("VECTOR_STORE", "")):
        keys, port = _VECTOR.get(store, ((), ""))
        yield from _of(f"vector store {store}" if store in _VECTOR else "vector store", keys, environment, port)
    kind = storage(role, environment)
    if role in {"api", "plugin"} and kind in _STORAGE:
        yield from _of("object storage", _STORAGE[kind], environment, "")


def storage(role: str, environment: Mapping[str, str]) -> str:
    """The kind of storage that api or the plugin daemon keeps files in."""
    if role == "plugin":
        return environment.get("PLUGIN_STORAGE_TYPE", "")
    kind = environment.get("STORAGE_TYPE", "")
    return f"opendal:{environment.get('OPENDAL_SCHEME', '')}" if kind == "opendal" else kind


def _of(purpose: str, keys: tuple[str, ...], environment: Mapping[str, str], port: str) -> Iterator[Use]:
    for key in keys:
        for address in addresses(environment.get(key, ""), environment.get(port, "") if port else ""):
            yield Use(purpose, key, address)
