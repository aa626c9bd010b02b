"""What a registry asks for before it answers: which login it wants, sent where; and the token that comes back."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from difykit.core.errors import DifyKitError
from difykit.registry.addresses import address_fault, is_local
from difykit.registry.transport import Answer
from difykit.registry.untrusted import Unfit, read_json

_PARAMETER = re.compile(r'\b(\w+)="([^"]*)"')
_LONGEST = 4 << 10  # letters of a challenge: a realm, a service and a scope have some hundred
_TOKEN = re.compile(r"[\x21-\x7e]{1,32768}")


def basic(login: Mapping[str, Any]) -> str:
    """The header of a login by name and password; "" where there is none."""
    user, password = login.get("username") or "", login.get("password") or ""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode() if user else ""


def asked_for(challenge: str) -> tuple[str, dict[str, str]]:
    """What a registry asks for, `basic` or `bearer`, with its parameters; "" for what nobody can answer."""
    scheme, _, parameters = challenge[: _LONGEST + 1].partition(" ")
    if len(challenge) > _LONGEST or scheme.lower() not in {"basic", "bearer"}:
        return "", {}
    return scheme.lower(), dict(_PARAMETER.findall(parameters))


def check_realm(name: str, host: str, realm: str) -> None:
    """Raises DifyKitError for a token server that may not get the login: over TLS, or here for a registry of here."""
    local = is_local(host)
    parts = urlsplit(realm) if not address_fault(realm, local=local) else None
    if parts and (parts.scheme == "https" or (local and is_local(parts.netloc))):
        return
    raise DifyKitError(
        f"the registry {name} wants its login sent to {realm[:200] or 'nowhere'}, which is another machine and"
        " not encrypted, or no address of a token server: nothing was sent there",
        hint="whoever runs the registry gives its token server (realm) an address that begins with https://",
    )


def request_of(
    realm: str, service: str, scopes: list[str], login: Mapping[str, Any]
) -> tuple[str, str, dict[str, str], str | None]:
    """Method, URL, headers and form of the question for a token, as the distribution project specifies it.

    Several scopes are several parameters, or one of a form.
    """
    identity = login.get("identitytoken") or login.get("IdentityToken") or ""
    if identity:
        form = {"grant_type": "refresh_token", "refresh_token": identity, "client_id": "difykit"}
        form |= {"service": service, "scope": " ".join(scopes)}
        return "POST", realm, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(form)
    query = urlencode({"service": service, "scope": scopes}, doseq=True)
    headers = {"Authorization": authorization} if (authorization := basic(login)) else {}
    return "GET", f"{realm}{'&' if '?' in realm else '?'}{query}", headers, None


def token_in(answer: Answer) -> str:
    """The token that an answer gives; "" where it gives none, as a token has only letters that a header may have."""
    try:
        value = read_json(answer.body)
    except Unfit:
        return ""
    token = value.get("token") or value.get("access_token") or ""
    return token if isinstance(token, str) and _TOKEN.fullmatch(token) else ""
