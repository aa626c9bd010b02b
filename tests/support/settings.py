"""A small release with config classes, examples and a Compose file, and what a workspace's settings are in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from difykit.checks.settings import Look
from difykit.checks.settings.configured import look_at
from difykit.checks.settings.release import read_release
from difykit.core import yaml
from difykit.git import Blob, Store, Tree
from difykit.release.render import OverlayPart, RenderInputs
from difykit.workspace import state
from difykit.workspace.manifest import OverlayManifest

CONFIGS = """\
from enum import StrEnum
from typing import Annotated, Any, Literal, Optional

from pydantic import AliasChoices, Field, HttpUrl, NonNegativeInt, PositiveFloat, PositiveInt, field_validator
from pydantic_settings import BaseSettings

_STORAGES = Literal["opendal", "s3", "aliyun-oss", "local"]


class Mode(StrEnum):
    SAFE = "safe"
    OPEN = "open"


class Settings(BaseSettings):
    SECRET_KEY: str = Field(default="")
    LOG_LEVEL: str = Field(default="INFO")
    DEBUG: bool = Field(default=False)
    DB_HOST: str = Field(default="localhost")
    DB_PORT: PositiveInt = Field(default=5432)
    DB_PASSWORD: str = Field(default="")
    DB_CHARSET: str = Field(default="")
    POOL_SIZE: NonNegativeInt = 30
    RATIO: PositiveFloat | None = Field(default=0.5, le=1.0)
    READ_TIMEOUT: Annotated[PositiveInt, Field(ge=60)] = 60
    MAIL_MODE: Mode = Field(default=Mode.SAFE)
    SERVICE: Optional[Literal["es", "aoss"]] = None
    CODE_EXECUTION_ENDPOINT: HttpUrl = Field(default=HttpUrl("http://sandbox:8194"))
    CODE_EXECUTION_API_KEY: str = Field(default="dify-sandbox")
    ANNOTATIONS: dict[str, Any] | None = None
    MAX_CONNECTIONS: PositiveInt | None = None
    OTHER_URL: str = Field(validation_alias=AliasChoices("OTHER_URL", "OLD_OTHER_URL"), default="")
    STORAGE_TYPE: _STORAGES = "opendal"
    VECTOR_STORE: str | None = None
    SENTRY_DSN: str | None = None
    ONLY_DAEMON: str = ""
    DAEMON_KEY: str = ""
    UPLOAD_LIMIT: int = Field(default=15)

    @field_validator("MAX_CONNECTIONS", mode="before")
    @classmethod
    def _empty(cls, v):
        return v or None


class RedisConfig(Settings):
    REDIS_HOST: str = "localhost"
    REDIS_PASSWORD: str | None = None
    REDIS_USE_SENTINEL: bool | None = False
    REDIS_SENTINELS: str | None = None
    REDIS_SENTINEL_SERVICE_NAME: str | None = None
    CELERY_BROKER_URL: str | None = None
    CELERY_USE_SENTINEL: bool | None = False
    CELERY_SENTINEL_MASTER_NAME: str | None = None
"""

STORAGE = "from pydantic_settings import BaseSettings\n\n\nclass {name}(BaseSettings):\n{fields}"
FIELD = "    {key}: str | None = None\n"


def storage(name: str, *keys: str) -> str:
    return STORAGE.format(name=name, fields="".join(FIELD.format(key=key) for key in keys))


EXAMPLE = """\
SECRET_KEY=sk-public-to-all-of-us
LOG_LEVEL=INFO
DB_HOST=db
DB_PORT=5432
DB_PASSWORD=difyai123456
REDIS_HOST=redis
REDIS_PASSWORD=difyai123456
CELERY_BROKER_URL=redis://:difyai123456@redis:6379/1
CODE_EXECUTION_ENDPOINT=http://sandbox:8194
CODE_EXECUTION_API_KEY=dify-sandbox
SANDBOX_API_KEY=dify-sandbox
STORAGE_TYPE=opendal
OPENDAL_SCHEME=fs
OPENDAL_FS_ROOT=storage
VECTOR_STORE=weaviate
QDRANT_URL=http://qdrant:6333
MIGRATION_ENABLED=true
WORKERS=4
PLUGIN_STORAGE_TYPE=local
PLUGIN_ALIYUN_OSS_REGION=
EXPOSE_NGINX_PORT=80
COMPOSE_PROFILES=${VECTOR_STORE:-weaviate}
"""

API = (
    "SECRET_KEY LOG_LEVEL DEBUG DB_HOST DB_PORT DB_PASSWORD REDIS_HOST REDIS_PASSWORD REDIS_USE_SENTINEL"
    " REDIS_SENTINELS REDIS_SENTINEL_SERVICE_NAME CELERY_BROKER_URL CELERY_USE_SENTINEL CELERY_SENTINEL_MASTER_NAME"
    " STORAGE_TYPE OPENDAL_SCHEME VECTOR_STORE CODE_EXECUTION_ENDPOINT CODE_EXECUTION_API_KEY"
    " QDRANT_URL MIGRATION_ENABLED WORKERS"
)
COMPOSE = f"""\
services:
  api:
    image: langgenius/dify-api:1.0.0
    environment:
      MODE: api
      SENTRY_DSN: ${{API_SENTRY_DSN:-}}
      UPLOAD_LIMIT: ${{UPLOAD_LIMIT:-15}}
{"".join(f"      {key}: ${{{key}:-}}{chr(10)}" for key in API.split())}
  plugin_daemon:
    image: langgenius/dify-plugin-daemon:1
    environment:
      ONLY_DAEMON: ${{ONLY_DAEMON:-}}
      PLUGIN_STORAGE_TYPE: ${{PLUGIN_STORAGE_TYPE:-local}}
      ALIYUN_OSS_REGION: ${{PLUGIN_ALIYUN_OSS_REGION:-}}
  sandbox:
    image: langgenius/dify-sandbox:1
    environment: {{API_KEY: "${{SANDBOX_API_KEY:-dify-sandbox}}"}}
  db: {{image: postgres}}
  redis: {{image: redis, command: "redis-server --requirepass ${{REDIS_PASSWORD:-difyai123456}}"}}
  weaviate: {{image: weaviate, profiles: [weaviate]}}
  qdrant: {{image: qdrant, profiles: [qdrant]}}
  nginx: {{image: nginx, ports: ["${{EXPOSE_NGINX_PORT:-80}}:80"]}}
