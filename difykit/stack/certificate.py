"""The certificate that the gateway shows, where HTTPS is on."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass

from difykit.dify import keys, services
from difykit.doctor import Said, fail, ok, skip, warn
from difykit.stack.live import Live

_SOON = 21
_DAY = 86400


@dataclass(frozen=True)
class Certificate:
    """`days` that it is still good for; `off` where HTTPS is not on, `problem` where none was shown."""

    off: bool = False
    days: float = 0
    problem: str = ""


def look_at_certificate(live: Live) -> Certificate:
    """Ask the gateway's port on this host for it."""
    body = live.services.get(services.NGINX) or {}
    on = str((body.get("environment") or {}).get(keys.NGINX_HTTPS_ENABLED) or "").lower() == "true"
    gateway = live.running(services.NGINX)
    if not on or gateway is None:
        return Certificate(off=True)
    inner = int((body.get("environment") or {}).get(keys.NGINX_SSL_PORT) or 443)
    port = next((each for each in gateway.published if each.inner == inner), None)
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


def certificate_said(found: Certificate) -> list[Said]:
    """It is valid, and for some weeks more."""
    mend = "put a new one into volumes/nginx/ssl in the data folder, or renew it with certbot; then restart nginx"
    if found.off:
        return [skip("NGINX_HTTPS_ENABLED is not true")]
    if found.problem:
        return [fail(f"browsers refuse the gateway's certificate: {found.problem}", mend)]
    if found.days < _SOON:
        return [warn(f"the gateway's certificate ends in {found.days:.0f} days", mend)]
    return [ok(f"good for {found.days:.0f} days")]
