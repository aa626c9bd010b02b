"""A registry asked directly, by the OCI distribution API: what it has under a name, and one more name for it.

The engine moves layers; what it does not tell (does a tag hold this very image?) and cannot do (a tag without a push)
is asked here. Logins are given by the caller, go to that registry's own token server alone, and are in no error.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from difykit.errors import DifyKitError
from difykit.registry.manifests import TYPES, Held, digest_of, entries_of, lists, platform_of

if TYPE_CHECKING:
    from requests import Response

# Images in an index in an index are found; nobody nests them deeper than this.
_DEEPEST = 4
_PATH = re.compile(r"[a-z0-9][a-z0-9.-]*(?::[0-9]+)?(?:/[a-z0-9][a-z0-9._-]*)*/")
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class RegistryLost(DifyKitError):
    """The registry was not reached, or is in trouble itself: worth trying again."""


class Registry:
    """One registry, with a login for it or none."""

    def __init__(self, host: str, login: Mapping[str, Any], *, patience: float = 30) -> None:
        import requests  # noqa: PLC0415 - takes 0.1 s, which every command would pay

        self._host = "registry-1.docker.io" if host == "docker.io" else host
        self.name = host
        self._login, self._patience = login, patience
        self._session = requests.Session()
        self._session.auth = lambda request: request  # else a login in ~/.netrc takes the place of ours
        self._tokens: dict[str, str] = {}

    def manifest(self, repository: str, reference: str) -> Held | None:
        """What is under a tag or a digest; None where there is nothing.

        Raises DifyKitError when the registry refuses, or cannot be reached.
        """
        answer = self.ask("GET", repository, f"manifests/{reference}", headers={"Accept": ", ".join(TYPES)})
        if answer.status_code == 404:
            return None
        self.check(answer, f"{self.name}/{repository}:{reference}")
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        found = Held(digest_of(answer.content), kind, answer.content)
        self._is(found.digest, reference, repository)
        return found

    def blob(self, repository: str, digest: str) -> bytes:
        """A small blob, such as an image's configuration. Raises DifyKitError when it is not to be had."""
        answer = self.ask("GET", repository, f"blobs/{digest}")
        self.check(answer, f"{self.name}/{repository}@{digest}")
        self._is(digest_of(answer.content), digest, repository)
        return answer.content

    def _is(self, found: str, wanted: str, repository: str) -> None:
        if wanted.startswith("sha256:") and found != wanted:
            raise DifyKitError(
                f"the registry {self.name} sent something else for {self.name}/{repository}@{wanted}",
                hint="run the command again; does a proxy stand before the registry?",
            )

    def put(self, repository: str, reference: str, held: Held) -> None:
        """Put a manifest under a tag or its digest; what it names is there. Raises DifyKitError when refused."""
        headers = {"Content-Type": held.kind}
        answer = self.ask("PUT", repository, f"manifests/{reference}", headers=headers, data=held.body, push=True)
        self.check(answer, f"{self.name}/{repository}:{reference}")

    def config(self, repository: str, held: Held) -> tuple[str, dict[str, Any]]:
        """The digest and the configuration of the image that a manifest describes; of an index, that of its first."""
        if held.is_index:
            first = next((entry for platform, entry in self.entries(repository, held) if platform), None)
            inner = self.manifest(repository, str(first["digest"])) if first else None
            if inner is None:
                raise DifyKitError(
                    f"{self.name}/{repository}@{held.digest} is an index without an image",
                    hint="is it an image at all?",
                )
            held = inner
        digest = str(held.value["config"]["digest"])
        return digest, json.loads(self.blob(repository, digest))

    def entries(self, repository: str, index: Held, deepest: int = _DEEPEST) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The entries of an index with their platforms, "" for what is no image; for an index in it, that one's.

        Raises DifyKitError when an index that it names is not there, or they are nested deeper than `deepest`.
        """
        for platform, entry in entries_of(index.value):
            if not lists(entry):
                yield platform, entry
                continue
            inner = self.manifest(repository, str(entry["digest"])) if deepest else None
            if inner is None:
                why = "the registry does not have" if deepest else "is nested too deeply"
                raise DifyKitError(
                    f"{self.name}/{repository}@{index.digest} names an index that {why}: {entry['digest'][:19]}",
                    hint="is it an image at all? Whoever pushed it can push it again",
                )
            yield from self.entries(repository, inner, deepest - 1)

    def image_for(self, repository: str, held: Held, platform: str) -> tuple[Held, dict[str, Any]] | None:
        """The image for a platform, itself or out of a list, with its configuration; None where there is none for it.

        Raises DifyKitError when the registry refuses, or cannot be reached.
        """
        if held.is_index:
            named = [entry for at, entry in self.entries(repository, held) if at == platform]
            inner = self.manifest(repository, str(named[0]["digest"])) if named else None
            return self.image_for(repository, inner, platform) if inner and not inner.is_index else None
        _, config = self.config(repository, held)
        return (held, config) if platform_of(config) == platform else None

    def ask(
        self,
        method: str,
        repository: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        push: bool = False,
        stream: bool = False,
    ) -> Response:
        """One request; `path` is below the repository, or a whole URL that the registry gave.

        A URL on another host is asked without the login. Raises RegistryLost when nothing answers.
        """
        home = f"{_scheme(self._host)}://{self._host}/v2/{repository}/"
        url = urljoin(home, path)
        scope = f"repository:{repository}:{'pull,push' if push else 'pull'}"
        given = dict(headers or {})
        ours = urlsplit(url)[:2] == urlsplit(home)[:2]
        known = self._authorization(scope) if ours else {}
        answer = self._send(method, url, {**given, **known}, data, stream=stream)
        if answer.status_code == 401 and ours and self._log_in(answer.headers.get("WWW-Authenticate", ""), scope):
            answer = self._send(method, url, {**given, **self._authorization(scope)}, data, stream=stream)
        return answer

    def _send(self, method: str, url: str, headers: Mapping[str, str], data: bytes | None, *, stream: bool) -> Response:
        with self.heard():
            return self._session.request(
                method, url, headers=dict(headers), data=data, timeout=self._patience, stream=stream
            )

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Whatever breaks the connection in the block, in words. Raises RegistryLost."""
        import requests  # noqa: PLC0415

        try:
            yield
        except requests.RequestException as error:
            raise RegistryLost(
                f"the registry {self.name} cannot be reached ({type(error).__name__})",
                hint="is its name right, and does it run? Then run the command again: what it has already stays",
            ) from None  # the request, with its login, is in the error

    def _authorization(self, scope: str) -> dict[str, str]:
        return {"Authorization": self._tokens[scope]} if scope in self._tokens else {}

    def _log_in(self, challenge: str, scope: str) -> bool:
        """Answer what the registry asks for; False where there is nothing to answer with."""
        how, _, rest = challenge.partition(" ")
        user, password = self._login.get("username") or "", self._login.get("password") or ""
        basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        if how.lower() == "basic" and user:
            self._tokens[scope] = basic
            return True
        if how.lower() != "bearer":
            return False
        asked = dict(_PARAMETER.findall(rest))
        realm = asked.get("realm", "")
        if not _may_get_login(realm, self._host):
            raise DifyKitError(
                f"the registry {self.name} wants its login sent to {realm or 'nowhere'}, which is another machine and"
                " not encrypted: nothing was sent there",
                hint="whoever runs the registry gives its token server (realm) an address that begins with https://",
            )
        identity = self._login.get("identitytoken") or self._login.get("IdentityToken") or ""
        service, scopes = asked.get("service", ""), (asked.get("scope") or scope).split()
        with self.heard():
            answer = self._token(realm, service, scopes, identity, basic if user else "")
        if found := self._token_in(answer):
            self._tokens[scope] = f"Bearer {found}"
        return bool(found)

    def _token(self, realm: str, service: str, scopes: list[str], identity: str, basic: str) -> Response:
        """As the distribution project specifies it: several scopes are several parameters, or one of a form."""
        if identity:
            form = {"grant_type": "refresh_token", "refresh_token": identity, "client_id": "difykit"}
            form |= {"service": service, "scope": " ".join(scopes)}
            # The form would go along to wherever a redirection leads.
            return self._session.post(realm, data=form, timeout=self._patience, allow_redirects=False)
        headers = {"Authorization": basic} if basic else {}
        return self._session.get(
            realm, params={"service": service, "scope": scopes}, headers=headers, timeout=self._patience
        )

    def _token_in(self, answer: Response) -> str:
        """The token that a token server gave; "" where it says no. Raises DifyKitError where it is in trouble."""
        if answer.status_code in {401, 403}:
            return ""
        self.check(answer, "a login")
        try:
            value = answer.json()
            return str(value.get("token") or value.get("access_token") or "")
        except (ValueError, AttributeError):
            return ""

    def check(self, answer: Response, what: str) -> None:
        """Raises DifyKitError for an answer that says no, RegistryLost for one that may say yes later."""
        if answer.status_code < 300:
            return
        if answer.status_code in {401, 403}:
            how = "with the login that Docker has for it" if self._login else "Docker has no login for it"
            raise DifyKitError(f"the registry {self.name} refuses {what}: {how}", hint=f"docker login {self.name}")
        kind = RegistryLost if answer.status_code >= 500 or answer.status_code == 429 else DifyKitError
        raise kind(
            f"the registry {self.name} answers {answer.status_code} for {what}",
            hint="run the command again; what it has already stays",
        )


def is_path(prefix: str) -> bool:
    """Whether it is a path of a registry that ends in `/`: its host as Docker tells it from a user of Docker Hub."""
    first = prefix.partition("/")[0]
    return bool(_PATH.fullmatch(prefix)) and ("." in first or ":" in first or first == "localhost")


def split(name: str, host: str) -> tuple[str, str]:
    """A reference as the repository in its registry, and the tag or digest."""
    plain, at, digest = name.partition("@")
    folder, colon, tag = plain.rpartition(":")
    if not colon or "/" in tag:
        folder, tag = plain, "latest"
    repository = folder.removeprefix(f"{host}/").removeprefix("docker.io/")
    if host == "docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    return repository, digest if at else tag


def is_local(host: str) -> bool:
    """Whether a registry is on this machine, where plain HTTP is spoken, as the engine has it."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _scheme(host: str) -> str:
    return "http" if is_local(host) else "https"


def _may_get_login(realm: str, host: str) -> bool:
    """Whether a token server may be asked with the login: over TLS, or on this machine for a registry of it."""
    parts = urlsplit(realm)
    return parts.scheme == "https" or (parts.scheme == "http" and _scheme(parts.netloc) == _scheme(host) == "http")
