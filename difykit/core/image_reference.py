"""The names of images, by form: a name (host and path), a tag, a digest; as the distribution project has them.

A text that is one holds no `$`, no white space, no `..` and nothing else that a shell, a URL or Compose would read as
something else. Whatever a file or a registry gives as a reference is looked at here before it is used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from difykit.core.errors import DifyKitError

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
# What Docker takes for a host, and not for a user of Docker Hub: it has a dot, a port or brackets, or is localhost.
_HOST = (
    rf"(?:(?:localhost|{_LABEL}(?:\.{_LABEL})+|\[[0-9a-fA-F:.]{{2,45}}\])(?::[0-9]{{1,5}})?"
    rf"|{_LABEL}:[0-9]{{1,5}})"
)
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"sha256:[0-9a-f]{64}"
# 64 hex digits, with sha256: or alone, are an image's id.
_PATH = rf"(?!(?:sha256:)?[0-9a-f]{{64}}(?:[:@]|$)){_COMPONENT}(?:/{_COMPONENT})*"

NAME = rf"(?=.{{1,255}}$)(?:{_HOST}/)?{_PATH}"
"""A name without a tag: `redis`, `registry.example.com:5000/team/thing`, `[::1]:5000/thing`."""
TAG = _TAG
PREFIX = rf"(?=.{{1,170}}$)(?:{_HOST}/(?:{_COMPONENT}/)*|{_COMPONENT}/(?:{_COMPONENT}/)*)"
"""What may stand before a name, and leaves room for one: `team/`, `registry.example.com/team/`."""
MIRROR = rf"(?=.{{1,170}}$)(?:{_HOST}|{_LABEL})(?:/{_COMPONENT})*"
"""A registry, or a path in one, without `/` at its end."""

_REFERENCE = re.compile(rf"(?P<name>(?:(?P<host>{_HOST})/)?{_PATH})(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?")
_LONGEST = 255


@dataclass(frozen=True)
class Reference:
    """The parts of a reference; "" for what it has not."""

    host: str
    """`docker.io` where none is named."""
    name: str
    """As it is written, with its host where it names one."""
    tag: str
    digest: str

    @property
    def full_name(self) -> str:
        """The name as engines list it: with its host, and `library/` where Docker Hub has it."""
        path = self.name.removeprefix(f"{self.host}/") if has_host(self.name) else self.name
        if self.host == "docker.io" and "/" not in path:
            path = f"library/{path}"
        return f"{self.host}/{path}"


def fault(text: str) -> str:
    """Why a text is no reference to an image, "" when it is one."""
    if not (match := _REFERENCE.fullmatch(text)):
        return "is not the name of an image (a name such as redis, with :tag, @sha256:digest or both)"
    return "" if len(match["name"]) <= _LONGEST else f"is the name of an image of more than {_LONGEST} letters"


def read(text: str) -> Reference:
    """The parts of a reference. Raises DifyKitError for what is none."""
    if why := fault(text):
        raise DifyKitError(f"{text[:300]!r} {why}", hint="a name such as redis:7-alpine")
    match = _REFERENCE.fullmatch(text)
    assert match is not None
    host = match["host"] or "docker.io"
    return Reference(
        "docker.io" if host == "index.docker.io" else host, match["name"], match["tag"] or "", match["digest"] or ""
    )


def by_digest(text: str) -> bool:
    """Whether a text is a reference with a digest: the same image wherever and whenever."""
    return not fault(text) and bool(read(text).digest)


def has_host(name: str) -> bool:
    """Whether a name or a prefix begins with a registry's host, as Docker tells it from a user of Docker Hub."""
    host, slash, _ = name.partition("/")
    return bool(slash) and re.fullmatch(_HOST, host) is not None


def is_prefix(text: str) -> bool:
    """Whether a text may stand before a name: a path that ends in `/`, with a registry's host or without."""
    return re.fullmatch(PREFIX, text) is not None
