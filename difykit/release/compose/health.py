"""Health checks for api, worker and web where the release ships none, or ships one that is switched off.

What asks them is `difykit/dify/health.py`.
"""

from __future__ import annotations

from typing import Any

from difykit.dify import health
from difykit.dify.services import API, WEB, WORKER


def add_checks(services: dict[str, dict[str, Any]], *, own_ping: bool) -> None:
    """See to it that api, worker and web have a health check that counts.

    `own_ping` says whether the release has `api/celery_healthcheck.py`. A check that Dify switches off elsewhere stays
    off: worker_beat's asks every worker, and so says nothing of worker_beat (1.14.0 to 1.15.0).
    """
    worker = health.OWN_PING if own_ping else ["CMD", "python", "-c", health.PING]
    _add(services, API, _check(health.API, interval="10s", timeout="5s"))
    _add(services, WORKER, _check(worker, interval="30s", timeout="30s"))
    _add(services, WEB, _check(health.WEB, interval="10s", timeout="10s"))


def _check(test: list[str], *, interval: str, timeout: str) -> dict[str, Any]:
    # Migrations run before the first answer, and the real Dify imports for ten seconds on a small machine.
    return {"test": list(test), "interval": interval, "timeout": timeout, "retries": 6, "start_period": "120s"}


def _add(services: dict[str, dict[str, Any]], name: str, check: dict[str, Any]) -> None:
    service = services.get(name)
    if service is None:
        return
    shipped = service.get("healthcheck") or {}
    if shipped.get("test"):
        shipped.pop("disable", None)
    else:
        service["healthcheck"] = check
