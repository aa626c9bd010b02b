"""The engine by docker-py, for what the docker program does not tell a program: byte counts, files, digests.

Importing docker-py takes 0.13 s, which every command would pay: each function imports it when it is called.
"""

from __future__ import annotations

import os
import queue
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from difykit.core import image_reference
from difykit.core.errors import DifyKitError
from difykit.docker.config import check_config

if TYPE_CHECKING:
    from docker import DockerClient

T = TypeVar("T")


class Silence(Exception):
    """Nothing was heard for as long as the caller was willing to wait."""


@dataclass(frozen=True)
class _End:
    error: BaseException | None


def connect(patience: float | None = None) -> DockerClient:
    """The engine that the docker program would talk to: DOCKER_HOST first, then the context.

    With `patience`, a connection on which it says nothing for so many seconds is closed; over ssh none is.
    Raises DifyKitError when there is no such context, when docker-py cannot go there, or nothing answers.
    """
    import docker  # noqa: PLC0415
    from docker.errors import DockerException  # noqa: PLC0415

    _auth_config()  # which docker-py reads as well, without a word on what is wrong in it
    host = os.environ.get("DOCKER_HOST", "")
    context = None if host else _context()
    try:
        if context is None or context.Name == "default":
            client = docker.from_env(use_ssh_client=True)
        else:
            host = str(context.Host)
            ssh = host.startswith("ssh:")
            client = docker.DockerClient(base_url=host, tls=context.TLSConfig or False, use_ssh_client=ssh)
    except (DockerException, ValueError, OSError) as error:
        reason = str(error).removeprefix("Error while fetching server API version: ")
        hint = "docker info says whether it runs"
        if "paramiko" in reason:  # which docker-py wants even where it is told to use the program ssh
            hint = "where difykit is installed: pip install 'docker[ssh]'"
        where = f" at {host}" if host else ""
        raise DifyKitError(f"the Docker engine{where} cannot be used: {reason}", hint=hint) from error
    if patience is not None:
        _time(client, patience)
    return client


def _time(client: DockerClient, patience: float) -> None:
    """Give every request a read timeout, which docker-py itself withholds from a pull."""
    send = client.api.send

    def timed(request: Any, **options: Any) -> Any:
        return send(request, **{**options, "timeout": patience})

    client.api.send = timed  # type: ignore[method-assign]


def _context() -> Any:
    from docker.context import ContextAPI  # noqa: PLC0415

    # The docker program refuses such a context too; going on with another engine would be a surprise.
    hint = "docker context ls shows them; docker context use NAME takes another"
    try:
        context = ContextAPI.get_context(os.environ.get("DOCKER_CONTEXT") or None)
    except Exception as error:  # docker-py raises a bare Exception for a file that it cannot read
        raise DifyKitError(f"the Docker context cannot be read: {error}", hint=hint) from error
    if context is None:
        name = os.environ.get("DOCKER_CONTEXT") or "of the name that Docker's config.json has as currentContext"
        raise DifyKitError(f"there is no Docker context {name}", hint=hint)
    return context


def registry_of(name: str) -> str:
    """The registry of an image: `docker.io`, or the host that its name begins with.

    Raises DifyKitError when that cannot be the name of an image.
    """
    return image_reference.read(name).host


def credentials(registry: str) -> dict[str, Any]:
    """The login that Docker's own configuration or its credential helper has for a registry, {} for none.

    Raises DifyKitError when that does not work; without its words, since they may hold the secret.
    """
    from docker.errors import DockerException  # noqa: PLC0415

    config = _auth_config()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # docker-py warns of an absent helper, and raises for it as well
            return config.resolve_authconfig(registry) or {}
    except (DockerException, ValueError, KeyError, TypeError):
        helper = f"docker-credential-{config.get_credential_store(registry)}"
        raise DifyKitError(
            f"Docker's credential helper {helper} does not give the login for {registry}: it is absent or it failed",
            hint=f"install or repair {helper}, or take it out of Docker's config.json and docker login {registry}",
        ) from None


def _auth_config() -> Any:
    from docker import auth  # noqa: PLC0415
    from docker.errors import DockerException  # noqa: PLC0415

    check_config()
    try:
        return auth.load_config()
    except (DockerException, ValueError, AttributeError, TypeError):
        config_folder = os.environ.get("DOCKER_CONFIG") or "~/.docker"
        raise DifyKitError(
            f"Docker's own configuration {config_folder}/config.json cannot be used: an entry of its `auths` is broken",
            hint="docker logout REGISTRY and docker login REGISTRY write the entry anew",
        ) from None


def patiently(
    items: Callable[[], Iterable[T]], patience: float, news: Callable[[T], bool] = lambda _: True
) -> Iterator[T]:
    """What `items` gives and `news` counts, as it comes. Raises Silence when nothing came for `patience` seconds.

    A thread reads them, since docker-py has no timeout over ssh, and an engine may repeat itself without end. One that
    is left behind ends with the next item.
    """
    inbox: queue.SimpleQueue[T | _End] = queue.SimpleQueue()
    ended = threading.Event()

    def read() -> None:
        error: BaseException | None = None
        try:
            for item in items():
                if ended.is_set():
                    break
                if news(item):
                    inbox.put(item)
        except BaseException as raised:  # noqa: BLE001 - raised again where somebody listens
            error = raised
        inbox.put(_End(error))

    threading.Thread(target=read, name="difykit-engine", daemon=True).start()
    try:
        while True:
            got = inbox.get(timeout=patience)
            if not isinstance(got, _End):
                yield got
            elif got.error:
                raise got.error
            else:
                return
    except queue.Empty:
        raise Silence from None
    finally:
        ended.set()


def failures() -> tuple[type[Exception], ...]:
    """What docker-py lets through when the engine refuses, or when the connection to it breaks."""
    from docker.errors import DockerException, StreamParseError  # noqa: PLC0415
    from requests import RequestException  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    return (DockerException, StreamParseError, RequestException, HTTPError, OSError)


def timeouts() -> tuple[type[Exception], ...]:
    """What a connection on which nothing came ends with."""
    from requests.exceptions import ReadTimeout  # noqa: PLC0415
    from urllib3.exceptions import ReadTimeoutError  # noqa: PLC0415

    return (Silence, ReadTimeout, ReadTimeoutError)
