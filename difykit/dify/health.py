"""How to ask Dify's services whether they work, for a health check inside their containers.

Dify ships none up to 1.13.3; from 1.14.0 on one for api, and one for worker that a variable disables by default.
curl is in every api image, node in every web image from 1.0.0 to 1.15.0 (their Dockerfiles).
"""

from __future__ import annotations

API = ["CMD", "curl", "-f", "http://localhost:5001/health"]

# Next.js listens on the address of $HOSTNAME alone, which in a container is not localhost. Any answer below
# 500 will do: a base path compiled into the image makes every other path a 404, and pages may ask api. No `$`,
# which Compose would interpolate.
_ASK_WEB = (
    "const {HOSTNAME = 'localhost', PORT = 3000} = process.env;"
    "fetch('http://' + HOSTNAME + ':' + PORT + '/favicon.ico', {redirect: 'manual'})"
    ".then(answer => process.exit(answer.status < 500 ? 0 : 1), () => process.exit(1))"
)
WEB = ["CMD", "node", "-e", _ASK_WEB]

OWN_PING = ["CMD-SHELL", "celery -A celery_healthcheck.celery inspect ping -d celery@$$HOSTNAME"]

# The same as Dify's celery_healthcheck.py, for releases before it: `celery -A app.celery` would load all of Dify,
# ten seconds of a small machine, for every single check.
PING = """\
import socket, sys
from celery import Celery
from configs import dify_config as config
from extensions import ext_celery
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
