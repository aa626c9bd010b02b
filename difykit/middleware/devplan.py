"""What `middleware.dev` writes: the bundled middleware, and the source's `api/.env` in step with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from difykit.core import yaml
from difykit.core.errors import DifyKitError
from difykit.dify import default_secrets, keys, middleware
from difykit.middleware.bundled import Bundled, env_files, rewritten
from difykit.middleware.inputs import COMPOSE, File
from difykit.release import compose
from difykit.release.compose import DATA
from difykit.workspace import dotenv

_HERE = "127.0.0.1"
_ROOT = keys.OPENDAL_FS_ROOT


@dataclass(frozen=True)
class DevPlan:
    """What will be written. While `generate` names secrets, the texts are a preview that lacks them."""

    files: Mapping[str, File]
    """The folder of the middleware's project."""
    seeds: Mapping[str, File]
    """Files that must be in its data folder before the first start."""
    api: Mapping[str, str]
    """What `api/.env` must say."""
    api_env: str
    """All of `api/.env`."""
    generate: Mapping[str, int]
    services: frozenset[str]
    """Those that run."""


def plan_dev(bundled: Bundled) -> DevPlan:
    """The middleware of this release, with secrets of its own that api has too.

    Raises DifyKitError for a file of the release that is a link.
    """
    api_text = bundled.api_example if bundled.api_env is None else bundled.api_env
    api_settings = dotenv.values(api_text)
    profiles = [
        api_settings.get(keys.DB_TYPE) or middleware.DATABASE,
        api_settings.get(keys.VECTOR_STORE) or middleware.VECTOR_STORE,
    ]
    services = compose.active(bundled.upstream["services"], profiles)
    variables = compose.interpolated(bundled.upstream)
    example = dotenv.set_values(bundled.example, {k: v for k, v in bundled.ports.items() if k in variables})
    shipped = {**compose.defaults(bundled.upstream), **dotenv.values(example)}
    all_settings = {**dotenv.values(bundled.api_example), **shipped}
    secrets = dotenv.EnvLayer.of_text("", bundled.own_env).raw
    generate = dotenv.to_generate(all_settings, secrets, services) | (
        {} if keys.SECRET_KEY in secrets else {keys.SECRET_KEY: default_secrets.LENGTH}
    )
    text = dotenv.set_raw(example, _secrets(shipped, secrets))
    api = _api(bundled, shipped, api_settings, secrets)
    value = rewritten(bundled)
    head = {
        DATA: str(bundled.data),
        "COMPOSE_PROJECT_NAME": bundled.project,
        "COMPOSE_PROFILES": ",".join(profiles),
    }
    start = dotenv.set_values("# Written by difykit middleware.dev; the source's api/.env is in step with it.\n", head)
    settings = (start + compose.with_data_folder(dotenv.without(text, ["COMPOSE_PROFILES"]))).encode(
        "utf-8", "surrogateescape"
    )
    used = compose.carried(bundled.upstream, bundled.docker)
    data = {name for name in used if compose.is_data(name, bundled.docker)}
    body = f"# The middleware of Dify {bundled.release}, rewritten by difykit.\n" + yaml.dump(value)
    return DevPlan(
        files={
            **{name: _file(bundled, name) for name in used if name not in data},
            COMPOSE: (0o644, body.encode()),
            **dict.fromkeys({".env", *env_files(value["services"])}, (384, settings)),
        },
        seeds={name.removeprefix("volumes/"): _file(bundled, name) for name in data},
        api=api,
        api_env=dotenv.set_values(api_text, api),
        generate=generate,
        services=services,
    )


def _secrets(shipped: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """The kept secrets under the names that one side has for them, raw."""
    own_secrets = {key: raw for key, raw in secrets.items() if key in shipped} | dotenv.followers(shipped, secrets)
    return own_secrets | {
        key: secrets[synonym]
        for key, synonym in middleware.ALSO_CALLED.items()
        if key in shipped and synonym in secrets
    }


def _api(
    bundled: Bundled, shipped: Mapping[str, str], api_settings: Mapping[str, str], raw_secrets: Mapping[str, str]
) -> dict[str, str]:
    """What api must be told, to reach this middleware."""
    own = dotenv.values(bundled.api_example)
    decoded = {key: dotenv.decode(raw) or "" for key, raw in raw_secrets.items()}
    secrets = _secrets({**own, **dict.fromkeys(middleware.STORES, "")}, raw_secrets)
    database = middleware.MYSQL_PORT if api_settings.get(keys.DB_TYPE) == middleware.MYSQL else middleware.POSTGRES_PORT
    redis = shipped.get(middleware.REDIS_PORT, "6379")
    return {
        **{key: dotenv.decode(raw) or "" for key, raw in secrets.items()},
        keys.SECRET_KEY: api_settings.get(keys.SECRET_KEY) or decoded.get(keys.SECRET_KEY, ""),
        keys.DB_HOST: _HERE,
        keys.DB_PORT: shipped.get(database, "5432"),
        keys.REDIS_HOST: _HERE,
        keys.REDIS_PORT: redis,
        keys.CELERY_BROKER_URL: f"redis://:{decoded.get(keys.REDIS_PASSWORD, '')}@{_HERE}:{redis}/1",
        **{
            key: f"http://{_HERE}:{shipped[port]}"
            for key, port in middleware.URLS.items()
            if key in own and port in shipped
        },
        # Below the source, where Dify has it, uploads would go with `.difykit`.
        **({_ROOT: str(bundled.data / "storage")} if _ROOT in own and api_settings.get(_ROOT) == own[_ROOT] else {}),
    }


def _file(bundled: Bundled, name: str) -> File:
    mode, content = bundled.docker[name]
    if mode not in {"100644", "100755"}:
        raise DifyKitError(f"docker/{name} is a symlink, and containers would not see it", hint="make it a file")
    return (0o755 if mode == "100755" else 0o644), content
