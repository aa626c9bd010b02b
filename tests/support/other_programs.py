"""A small release with scripts, templates and a schema of web's, and what `env.check` says of settings in it."""

from __future__ import annotations

from pathlib import Path

from difykit.checks.settings import findings
from difykit.checks.settings.configured import Look, look_at
from difykit.checks.settings.release import read_release
from difykit.dify.entrypoints import SCRIPTS
from difykit.git import text_of
from difykit.release.render import OverlayPart, RenderInputs, list_defaults
from difykit.release.render.key_readers import key_readers
from difykit.workspace import dotenv, state
from difykit.workspace.manifest import OverlayManifest
from tests.support.settings import tree_of

COMPOSE = """\
services:
  api:
    image: langgenius/dify-api:1.0.0
    environment: {MODE: api, UPLOAD_FILE_SIZE_LIMIT: "${UPLOAD_FILE_SIZE_LIMIT:-15}", DB_HOST: "${DB_HOST:-db}"}
  worker:
    image: langgenius/dify-api:1.0.0
    environment: {MODE: worker}
  web:
    image: langgenius/dify-web:1.0.0
    environment: {SENTRY_DSN: "${WEB_SENTRY_DSN:-}", TOP_K: "${TOP_K:-}", CONSOLE_API_URL: "${CONSOLE_API_URL:-}"}
  live: {image: langgenius/dify-api:1.0.0, profiles: [live]}
  db:
    image: postgres:15-alpine
    command: postgres -c 'max_connections=${POSTGRES_MAX_CONNECTIONS:-100}' -c 'work_mem=${POSTGRES_WORK_MEM:-4MB}'
  nginx:
    image: nginx:latest
    environment:
      NGINX_CLIENT_MAX_BODY_SIZE: ${NGINX_CLIENT_MAX_BODY_SIZE:-100M}
      NGINX_HTTPS_ENABLED: ${NGINX_HTTPS_ENABLED:-false}
      NGINX_SSL_CERT_FILENAME: ${NGINX_SSL_CERT_FILENAME:-dify.crt}
      NGINX_SSL_CERT_KEY_FILENAME: ${NGINX_SSL_CERT_KEY_FILENAME:-dify.key}
      CERTBOT_DOMAIN: ${CERTBOT_DOMAIN:-}
    ports: ["${EXPOSE_NGINX_PORT:-80}:${NGINX_PORT:-80}"]
    volumes: [./nginx/nginx.conf.template:/etc/nginx/nginx.conf.template, ./nginx/ssl:/etc/ssl]
"""
EXAMPLE = """\
SERVER_WORKER_AMOUNT=1
UPLOAD_FILE_SIZE_LIMIT=15
NGINX_CLIENT_MAX_BODY_SIZE=100M
POSTGRES_MAX_CONNECTIONS=100
SQLALCHEMY_POOL_SIZE=30
SQLALCHEMY_MAX_OVERFLOW=10
DB_HOST=db
POOL_MIN_SIZE=1
POOL_MAX_SIZE=5
COMPOSE_PROFILES=${STORE:-none},live
"""
WEB_SCRIPT = """\
export NEXT_PUBLIC_API_PREFIX=${CONSOLE_API_URL}/console/api
export NEXT_PUBLIC_SENTRY_DSN=${SENTRY_DSN}
export NEXT_PUBLIC_TOP_K=${TOP_K}
export NEXT_PUBLIC_LATEX=${NEXT_PUBLIC_LATEX:-false}
export NEXT_PUBLIC_BASE_PATH=${NEXT_PUBLIC_BASE_PATH}
"""
ENV_TS = """\
const clientSchema = {
  NEXT_PUBLIC_TOP_K: coercedNumber.default(10),
  TOP_K: coercedNumber.default(10),
  NEXT_PUBLIC_LATEX: coercedBoolean.default(false),
}
"""
FILES = {
    "api/configs/__init__.py": "from pydantic_settings import BaseSettings\n",
    "api/docker/entrypoint.sh": (
        "celery -c ${CELERY_WORKER_AMOUNT:-1} -Q ${CELERY_QUEUES:-mail,dataset,plugin}\n"
        "gunicorn --workers ${SERVER_WORKER_AMOUNT:-1} --timeout ${GUNICORN_TIMEOUT:-200}\n"
    ),
    "web/docker/entrypoint.sh": WEB_SCRIPT,
    "web/env.ts": ENV_TS,
    "web/next.config.ts": "basePath: process.env.NEXT_PUBLIC_BASE_PATH,\n",
    "docker/docker-compose.yaml": COMPOSE,
    "docker/.env.example": EXAMPLE,
    "docker/nginx/nginx.conf.template": "client_max_body_size ${NGINX_CLIENT_MAX_BODY_SIZE};\nmine ${MINE};\n",
}


def look(env: str, data: Path = Path("/nowhere"), overlay: str = "") -> Look:
    tree = tree_of(FILES)
    manifest = OverlayManifest.model_validate({"version": 1, "description": "d"})
    inputs = RenderInputs(
        source=state.Source(release="1.0.0", base="b" * 40, commit="c" * 40, layers=()),
        images=(),
        docker={path.removeprefix("docker/"): ("100644", text.encode()) for path, text in FILES.items()},
        added=frozenset(),
        own_ping=False,
        overlays=(OverlayPart("mine", manifest, {"compose.yaml": overlay}),) if overlay else (),
        settings_env={},
        user_env=env,
        project="dify",
        data=data,
        used=False,
        readers=key_readers(tree, dotenv.plain(env)),
        scripts={image: text_of(tree.read(path)) for image, path in SCRIPTS.items()},
        lists=list_defaults(tree),
    )
    return look_at(read_release("1.0.0", tree), inputs)


def said(env: str, data: Path = Path("/nowhere"), overlay: str = "") -> list[str]:
    rules = {"overwritten", "web-value", "list", "program", "limit", "certificate"}
    return [f"{each.severity.value} {each}" for each in findings(look(env, data, overlay)) if each.rule in rules]
