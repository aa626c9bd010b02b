"""Credentials in the URLs of a manifest, which is committed and reviewed: where they are, and how to keep them out.

One rule for every text of every manifest. Only in the `edits` of an overlay it is narrower: there a text is a piece of
Dify's own files. What finds a place in them may be whatever stands there, and what is put there may say `?key=`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from difykit import redact

_Path = tuple[str | int, ...]
_FINDS = {"find", "after", "before"}
_WAYS = {
    "upstream": "leave that to git's credential helpers",
    "toolkit": "leave that to git's credential helpers or ~/.netrc",
    "proxy": "let a relay on this host log in (cntlm, px), and name the relay",
    "mirrors": "a build has no login: name a mirror that needs none, or a relay on this host that logs in",
    "images": "leave that to docker login",
    "env": "put the value into .env, or only the password, and name it here: ${NAME}",
    "python": "a build has no login: take the distribution from an index that needs none (mirrors.pypi)",
    "build_args": "build arguments stay readable in the image, so take it out",
}


def credentials(value: Any, path: _Path = ()) -> Iterator[tuple[_Path, str]]:
    """Every text in a manifest that holds a credential, by its path, with what is wrong with it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(key, str) and (fault := redact.fault(key)):
                yield (*path, key), fault
            yield from credentials(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from credentials(inner, (*path, number))
    elif isinstance(value, str) and (fault := _fault(value, path)):
        yield path, fault


def _fault(value: str, path: _Path) -> str:
    code = path[:1] == ("edits",)
    if code and path[-1] in _FINDS:
        return ""
    if path == ("upstream", "url"):
        return redact.fault(value, passed={"account"})
    return redact.fault(value, passed={"bare", "parameter"} if code else ())


def way_out(path: _Path) -> str:
    """What to do instead of writing a credential at this place of a manifest."""
    return next((_WAYS[str(part)] for part in path if str(part) in _WAYS), "take it out; secrets live in .env")
