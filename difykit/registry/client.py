"""A registry asked directly, by the OCI distribution API: what it has under a name, and one more name for it.

The engine moves layers; what it does not tell (does a tag hold this very image?) and cannot do (a tag without a push)
is asked here. Logins are given by the caller, go to that registry's own token server alone, and are in no error. What
comes back is a stranger's: `wire` bounds it, `unread` looks at it, and what is no answer is one clear error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

from difykit.core import image_reference
from difykit.core.errors import DifyKitError
from difykit.registry.addresses import is_local, joined, same_host
from difykit.registry.login import asked_for, basic, check_realm, request_of, token_in
from difykit.registry.manifests import Held, digest_of, entries_of, lists, platform_of
from difykit.registry.transport import LEAST_SECONDS, SMALL, Answer, BadAnswer, RegistryLost, RegistryWire
from difykit.registry.untrusted import TYPES, Unfit, configuration, kind_of, read_json

T = TypeVar("T")
Entries = tuple[tuple[str, Mapping[str, Any]], ...]
# An index in an index is made by some builders; nobody nests them deeper, or has many of them.
_DEEPEST, _WIDEST = 2, 16


class Registry:
    """One registry, with a login for it or none."""

    def __init__(self, host: str, login: Mapping[str, Any], *, patience: float = 30) -> None:
        self._host = "registry-1.docker.io" if host == "docker.io" else host
        self.name = host
        self._login, self._patience = login, patience
        self._wire = RegistryWire(host, patience, local=is_local(self._host))
        self._tokens: dict[str, str] = {}

    def manifest(self, repository: str, reference: str) -> Held | None:
        """What is under a tag or a digest; None where there is nothing.

        Raises DifyKitError when the registry refuses, or sends what is no manifest, RegistryLost when it cannot be
        reached.
        """
        subject = self._called(repository, reference)
        answer = self.ask("GET", repository, f"manifests/{reference}", headers={"Accept": ", ".join(TYPES)})
        if answer.status == 404:
            return None
        self.check(answer, subject, success={200})
        content_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
        kind = self._fit(lambda: kind_of(read_json(answer.body), content_type), "manifest", subject)
        manifest = Held(digest_of(answer.body), kind, answer.body)
        self._is(manifest.digest, reference, repository)
        return manifest

    def blob(self, repository: str, digest: str, *, limit: int = SMALL) -> bytes:
        """A small blob, such as an image's configuration, of `limit` bytes at the most.

        Raises DifyKitError when it is not to be had.
        """
        answer = self.ask("GET", repository, f"blobs/{digest}", limit=limit)
        self.check(answer, self._called(repository, digest), success={200})
        self._is(digest_of(answer.body), digest, repository)
        return answer.body

    def _called(self, repository: str, reference: str) -> str:
        return f"{self.name}/{repository}{'@' if ':' in reference else ':'}{reference}"

    def _is(self, actual: str, expected: str, repository: str) -> None:
        if ":" in expected and actual != expected:
            raise BadAnswer(
                f"the registry {self.name} sent something else for {self.name}/{repository}@{expected}",
                hint="run the command again; does a proxy stand before the registry?",
            )

    def _fit(self, read: Callable[[], T], kind: str, subject: str) -> T:
        try:
            return read()
        except Unfit as error:
            raise BadAnswer(
                f"the registry {self.name} gives no {kind} for {subject}: {error}",
                hint=f"does a registry answer at {self.name}, and not a web page or a proxy before it?"
                f" docker manifest inspect {subject} shows what others get",
            ) from None

    def put(self, repository: str, reference: str, manifest: Held) -> None:
        """Put a manifest under a tag or its digest; what it names is there. Raises DifyKitError when refused."""
        headers = {"Content-Type": manifest.kind}
        answer = self.ask("PUT", repository, f"manifests/{reference}", headers=headers, data=manifest.body, push=True)
        self.check(answer, self._called(repository, reference), success={200, 201, 204})

    def config(self, repository: str, manifest: Held) -> tuple[str, dict[str, Any]]:
        """The digest and the configuration of the image that a manifest describes; of an index, that of its first."""
        if manifest.is_index:
            first = next((entry for platform, entry in self.entries(repository, manifest) if platform), None)
            inner = self.manifest(repository, str(first["digest"])) if first else None
            if inner is None or inner.is_index:
                raise DifyKitError(
                    f"{self.name}/{repository}@{manifest.digest} is an index without an image",
                    hint="is it an image at all?",
                )
            manifest = inner
        digest = manifest.config_digest
        body = self.blob(repository, digest)
        return digest, self._fit(
            lambda: configuration(body), "configuration", self._called(repository, manifest.digest)
        )

    def entries(self, repository: str, index: Held) -> Entries:
        """The entries of an index with their platforms, "" for what is no image; for an index in it, that one's.

        Raises DifyKitError when an index that it names is not there, or there are more of them, or deeper ones, than
        anybody has.
        """
        with self._wire.within(2 * max(LEAST_SECONDS, self._patience)):
            return tuple(self._entries(repository, index, {index.digest: index}, _DEEPEST))

    def _entries(
        self, repository: str, index: Held, manifests: dict[str, Held], deepest: int
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for platform, entry in entries_of(index.value):
            if not lists(entry):
                yield platform, entry
                continue
            digest = str(entry["digest"])
            why = "" if deepest else "is nested too deeply"
            why = why or ("" if digest in manifests or len(manifests) <= _WIDEST else f"is one of more than {_WIDEST}")
            inner = None if why else manifests.get(digest) or self.manifest(repository, digest)
            if inner is None or not inner.is_index:
                raise DifyKitError(
                    f"{self.name}/{repository}@{index.digest} names an index that"
                    f" {why or 'the registry does not have'}: {digest[:19]}",
                    hint="is it an image at all? Whoever pushed it can push it again",
                )
            if digest not in manifests:  # what is named twice is there once
                manifests[digest] = inner
                yield from self._entries(repository, inner, manifests, deepest - 1)

    def image_for(self, repository: str, manifest: Held, platform: str) -> tuple[Held, dict[str, Any]] | None:
        """The image for a platform, itself or out of a list, with its configuration; None where there is none for it.

        Raises DifyKitError when the registry refuses, or cannot be reached.
        """
        if manifest.is_index:
            named = [
                entry for entry_platform, entry in self.entries(repository, manifest) if entry_platform == platform
            ]
            inner = self.manifest(repository, str(named[0]["digest"])) if named else None
            return self.image_for(repository, inner, platform) if inner and not inner.is_index else None
        _, config = self.config(repository, manifest)
        return (manifest, config) if platform_of(config) == platform else None

    def ask(
        self,
        method: str,
        repository: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        push: bool = False,
        limit: int = SMALL,
    ) -> Answer:
        """One request; `path` is below the repository, or a whole URL that the registry gave.

        A URL on another host is asked without the login. Raises RegistryLost when nothing answers.
        """
        url, scope, is_own_host = self._address(repository, path, push=push)
        subject = f"{self.name}/{repository}"
        all_headers = {**(headers or {}), **self._authorization(scope, is_own_host=is_own_host)}
        answer = self._wire.send(method, url, all_headers, data, subject=subject, limit=limit)
        if answer.status == 401 and is_own_host and self._log_in(answer.headers.get("WWW-Authenticate", ""), scope):
            all_headers |= self._authorization(scope, is_own_host=True)
            answer = self._wire.send(method, url, all_headers, data, subject=subject, limit=limit)
        return answer

    @contextmanager
    def stream(self, repository: str, digest: str, size: int) -> Iterator[Iterator[bytes]]:
        """A blob of `size` bytes at the most, as it comes. Raises DifyKitError when it is not to be had."""
        url, scope, _ = self._address(repository, f"blobs/{digest}", push=False)
        subject = self._called(repository, digest)
        for again in (False, True):
            authorization = self._authorization(scope, is_own_host=True)
            with self._wire.stream(url, authorization, subject=subject, size=size) as (answer, chunks):
                if answer.status == 401 and not again:
                    self._log_in(answer.headers.get("WWW-Authenticate", ""), scope)
                    continue
                self.check(answer, subject, success={200})
                yield chunks
                return

    def _address(self, repository: str, path: str, *, push: bool) -> tuple[str, str, bool]:
        """The URL, the scope that it is asked with, and whether it is the registry's own."""
        home = f"{'http' if is_local(self._host) else 'https'}://{self._host}/v2/{repository}/"
        url = joined(home, path)
        return url, f"repository:{repository}:{'pull,push' if push else 'pull'}", same_host(url, home)

    def _authorization(self, scope: str, *, is_own_host: bool) -> dict[str, str]:
        return {"Authorization": self._tokens[scope]} if is_own_host and scope in self._tokens else {}

    def _log_in(self, challenge: str, scope: str) -> bool:
        """Answer what the registry asks for; False where there is nothing to answer with."""
        scheme, parameters = asked_for(challenge)
        if scheme == "basic" and (header := basic(self._login)):
            self._tokens[scope] = header
            return True
        if scheme != "bearer":
            return False
        realm = parameters.get("realm", "")
        check_realm(self.name, self._host, realm)
        scopes = (parameters.get("scope") or scope).split()
        method, url, headers, form = request_of(realm, parameters.get("service", ""), scopes, self._login)
        answer = self._wire.send(method, url, headers, form, subject="a login")
        if answer.status in {401, 403}:
            return False
        self.check(answer, "a login", success={200})
        if not (token := token_in(answer)):
            raise BadAnswer(
                f"the registry {self.name} refuses a login: its token server {urlsplit(realm).netloc} answers without"
                " a token",
                hint="is that a token server, and not a web page to sign in? Whoever runs the registry knows",
            )
        self._tokens[scope] = f"Bearer {token}"
        return True

    def check(self, answer: Answer, subject: str, *, success: set[int] | None = None) -> None:
        """Raises DifyKitError for an answer that says no, RegistryLost for one that may say yes later."""
        if answer.status in success if success else 200 <= answer.status < 300:
            return
        if answer.status in {401, 403}:
            login_state = "with the login that Docker has for it" if self._login else "Docker has no login for it"
            raise DifyKitError(
                f"the registry {self.name} refuses {subject}: {login_state}", hint=f"docker login {self.name}"
            )
        kind = RegistryLost if answer.status >= 500 or answer.status == 429 else DifyKitError
        raise kind(
            f"the registry {self.name} answers {answer.status} for {subject}",
            hint="run the command again; what it has already stays",
        )


def is_path(prefix: str) -> bool:
    """Whether it is a path of a registry that ends in `/`: its host as Docker tells it from a user of Docker Hub."""
    return image_reference.is_prefix(prefix) and image_reference.has_host(prefix)


def split(name: str, host: str) -> tuple[str, str]:
    """A reference as the repository in its registry, and the tag or digest."""
    plain, separator, digest = name.partition("@")
    folder, colon, tag = plain.rpartition(":")
    if not colon or "/" in tag:
        folder, tag = plain, "latest"
    repository = folder.removeprefix(f"{host}/").removeprefix("docker.io/")
    if host == "docker.io" and "/" not in repository:
        repository = f"library/{repository}"
    return repository, digest if separator else tag
