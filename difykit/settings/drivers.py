"""Drivers: keys of another storage or vector store than the one that is chosen, and what the chosen one lacks.

Which keys belong to which is told by the release's own files: `middleware/storage/*_config.py`, `middleware/vdb/…`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from difykit import env
from difykit.settings.finding import Finding, error, warning
from difykit.settings.given import Look, Setting

_STORAGE = re.compile(r".*/middleware/storage/(\w+)_storage_config\.py")
_VECTOR = re.compile(r".*/middleware/vdb/(\w+)_config\.py")
_STORAGE_TYPES = {
    "amazon_s3": "s3",
    "google_cloud": "google-storage",
    "oci": "oci-storage",
}
_VECTOR_STORES = {
    "pgvectors": ("pgvecto-rs",),
    "elasticsearch": ("elasticsearch", "elasticsearch-ja"),
    "oceanbase": ("oceanbase", "seekdb"),
    "baidu_vector": ("baidu",),
    "tencent_vector": ("tencent",),
    "vastbase_vector": ("vastbase",),
}
_PLUGIN = {
    "PLUGIN_S3_": "aws_s3",
    "PLUGIN_AWS_": "aws_s3",
    "PLUGIN_AZURE_BLOB_": "azure_blob",
    "PLUGIN_TENCENT_COS_": "tencent_cos",
    "PLUGIN_ALIYUN_OSS_": "aliyun_oss",
    "PLUGIN_VOLCENGINE_TOS_": "volcengine_tos",
}
_NEEDS = {
    "s3": ("S3_BUCKET_NAME",),
    "aliyun-oss": (
        "ALIYUN_OSS_BUCKET_NAME",
        "ALIYUN_OSS_ENDPOINT",
        "ALIYUN_OSS_ACCESS_KEY",
        "ALIYUN_OSS_SECRET_KEY",
    ),
}
# OpenDAL takes unknown options without a word, and then asks unsigned: these are the ones that its services have.
_OPENDAL = {
    "FS": {"ROOT", "ATOMIC_WRITE_DIR"},
    "OSS": {
        *("ROOT", "BUCKET", "ENDPOINT", "PRESIGN_ENDPOINT", "ADDRESSING_STYLE", "PRESIGN_ADDRESSING_STYLE"),
        *("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN", "ALLOW_ANONYMOUS", "ROLE_ARN", "ROLE_SESSION_NAME"),
        *("OIDC_PROVIDER_ARN", "OIDC_TOKEN_FILE", "STS_ENDPOINT", "SERVER_SIDE_ENCRYPTION", "EXTERNAL_ID"),
        *("SERVER_SIDE_ENCRYPTION_KEY_ID", "BATCH_MAX_OPERATIONS", "DELETE_MAX_SIZE", "ENABLE_VERSIONING"),
    },
    "S3": {
        *("ROOT", "BUCKET", "ENDPOINT", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "ROLE_ARN"),
        *("EXTERNAL_ID", "ROLE_SESSION_NAME", "DISABLE_CONFIG_LOAD", "DISABLE_EC2_METADATA", "ALLOW_ANONYMOUS"),
        *("SERVER_SIDE_ENCRYPTION", "SERVER_SIDE_ENCRYPTION_AWS_KMS_KEY_ID", "DEFAULT_STORAGE_CLASS"),
        *("SERVER_SIDE_ENCRYPTION_CUSTOMER_ALGORITHM", "SERVER_SIDE_ENCRYPTION_CUSTOMER_KEY", "CHECKSUM_ALGORITHM"),
        *("SERVER_SIDE_ENCRYPTION_CUSTOMER_KEY_MD5", "ENABLE_VIRTUAL_HOST_STYLE", "BATCH_MAX_OPERATIONS"),
        *("DISABLE_STAT_WITH_OVERRIDE", "DELETE_MAX_SIZE", "DISABLE_WRITE_WITH_IF_MATCH", "ENABLE_VERSIONING"),
        *("ENABLE_WRITE_WITH_APPEND", "DISABLE_LIST_OBJECTS_V2", "ENABLE_REQUEST_PAYER"),
    },
}
_OPENDAL_NEEDS = {
    "OSS": ("BUCKET", "ENDPOINT", "ACCESS_KEY_ID", "ACCESS_KEY_SECRET"),
    "S3": ("BUCKET", "REGION"),
}


def drivers(look: Look) -> Iterator[Finding]:
    """Keys that are set for a storage or a vector store that is not the chosen one."""
    values = look.environment.values
    storage, store = values.get("STORAGE_TYPE", ""), values.get("VECTOR_STORE", "")
    for setting in look.effective.values():
        if not setting.raw or _as_shipped(setting, look):
            continue
        types, stores = _storage_types(setting.key, look), _vector_stores(setting.key, look)
        also = stores | ({"oceanbase", "seekdb"} & {values.get("DB_TYPE", "")})
        if types and storage and storage not in types and not (stores and store in stores):
            wanted = " or ".join(sorted(types))
            chosen = _told("STORAGE_TYPE", look)
            text = f"is read only with STORAGE_TYPE={wanted}, and it is {chosen}: it has no effect"
            yield warning("driver", setting, text, f"set STORAGE_TYPE={wanted}, or take it out")
        elif stores and not types and store not in stores and values.get("DB_TYPE") not in stores & also:
            text = f"belongs to VECTOR_STORE={' or '.join(sorted(stores))}, and it is {_told('VECTOR_STORE', look)}"
            yield warning("driver", setting, text, "take it out, unless knowledge bases are left in that store")
        yield from _plugin(setting, values.get("PLUGIN_STORAGE_TYPE", ""), look)
        yield from _opendal(setting, storage, values.get("OPENDAL_SCHEME", ""), look)


def lacking(look: Look) -> Iterator[Finding]:
    """What the chosen storage cannot do without."""
    values = look.environment.values
    at = look.effective.get("STORAGE_TYPE")
    wanted = [key for key in _NEEDS.get(values.get("STORAGE_TYPE", ""), ()) if key in look.release.known]
    scheme = look.effective.get("OPENDAL_SCHEME")
    if values.get("STORAGE_TYPE") == "opendal" and scheme and "OPENDAL_SCHEME" in look.release.known:
        at, name = scheme, values.get("OPENDAL_SCHEME", "").upper()
        wanted = [f"OPENDAL_{name}_{option}" for option in _OPENDAL_NEEDS.get(name, ())]
    missing = [key for key in wanted if _unset(key, look)]
    if at and missing:
        text = f"is chosen, and {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set: nothing is stored"
        yield error("driver", at, text, f"set {', '.join(missing)}")


def _unset(key: str, look: Look) -> bool:
    """Whether a key is empty, or has the placeholder that Dify ships, such as your-bucket-name."""
    value = look.environment.values.get(key, "")
    return not value or (key not in look.effective and "your" in value)


def _storage_types(key: str, look: Look) -> set[str]:
    field = look.release.fields.get(key)
    found = _STORAGE.fullmatch(field.path) if field else None
    if found is None or found[1] == "opendal":  # OPENDAL_SCHEME has a rule of its own
        return set()
    return {_STORAGE_TYPES.get(found[1], found[1].replace("_", "-"))}


def _vector_stores(key: str, look: Look) -> set[str]:
    field = look.release.fields.get(key)
    found = _VECTOR.fullmatch(field.path) if field else None
    return set(_VECTOR_STORES.get(found[1], (found[1],))) if found else set()


def _plugin(setting: Setting, chosen: str, look: Look) -> Iterator[Finding]:
    wanted = next((name for prefix, name in _PLUGIN.items() if setting.key.startswith(prefix)), "")
    if wanted and chosen and chosen != wanted:
        told = _told("PLUGIN_STORAGE_TYPE", look)
        text = f"is read only with PLUGIN_STORAGE_TYPE={wanted}, and it is {told}: it has no effect"
        yield warning("driver", setting, text, f"set PLUGIN_STORAGE_TYPE={wanted}, or take it out")


def _opendal(setting: Setting, storage: str, scheme: str, look: Look) -> Iterator[Finding]:
    found = re.fullmatch(r"OPENDAL_([A-Z0-9]+)_([A-Z0-9_]+)", setting.key)
    if not found or "OPENDAL_SCHEME" not in look.release.known:
        return
    driver, option = found[1], found[2]
    if driver in _OPENDAL and option not in _OPENDAL[driver]:
        near = difflib.get_close_matches(option, _OPENDAL[driver], n=1)
        if driver == "OSS":
            near = {"ACCESS_KEY": ["ACCESS_KEY_ID"], "SECRET_KEY": ["ACCESS_KEY_SECRET"]}.get(option, near)
        elif driver == "S3":
            near = {"ACCESS_KEY": ["ACCESS_KEY_ID"], "SECRET_KEY": ["SECRET_ACCESS_KEY"]}.get(option, near)
        text = f"is no option of OpenDAL's {driver.lower()}, which takes it without a word and then does without it"
        if near:
            yield error("driver", setting, text, f"write OPENDAL_{driver}_{near[0]}")
        else:  # a newer OpenDAL may have options that this list lacks
            yield warning("driver", setting, f"as far as difykit knows it {text}", "look it up, or take it out")
    elif storage != "opendal":
        text = f"is read only with STORAGE_TYPE=opendal, and it is {_told('STORAGE_TYPE', look)}: it has no effect"
        yield warning("driver", setting, text, "set STORAGE_TYPE=opendal, or take it out")
    elif driver != scheme.upper():
        text = (
            f"is read only with OPENDAL_SCHEME={driver.lower()}, and it is {_told('OPENDAL_SCHEME', look)}:"
            " it has no effect"
        )
        yield warning("driver", setting, text, f"set OPENDAL_SCHEME={driver.lower()}, or take it out")


def _as_shipped(setting: Setting, look: Look) -> bool:
    shipped = look.release.shipped.get(setting.key)
    return shipped is not None and env.template(shipped.raw) == env.template(setting.raw)


def _told(key: str, look: Look) -> str:
    """The chosen driver, as far as it is the name of one: what else stands in `.env` may be a misplaced secret."""
    chosen, field = look.environment.values.get(key, ""), look.release.fields.get(key)
    names = {*look.release.stores, *_PLUGIN.values(), *_NEEDS, *(name.lower() for name in _OPENDAL), "local", "opendal"}
    if not chosen:
        return "not set"
    return chosen if chosen in names or (field and chosen in field.kind.choices) else "another"
