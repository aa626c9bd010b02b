"""Which settings belong to which storage and vector store, and what a storage cannot do without.

Which keys are whose is read from the release's own files, `middleware/storage/*_config.py` and `middleware/vdb/…`;
listed is only where a file's name is not that of its driver. An option of OpenDAL that is not listed is a warning.
"""

from __future__ import annotations

import re

STORAGE_CONFIG = re.compile(r".*/middleware/storage/(\w+)_storage_config\.py")
VECTOR_CONFIG = re.compile(r".*/middleware/vdb/(\w+)_config\.py")
"""The files of config classes whose settings belong to one storage, to one vector store; the group is its name."""
STORAGE_TYPES = {
    "amazon_s3": "s3",
    "google_cloud": "google-storage",
    "oci": "oci-storage",
}
"""The name in a file's path → the value of STORAGE_TYPE, where it is not the same with `-` for `_`."""
VECTOR_STORES = {
    "pgvectors": ("pgvecto-rs",),
    "elasticsearch": ("elasticsearch", "elasticsearch-ja"),
    "oceanbase": ("oceanbase", "seekdb"),
    "baidu_vector": ("baidu",),
    "tencent_vector": ("tencent",),
    "vastbase_vector": ("vastbase",),
}
"""The name in a file's path → the values of VECTOR_STORE, where it is not the same."""
PLUGIN_PREFIXES = {
    "PLUGIN_S3_": "aws_s3",
    "PLUGIN_AWS_": "aws_s3",
    "PLUGIN_AZURE_BLOB_": "azure_blob",
    "PLUGIN_TENCENT_COS_": "tencent_cos",
    "PLUGIN_ALIYUN_OSS_": "aliyun_oss",
    "PLUGIN_VOLCENGINE_TOS_": "volcengine_tos",
}
"""How a setting of the plugin daemon's begins → the value of PLUGIN_STORAGE_TYPE that it belongs to."""
STARTING = ("api/extensions/", "api/providers/", "api/packages/", "api/core/rag/datasource/", "api/libs/")
"""Where the code stands that starts what is chosen."""
ACCOUNTS = ("_ENDPOINT", "_URL", "_HOST", "_SERVER", "_ACCOUNT_NAME", "_ACCOUNT", "_INSTANCE_ID", "_INSTANCE_NAME")
"""How the settings end that name an account or an address which only its owner knows."""
SERVERS_OWN = {"MILVUS_PASSWORD": "Milvus"}
"""The passwords in Dify's examples that are what the server itself has until somebody changes it."""
_PLUGIN_BUCKET = ("PLUGIN_STORAGE_OSS_BUCKET",)
PLUGIN_NEEDS = {
    "aws_s3": _PLUGIN_BUCKET,
    "tencent_cos": (
        *_PLUGIN_BUCKET,
        "PLUGIN_TENCENT_COS_SECRET_KEY",
        "PLUGIN_TENCENT_COS_SECRET_ID",
        "PLUGIN_TENCENT_COS_REGION",
    ),
    "azure_blob": ("PLUGIN_AZURE_BLOB_STORAGE_CONTAINER_NAME", "PLUGIN_AZURE_BLOB_STORAGE_CONNECTION_STRING"),
    "aliyun_oss": (
        *_PLUGIN_BUCKET,
        "PLUGIN_ALIYUN_OSS_ENDPOINT",
        "PLUGIN_ALIYUN_OSS_ACCESS_KEY_ID",
        "PLUGIN_ALIYUN_OSS_ACCESS_KEY_SECRET",
    ),
    "volcengine_tos": (
        *_PLUGIN_BUCKET,
        "PLUGIN_VOLCENGINE_TOS_ENDPOINT",
        "PLUGIN_VOLCENGINE_TOS_ACCESS_KEY",
        "PLUGIN_VOLCENGINE_TOS_SECRET_KEY",
    ),
}
"""What the plugin daemon needs for a value of PLUGIN_STORAGE_TYPE, by the settings that Dify's example has for each.

It is not in the release's Python; the bucket is what its own configuration refuses to do without.
"""
STORAGE_NEEDS = {
    "s3": ("S3_BUCKET_NAME",),
    "aliyun-oss": (
        "ALIYUN_OSS_BUCKET_NAME",
        "ALIYUN_OSS_ENDPOINT",
        "ALIYUN_OSS_ACCESS_KEY",
        "ALIYUN_OSS_SECRET_KEY",
    ),
}
"""What a value of STORAGE_TYPE cannot do without."""
# OpenDAL takes unknown options without a word, and then asks unsigned: these are the ones that its services have.
OPENDAL = {
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
OPENDAL_NEEDS = {
    "OSS": ("BUCKET", "ENDPOINT", "ACCESS_KEY_ID", "ACCESS_KEY_SECRET"),
    "S3": ("BUCKET", "REGION"),
}
"""What a service of OpenDAL cannot do without."""

_STORE = re.compile(r'^    [A-Z_0-9]+ = "([\w-]+)"', re.MULTILINE)
OPENDAL_ALSO_CALLED = {
    "OSS": {"ACCESS_KEY": "ACCESS_KEY_ID", "SECRET_KEY": "ACCESS_KEY_SECRET"},
    "S3": {"ACCESS_KEY": "ACCESS_KEY_ID", "SECRET_KEY": "SECRET_ACCESS_KEY"},
}
"""What other tools call an option, and OpenDAL calls otherwise."""


def vector_stores(text: str) -> tuple[str, ...]:
    """The values that VECTOR_STORE may have, of the enumeration in `layout.VECTOR_TYPES`."""
    return tuple(_STORE.findall(text))