"""

RELEASE = {
    "api/configs/__init__.py": CONFIGS,
    "api/configs/middleware/storage/opendal_storage_config.py": storage("O", "OPENDAL_SCHEME"),
    "api/configs/middleware/storage/amazon_s3_storage_config.py": storage("S", "S3_BUCKET_NAME", "S3_ENDPOINT"),
    "api/configs/middleware/storage/aliyun_oss_storage_config.py": storage(
        "A", "ALIYUN_OSS_BUCKET_NAME", "ALIYUN_OSS_ENDPOINT", "ALIYUN_OSS_ACCESS_KEY", "ALIYUN_OSS_SECRET_KEY"
    ),
    "api/configs/middleware/vdb/qdrant_config.py": storage("Q", "QDRANT_URL", "QDRANT_API_KEY"),
    "api/configs/middleware/vdb/elasticsearch_config.py": storage("E", "ELASTICSEARCH_PASSWORD"),
    "api/configs/middleware/vdb/weaviate_config.py": storage("W", "WEAVIATE_ENDPOINT"),
    "api/core/rag/datasource/vdb/vector_type.py": (
        'class VectorType(StrEnum):\n    QDRANT = "qdrant"\n    WEAVIATE = "weaviate"\n'
    ),
    "api/docker/entrypoint.sh": 'celery -Q "${CELERY_QUEUES:-all}"\n',
    "docker/.env.example": EXAMPLE,
    "docker/middleware.env.example": "EXPOSE_REDIS_PORT=6379\n",
    "docker/docker-compose.yaml": COMPOSE,
}


def tree_of(files: Mapping[str, str]) -> Tree:
    laid: dict[str, Blob | None] = {path: ("100644", text.encode()) for path, text in files.items()}
    return Tree(Store(Path("/nowhere")), {}, laid)


@cache
def blobs() -> dict[str, Blob]:
    found = {path: ("100644", text.encode()) for path, text in RELEASE.items()}
    return {path.removeprefix("docker/"): blob for path, blob in found.items() if path.startswith("docker/")}


def look(env: str = "", settings: str = "", overlay: str = "", *, used: bool = False) -> Look:
    """The settings of a workspace with this `.env`, this `env:` of difykit.yaml and this overlay."""
    text = f"version: 1\ndescription: d\n{overlay}"
    manifest = OverlayManifest.model_validate(_yaml(text))
    settings_file = f"version: 1\nenv:\n{settings}"
    inputs = RenderInputs(
        source=state.Source(release="1.0.0", base="b" * 40, commit="c" * 40, layers=()),
        images=(),
        docker=blobs(),
        added=frozenset(),
        own_ping=False,
        overlays=(OverlayPart("mine", manifest, {}, text=text),) if overlay else (),
        settings_env={key: str(value) for key, value in (_yaml(settings_file)["env"] or {}).items()},
        user_env=env,
        project="dify",
        data=Path("/data"),
        used=used,
    )
    return look_at(read_release("1.0.0", tree_of(RELEASE)), inputs, settings_file)


def _yaml(text: str) -> dict[str, dict[str, object]]:
    value: dict[str, dict[str, object]] = yaml.load("x", text).value
    return value
