"""The certificate that the gateway shows, where HTTPS is on."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass

from difykit.checks import Finding, NotJudged, error, ok, warning
from difykit.checks.deployment.live import Live
from difykit.dify import keys, services

_SOON = 21
_DAY = 86400


@dataclass(frozen=True)
class Certificate:
    """`days` that it is still good for; `problem` where none was shown."""

    days: float = 0
    problem: str = ""


def look_at_certificate(live: Live) -> Certificate:
    """Ask the gateway's port on this host for it. Raises NotJudged where HTTPS is not on."""
    body = live.services.get(services.NGINX) or {}
    on = str((body.get("environment") or {}).get(keys.NGINX_HTTPS_ENABLED) or "").lower() == "true"
    gateway = live.running(services.NGINX)
    if not on:
        raise NotJudged("NGINX_HTTPS_ENABLED is not true")
    if gateway is None:
        raise NotJudged("needs the gateway, which does not run")
    inner = int((body.get("environment") or {}).get(keys.NGINX_SSL_PORT) or 443)
    port = next((published for published in gateway.published if published.inner == inner), None)
    if port is None:
        return Certificate(problem=f"the gateway's port {inner} is not published")
    host = "127.0.0.1" if port.everywhere else port.address
    try:
        return _read(host, port.port)
    except OSError as error:
        return Certificate(problem=f"{host}:{port.port}: {error.strerror or error}")


def _read(host: str, port: int) -> Certificate:
    shown = ssl.get_server_certificate((host, port), timeout=5)
    # Python tells the dates of a certificate that it verified only: this one vouches for itself.
    trusting = ssl.create_default_context(cadata=shown)
    trusting.check_hostname = False
    trusting.verify_flags = ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        with socket.create_connection((host, port), 5) as link, trusting.wrap_socket(link) as tls:
            good = tls.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Certificate(problem=error.verify_message)
    return Certificate(days=(ssl.cert_time_to_seconds(str(good["notAfter"])) - time.time()) / _DAY)


def judge_certificate(certificate: Certificate) -> list[Finding]:
    """It is valid, and for some weeks more."""
    hint = "put a new one into volumes/nginx/ssl in the data folder, or renew it with certbot; then restart nginx"
    if certificate.problem:
        return [error(f"browsers refuse the gateway's certificate: {certificate.problem}", hint)]
    if certificate.days < _SOON:
        return [warning(f"the gateway's certificate ends in {certificate.days:.0f} days", hint)]
    return [ok(f"good for {certificate.days:.0f} days")]
