"""Names: keys that the release does not know, with the nearest one that it knows."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from difykit.checks import Finding
from difykit.checks.settings.configured import Look, Setting
from difykit.checks.settings.release import ReleaseSettings
from difykit.release import compose

# As alike as LOG_LEVL and LOG_LEVEL: nobody means another name by it.
_TYPO = 0.85
_NEAR = 0.75
# Read by Python, Node, uv, the libraries of a cloud, or Compose itself, not by Dify.
_OTHERS = re.compile(
    r"(?i:https?_proxy|no_proxy|all_proxy|ftp_proxy)|TZ|LANG|LANGUAGE|LC_\w+|(?:PYTHON|NODE_|UV_|PIP_|OTEL_|AWS_|PG|HF_"
    r"|SSL_CERT_|REQUESTS_CA_|CURL_CA_|GUNICORN_|LD_|MALLOC_|COMPOSE_|DOCKER_|OPENDAL_|GOOGLE_APPLICATION_)\w*"
)


def nearest(key: str, release: ReleaseSettings) -> str:
    """The key that this one may be meant for, "" where none is near."""
    if key.upper() in release.known:
        return key.upper()
    matches = difflib.get_close_matches(key.upper(), release.known, n=1, cutoff=_NEAR)
    return matches[0] if matches else ""


def unknown(look: Look) -> Iterator[Finding]:
    """Keys that neither the release nor an overlay of the workspace reads."""
    else_known = look.environment.secrets.keys() | _of_overlays(look)
    ours = frozenset(look.environment.own_keys)  # less what difykit keeps for itself
    candidates = {key for key in look.effective if key in ours - else_known and not is_known(key, look.release)}
    in_code = look.release.in_code({key for key in candidates if key.upper() not in look.release.known})
    for setting in look.effective.values():
        if setting.key in candidates - in_code.keys():
            yield _unknown(setting, look)


def is_known(key: str, release: ReleaseSettings) -> bool:
    """Whether this release, or a program that runs in it, reads a key; its code is not searched."""
    return key in release.known or _OTHERS.fullmatch(key) is not None


def _of_overlays(look: Look) -> set[str]:
    """The variables that overlays' Compose files put in or hand on."""
    variables = set(compose.interpolated([text for part in look.inputs.overlays for text in part.compose.values()]))
    for part in look.inputs.overlays:
        for file in part.compose_files:
            for body in file.services.values():
                variables |= {key for key, value in compose.environment(body).items() if value is None}
    return variables


def _unknown(setting: Setting, look: Look) -> Finding:
    key, release, near = setting.key, look.release, nearest(setting.key, look.release)
    if key in release.middleware:
        text = "only docker-compose.middleware.yaml reads it, for those who run api from source; here it has no effect"
        return setting.warning(text, "take it out")
    if near == key.upper():
        text = f"is written with small letters: Dify {release.name} calls it {near}"
        return setting.error(text, f"write {near}")
    typo = near and difflib.SequenceMatcher(None, key, near).ratio() >= _TYPO
    # Who sets that one beside it means another thing by this: the port of HTTPS beside the port.
    if typo and any((other.key, other.file) == (near, setting.file) for other in look.settings):
        near = typo = ""
    text = f"Dify {release.name} does not know it" + (f"; the nearest that it knows is {near}" if near else "")
    if typo:
        return setting.error(text, f"write {near}, or take it out")
    return setting.warning(text, "take it out, or check its name in Dify's docker/.env.example")
