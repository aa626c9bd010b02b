"""Credentials in the URLs of a manifest, which is committed and reviewed: where they are, and how to keep them out.

One rule for every text of every manifest. Only in the `edits` of an overlay it is narrower: there a text is a piece of
Dify's own files. What finds a place in them may be whatever stands there, and what is put there may say `?key=`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from difykit.core import redact

GIT_LOGS_IN = "leave that, and a name before '@', to git's credential helpers; or use ssh"
_Path = tuple[str | int, ...]
_FINDS = {"find", "after", "before"}
_WAYS = {
    "upstream": GIT_LOGS_IN,
    "toolkit": "leave that to git's credential helpers or ~/.netrc",
    "proxy": "let a relay on this host log in (cntlm, px), and name the relay",
    "mirrors": "a build has no login: name a mirror that needs none, or a relay on this host that logs in",
    "images": "leave that to docker login",
    "template": "name its setting in the template, as ${NAME:url}, and put that into .env",
    "env": "name a variable there, and put the password into .env",
    "python": "a build has no login: take the distribution from an index that needs none (mirrors.pypi)",
    "build_args": "build arguments stay readable in the image, so take it out",
}


_LONGEST = 300  # letters of a value that a message repeats


class Credential(NamedTuple):
    """A text with a credential: where it stands, and what is wrong with it."""

    path: _Path
    fault: str
    value: str


def credentials(value: Any, path: _Path = ()) -> Iterator[Credential]:
    """Every text in a manifest that holds a credential."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(key, str) and (fault := redact.fault(key)):
                yield Credential((*path, key), fault, "")
            yield from credentials(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from credentials(inner, (*path, number))
    elif isinstance(value, str) and (fault := _fault(value, path)):
        yield Credential(path, fault, value)


def _fault(value: str, path: _Path) -> str:
    code = path[:1] == ("edits",)
    if code and path[-1] in _FINDS:
        return ""
    if path == ("upstream", "url"):
        return redact.fault(value, passed={"account"})
    return redact.fault(value, passed={"bare", "parameter"} if code else ())


def way_out(credential: Credential) -> str:
    """What to do instead of writing a credential at this place of a manifest."""
    path, value = credential.path, credential.value
    if path[0] == "env" and len(path) > 1 and value and path[-1] != "template":
        key, shown = str(path[1]), redact.without_logins(value)
        plain = len(shown) <= _LONGEST and shown.isprintable() and "'" not in shown
        line = f"{key}='{shown}'" if plain else f"{key}=…"
        return f"take it out here and write it into .env, which nobody reviews, with the secret for ***: {line}"
    return next((_WAYS[str(part)] for part in path if str(part) in _WAYS), "take it out; secrets live in .env")
