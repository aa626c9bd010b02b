"""Redis of overlays as a test's writer and subscriber see it."""

from __future__ import annotations

import threading
import time

import redis

from tests.support.clusters import docker


class RedisLink:
    """Each write is an element of a list."""

    def __init__(self, host: str, password: str, port: int = 6379) -> None:
        self._link = client(host, password, port)
        self._link.ping()

    def write(self, number: int) -> None:
        self._link.rpush("written", number)

    def close(self) -> None:
        self._link.close()


def client(host: str, password: str, port: int = 6379) -> redis.Redis:
    """A client that answers in texts and tries nothing twice by itself."""
    return redis.Redis(host=host, port=port, password=password, socket_timeout=3, decode_responses=True)


def numbers(host: str, password: str, port: int = 6379, *, key: str = "written") -> set[int]:
    """What is in the list."""
    link = client(host, password, port)
    try:
        found = link.lrange(key, 0, -1)
        assert isinstance(found, list)
        return {int(each) for each in found}
    finally:
        link.close()


class Subscriber:
    """Publishes to itself twice a second through one address, and connects anew when that breaks, as api does."""

    def __init__(self, host: str, password: str) -> None:
        self._host, self._password = host, password
        self.heard: list[float] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._listen, self._publish)]

    def __enter__(self) -> Subscriber:  # noqa: PYI034 - nobody derives from it
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)

    def since(self, moment: float) -> int:
        """How many messages came after this moment."""
        return sum(when > moment for when in self.heard)

    def _listen(self) -> None:
        while not self._stop.is_set():
            link = client(self._host, self._password)
            try:
                with link.pubsub() as pubsub:  # type: ignore[no-untyped-call]
                    pubsub.subscribe("events")
                    while not self._stop.is_set():
                        if message := pubsub.get_message(ignore_subscribe_messages=True, timeout=1):
                            self.heard.append(time.monotonic() if message["data"] else 0.0)
            except (redis.RedisError, OSError):
                time.sleep(0.3)
            finally:
                link.close()

    def _publish(self) -> None:
        while not self._stop.is_set():
            link = client(self._host, self._password)
            try:
                while not self._stop.is_set():
                    link.publish("events", "x")
                    time.sleep(0.5)
            except (redis.RedisError, OSError):
                time.sleep(0.3)
            finally:
                link.close()


def roles(containers: dict[str, str], password: str) -> dict[str, str]:
    """Each Redis node that runs, and what it says it is."""
    found: dict[str, str] = {}
    for name in sorted(containers):
        if name in {"redis1", "redis2", "redis3"}:
            argv = ("exec", "-e", f"REDISCLI_AUTH={password}", containers[name], "redis-cli", "info", "replication")
            lines = docker(*argv).splitlines()
            found[name] = next((line.strip().partition(":")[2] for line in lines if line.startswith("role:")), "")
    return found
