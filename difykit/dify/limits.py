"""Limits of Dify's that only hold together: what one program lets through, another has to take.

Which of them a release has is read from it. Sources: `api/configs/feature/__init__.py`, whose descriptions say which
unit a limit has; nginx's client_max_body_size and proxy_read_timeout, which end a request that goes beyond them;
`api/core/helper/code_executor/code_executor.py`, which waits CODE_EXECUTION_READ_TIMEOUT for what the sandbox may do in
SANDBOX_WORKER_TIMEOUT; SQLAlchemy, whose pool opens up to SQLALCHEMY_POOL_SIZE + SQLALCHEMY_MAX_OVERFLOW connections in
every process.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

MEGABYTE = 1 << 20
BODY_SIZE = "NGINX_CLIENT_MAX_BODY_SIZE"
READ_TIMEOUT = "NGINX_PROXY_READ_TIMEOUT"
POOL_SIZE = "SQLALCHEMY_POOL_SIZE"
MAX_OVERFLOW = "SQLALCHEMY_MAX_OVERFLOW"
OF_NGINX = frozenset({BODY_SIZE, READ_TIMEOUT})
MAX_CONNECTIONS = {"postgres": "POSTGRES_MAX_CONNECTIONS", "mysql": "MYSQL_MAX_CONNECTIONS"}
"""The image of Dify's own database → the setting of how many connections it takes."""

_IN_MEGABYTES = re.compile(r"UPLOAD_(?:\w+_)?FILE_SIZE_LIMIT|ANNOTATION_IMPORT_FILE_SIZE_LIMIT")
_IN_BYTES = re.compile(r"PLUGIN_MAX_PACKAGE_SIZE|WEBHOOK_REQUEST_BODY_MAX_SIZE")
_MINIMUM = re.compile(r"(?:^|_)MIN(?=_)")
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2592000, "y": 31536000, "": 1}


@dataclass(frozen=True)
class Relation:
    """Two settings of which the first may not be beyond the second."""

    smaller: str
    larger: str
    why: str
    """What happens where it is."""
    always: bool = True
    """Whether that meets every request, and not one kind of them alone."""


def relations(keys: Collection[str]) -> Iterator[Relation]:
    """The relations between settings of a release that has `keys`."""
    for key in sorted(keys):
        if _IN_MEGABYTES.fullmatch(key) or _IN_BYTES.fullmatch(key):
            yield Relation(key, BODY_SIZE, "nginx answers 413 to what is larger")
        largest = _MINIMUM.sub(lambda match: match[0].replace("MIN", "MAX"), key)
        for other in (largest, f"{largest}S"):
            if other != key and other in keys:
                yield Relation(key, other, "no number is both")
    yield Relation(
        "SANDBOX_WORKER_TIMEOUT", "CODE_EXECUTION_READ_TIMEOUT", "api gives up while the sandbox still works"
    )
    yield Relation(
        "APP_MAX_EXECUTION_TIME", READ_TIMEOUT, "nginx answers 504 before an answer that is not streamed", always=False
    )


def measure(key: str, text: str) -> float | None:
    """What a limit comes to, in bytes, seconds or as it is; None for what is no number, or no limit (0 for nginx)."""
    value = text.strip()
    if key == BODY_SIZE:
        match = re.fullmatch(r"(\d+)([kmg]?)", value.lower())
        return int(match[1]) * _UNITS[match[2]] or None if match else None
    if key == READ_TIMEOUT:
        parts = re.findall(r"(\d+)(ms|[smhdwMy]?)", value)
        return sum(int(number) * _SECONDS[unit] for number, unit in parts) if parts else None
    try:
        number = float(value)
    except ValueError:
        return None
    return number * MEGABYTE if _IN_MEGABYTES.fullmatch(key) else number
