"""HTTPS that is switched on, and the certificate that nginx looks for: where it has to be, and whether it is there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from difykit.dify import certificates, keys, services
from difykit.release.render.inputs import RenderInputs
from difykit.release.render.values import reaching

_WHY = "HTTPS is on ({key}=true), and {files} {are} not in {folder}, where nginx looks: it would not start"
_HINT = "put certificate and key there under these names (docs/https.md has the commands), or set {key}=false"


@dataclass(frozen=True)
class CertificateFiles:
    """The two files that nginx will read, and what is wrong: "" where they are there or that cannot be known."""

    certificate: Path
    key: Path
    fault: str = ""
    hint: str = ""


def find_certificate(
    inputs: RenderInputs, bodies: Mapping[str, Any], active: frozenset[str], values: Mapping[str, str]
) -> CertificateFiles | None:
    """What nginx reads on this machine; None where HTTPS is off, or where an overlay mounts other folders for it.

    nginx looks in certbot's folder first, and beside it where one of the two is not there.
    """
    body = bodies.get(services.NGINX)
    if not isinstance(body, dict) or services.NGINX not in active or _mounted_elsewhere(inputs):
        return None
    environment = reaching(body, values)
    if environment.get(keys.NGINX_HTTPS_ENABLED) != "true":
        return None
    names = [environment.get(key, "") for key in certificates.NAMES]
    own, domain = inputs.data / certificates.FOLDER, environment.get(certificates.DOMAIN, "")
    live = inputs.data / certificates.CERTBOT
    by_certbot = bool(domain) and all((live / domain / name).exists() for name in names)
    folder = live / domain if by_certbot else own
    tracked = {name for name in names if f"{certificates.SEEDS}/{name}" in inputs.docker}
    missing = [name for name in names if name not in tracked and not (folder / name).exists()]
    if not missing or _closed(own) or (domain and (_closed(live) or _closed(live / domain))):
        return CertificateFiles(folder / names[0], folder / names[1])
    why = _WHY.format(
        key=keys.NGINX_HTTPS_ENABLED,
        files=" and ".join(missing),
        are="is" if len(missing) == 1 else "are",
        folder=own,
    )
    return CertificateFiles(folder / names[0], folder / names[1], why, _HINT.format(key=keys.NGINX_HTTPS_ENABLED))


def _closed(folder: Path) -> bool:
    """Whether what is in a folder can only be seen by others."""
    return folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK)


def _mounted_elsewhere(inputs: RenderInputs) -> bool:
    """Whether an overlay gives nginx files of its own where it reads certificates."""
    for part in inputs.overlays:
        for file in part.compose_files:
            body = file.services.get(services.NGINX)
            targets = [str(mount) for mount in (body or {}).get("volumes") or ()]
            if any(place in target for target in targets for place in certificates.INSIDE):
                return True
    return False
