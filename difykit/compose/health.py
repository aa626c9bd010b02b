"""Health checks for api, worker and web where the release ships none, or ships one that is switched off.

Dify ships none up to 1.13.3; from 1.14.0 one for api, and one for worker that a variable disables by default.
curl is in every api image, node in every web image from 1.0.0 to 1.15.0 (their Dockerfiles).
"""

from __future__ import annotations

from typing import Any

from difykit.dify.services import API, WEB, WORKER

_API = ["CMD", "curl", "-f", "http://localhost:5001/health"]

# Next.js listens on the address of $HOSTNAME alone, which in a container is not localhost. Any answer below
# 500 will do: a base path compiled into the image makes every other path a 404, and pages may ask api. No `$`,
# which Compose would interpolate.
_ASK = (
    "const {HOSTNAME = 'localhost', PORT = 3000} = process.env;"
    "fetch('http://' + HOSTNAME + ':' + PORT + '/favicon.ico', {redirect: 'manual'})"
    ".then(answer => process.exit(answer.status < 500 ? 0 : 1), () => process.exit(1))"
)
_WEB = ["CMD", "node", "-e", _ASK]

_OWN_PING = ["CMD-SHELL", "celery -A celery_healthcheck.celery inspect ping -d celery@$$HOSTNAME"]

# The same as Dify's celery_healthcheck.py, for releases before it: `celery -A app.celery` would load all of Dify,
# ten seconds of a small machine, for every single check.
_PING = """\
import socket, sys
from celery import Celery
from configs import dify_config as config
from extensions import ext_celery

from difykit.dify.services import API, WEB, WORKER
app = Celery(broker=config.CELERY_BROKER_URL)
if getattr(config, "CELERY_USE_SENTINEL", False):
    sentinel = {"socket_timeout": config.CELERY_SENTINEL_SOCKET_TIMEOUT}
    if getattr(config, "CELERY_SENTINEL_PASSWORD", None):
        sentinel["password"] = config.CELERY_SENTINEL_PASSWORD
    options = {"master_name": config.CELERY_SENTINEL_MASTER_NAME, "sentinel_kwargs": sentinel}
    app.conf.broker_transport_options = options
if find := getattr(ext_celery, "_get_celery_ssl_options", None):
    tls = find()
else:
    tls = getattr(config, "BROKER_USE_SSL", False) and {"ssl_cert_reqs": None}
if tls:
    app.conf.broker_use_ssl = tls
sys.exit(0 if app.control.ping(["celery@" + socket.gethostname()], timeout=10) else 1)
"""


def add_checks(services: dict[str, dict[str, Any]], *, own_ping: bool) -> None:
    """See to it that api, worker and web have a health check that counts.

    `own_ping` says whether the release has `api/celery_healthcheck.py`. A check that Dify switches off elsewhere stays
    off: worker_beat's asks every worker, and so says nothing of worker_beat (1.14.0 to 1.15.0).
    """
    worker = _OWN_PING if own_ping else ["CMD", "python", "-c", _PING]
    _add(services, API, _check(_API, interval="10s", timeout="5s"))
    _add(services, WORKER, _check(worker, interval="30s", timeout="30s"))
    _add(services, WEB, _check(_WEB, interval="10s", timeout="10s"))


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
