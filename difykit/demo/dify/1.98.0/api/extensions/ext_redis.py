from typing import Any

from redis import Redis
from redis.sentinel import Sentinel

from configs import dify_config
from dify_app import DifyApp


class RedisClientWrapper:
    """A client that is chosen when the application is made: modules may take it before."""

    def __init__(self) -> None:
        self._client: Redis | None = None

    def initialize(self, client: Redis) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if self._client is None:
            raise RuntimeError("ext_redis.init_app was not called")
        return getattr(self._client, name)


redis_client = RedisClientWrapper()


def _make_client() -> Redis:
    login: dict[str, Any] = {
        "username": dify_config.REDIS_USERNAME or None,
        "password": dify_config.REDIS_PASSWORD or None,
        "db": dify_config.REDIS_DB,
    }
    if not dify_config.REDIS_USE_SENTINEL:
        return Redis(host=dify_config.REDIS_HOST, port=dify_config.REDIS_PORT, **login)
    places = [each.rpartition(":") for each in dify_config.REDIS_SENTINELS.split(",")]
    sentinel = Sentinel(
        [(host, int(port)) for host, _, port in places],
        sentinel_kwargs={
            "socket_timeout": dify_config.REDIS_SENTINEL_SOCKET_TIMEOUT,
            "password": dify_config.REDIS_SENTINEL_PASSWORD or None,
        },
    )
    client: Redis = sentinel.master_for(dify_config.REDIS_SENTINEL_SERVICE_NAME, **login)
    return client


def init_app(app: DifyApp) -> None:
    redis_client.initialize(_make_client())
    app.extensions["redis"] = redis_client
