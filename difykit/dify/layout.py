"""Where things stand in Dify's tree: folders and files that every release from 1.0.0 on has, unless said otherwise."""

from __future__ import annotations

import re

API = "api"
"""The folder of api, worker and their like; below it is what the image `dify-api` is made from."""
WEB = "web"
DOCKER = "docker"
"""The folder that a release folder is made from."""

COMPOSE_FILE = "docker/docker-compose.yaml"
ENV_EXAMPLE = "docker/.env.example"
"""Ends in all there is up to 1.14.0; from 1.14.1 on it is short, and the rest is in `ENVS`."""
EXAMPLE = ".env.example"
"""What every example of settings ends in; alone, the one in `docker`."""
ENVS = "docker/envs"
"""From 1.14.1 on: an example per room of settings."""
MIDDLEWARE_COMPOSE = "docker/docker-compose.middleware.yaml"
MIDDLEWARE_EXAMPLES = ("docker/middleware.env.example", "docker/envs/middleware.env.example")
"""Up to 1.14.0, and from 1.14.1 on."""
DATA = ("db/data", "mysql/data", "app/storage", "redis/data", "weaviate", "plugin_daemon")
"""Folders of `docker/volumes` that a start fills; the databases in them keep the password of that first start."""
SQUID_TEMPLATE = "docker/ssrf_proxy/squid.conf.template"

API_ENV = "api/.env"
"""Read by api when it runs as a process; written by nobody but the developer, and `middleware.dev`."""
API_ENV_EXAMPLE = "api/.env.example"
API_PROJECT = "api/pyproject.toml"
ENTRYPOINT = "api/docker/entrypoint.sh"
"""Starts what MODE says; the image copies it out of its folder."""
API_DOCKERFILE = "api/Dockerfile"
WEB_DOCKERFILE = "web/Dockerfile"
BLUEPRINTS = "api/extensions/ext_blueprints.py"
"""Its `init_app` registers every blueprint."""
EXTENSIONS = "api/extensions"
"""What is loaded when api starts; some give the app addresses of its own, such as `/health`."""
CONTROLLERS = "api/controllers"
CONSOLE = "api/controllers/console"
CONFIGS = "api/configs"
"""The classes that say which settings api reads, of which type, with which default."""
MIGRATIONS = "api/migrations"
CHAIN = f"{MIGRATIONS}/versions/"
"""Where the migrations are that follow each other."""
CELERY_PING = "api/celery_healthcheck.py"
"""Dify's own health check of a worker, where the release has it (from 1.14.0 on)."""
VECTOR_TYPES = "api/core/rag/datasource/vdb/vector_type.py"
"""The vector stores that a release knows, as an enumeration."""

WEB_PACKAGE = "web/package.json"
"""Says the release's own version."""
PAGES = "web/app"
PUBLIC = "web/public"
LOGOS = ("web/public/logo/", "web/app/components/base/logo/")
"""What Dify's licence does not let anybody change in the console."""
I18N = "web/i18n"
"""A folder per language; its files are `.ts` up to 1.11.2 and `.json` from 1.11.3 on."""
TEXTS = re.compile(rf"(?P<stem>{I18N}/(?P<locale>[^/]+)/[^/]+)\.(?P<form>json|ts)")
"""One of these files."""
TEXTS_SOURCE = "en-US"
"""The language that every other falls back to, and that the code is typed by."""

ENVS_EXAMPLE = re.compile(r"envs/.*\.env\.example")
"""The examples of `ENVS`, as they are named inside `docker`."""
REWRITTEN = re.compile(r"volumes/|docker-compose[^/]*\.ya?ml$|(?:.*/)?[^/]*\.env\.example$")
"""Parts of `docker`, as named inside it, that a release folder has in a form of its own, or not at all."""
CODE = re.compile(
    r"(?:api/(?!tests/|migrations/versions/).*\.(?:py|sh)|web/docker/.*|web/[\w.-]+\.(?:ts|js|mjs)|web/\.env\.example"
    r"|docker/(?!volumes/)[\w/.-]+\.(?:sh|template|yaml|conf))"
)
"""Where else than in the config classes a setting can be read: the code, and the scripts that start it."""


def in_docker(path: str) -> str:
    """A path of the tree as it is named inside `docker`, and so in a release folder."""
    return path.removeprefix(f"{DOCKER}/")
