"""Settings, read from the environment once."""

import os
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote

_ROOT = Path(__file__).resolve().parent.parent


class DifyConfig:
    def __init__(self, environ: dict[str, str]) -> None:
        get = environ.get
        self.CURRENT_VERSION: str = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
        self.COMMIT_SHA = get("COMMIT_SHA", "")
        self.EDITION = get("EDITION", "SELF_HOSTED")
        self.DEPLOY_ENV = get("DEPLOY_ENV", "PRODUCTION")
        self.DEBUG = get("DEBUG", "false").lower() == "true"
        self.LOG_LEVEL = get("LOG_LEVEL") or "INFO"
        self.SECRET_KEY = get("SECRET_KEY", "")
        self.ACCESS_TOKEN_EXPIRE_MINUTES = int(get("ACCESS_TOKEN_EXPIRE_MINUTES") or 60)
        self.STORAGE_LOCAL_PATH = get("OPENDAL_FS_ROOT") or "storage"

        self.DB_USERNAME = get("DB_USERNAME", "postgres")
        self.DB_PASSWORD = get("DB_PASSWORD", "")
        self.DB_HOST = get("DB_HOST", "localhost")
        self.DB_PORT = int(get("DB_PORT") or 5432)
        self.DB_DATABASE = get("DB_DATABASE", "dify")
        self.SQLALCHEMY_DATABASE_URI = get("SQLALCHEMY_DATABASE_URI") or self._postgresql_uri()
        self.SQLALCHEMY_POOL_SIZE = int(get("SQLALCHEMY_POOL_SIZE") or 30)
        self.SQLALCHEMY_POOL_PRE_PING = get("SQLALCHEMY_POOL_PRE_PING", "false").lower() == "true"

        self.REDIS_HOST = get("REDIS_HOST") or "localhost"
        self.REDIS_PORT = int(get("REDIS_PORT") or 6379)
        self.REDIS_USERNAME = get("REDIS_USERNAME", "")
        self.REDIS_PASSWORD = get("REDIS_PASSWORD", "")
        self.REDIS_DB = int(get("REDIS_DB") or 0)
        self.REDIS_USE_SENTINEL = get("REDIS_USE_SENTINEL", "false").lower() == "true"
        self.REDIS_SENTINELS = get("REDIS_SENTINELS", "")
        self.REDIS_SENTINEL_SERVICE_NAME = get("REDIS_SENTINEL_SERVICE_NAME", "")
        self.REDIS_SENTINEL_PASSWORD = get("REDIS_SENTINEL_PASSWORD", "")
        self.REDIS_SENTINEL_SOCKET_TIMEOUT = float(get("REDIS_SENTINEL_SOCKET_TIMEOUT") or 0.1)

        self.CELERY_BROKER_URL = get("CELERY_BROKER_URL") or "redis://localhost:6379/1"
        self.CELERY_USE_SENTINEL = get("CELERY_USE_SENTINEL", "false").lower() == "true"
        self.CELERY_SENTINEL_MASTER_NAME = get("CELERY_SENTINEL_MASTER_NAME", "")
        self.CELERY_SENTINEL_PASSWORD = get("CELERY_SENTINEL_PASSWORD", "")
        self.CELERY_SENTINEL_SOCKET_TIMEOUT = float(get("CELERY_SENTINEL_SOCKET_TIMEOUT") or 0.1)
        self.CELERY_FILESYSTEM_FOLDER = get("CELERY_FILESYSTEM_FOLDER", "")
        self.CELERY_BEAT_SCHEDULER_TIME = int(get("CELERY_BEAT_SCHEDULER_TIME") or 1)

    def _postgresql_uri(self) -> str:
        user, password = quote(self.DB_USERNAME, safe=""), quote(self.DB_PASSWORD, safe="")
        return f"postgresql+psycopg2://{user}:{password}@{self.DB_HOST}:{self.DB_PORT}/{self.DB_DATABASE}"

    @property
    def SQLALCHEMY_ENGINE_OPTIONS(self) -> dict[str, Any]:
        if self.SQLALCHEMY_DATABASE_URI.startswith("sqlite"):
            return {"connect_args": {"timeout": 30}}
        return {"pool_size": self.SQLALCHEMY_POOL_SIZE, "pool_pre_ping": self.SQLALCHEMY_POOL_PRE_PING}

    def as_mapping(self) -> dict[str, Any]:
        return {**vars(self), "SQLALCHEMY_ENGINE_OPTIONS": self.SQLALCHEMY_ENGINE_OPTIONS}


dify_config = DifyConfig(dict(os.environ))
