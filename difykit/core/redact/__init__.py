"""The one redaction: what is secret in a text becomes `***` before anybody sees it.

It is applied where a text leaves difykit for people or for other machines, and nowhere before:

- `difykit.cli.screen`: all that is shown, on both streams: lines, commands, results, tables, questions, JSON documents,
  errors and their hints; and crash reports.
- `process.stream` and the program that brings a release up: what other programs say, in `.difykit/logs` too.
- what reports on the work: pages and issue texts (forecast, adopt, topology), OCI labels, provenance and SBOM.

It is never applied to what has to stay exact, since there a `***` would be damage:

- files of the source, patches, overlays and their trees, whatever stands in them;
- the homes of secrets: `.env`, the env files of release folders and middleware (0600), what is piped to a server;
- what is handed to a program, an engine or a registry: arguments, environments, requests;
- names, paths, ids and digests, by which things are found again, and with them the records that hold only those:
  difykit.lock, images.json, registry.json, what `.difykit` and a bundle say of themselves.

The second list needs it nowhere: a credential in a manifest, in a patch's message or in an option is refused before it
gets there (`fault`), and messages that difykit takes over from commits lose theirs on the way (`without_logins`).

It hides logins and secret parameters in URLs, headers that log in, tokens of well-known forms, private keys, what
stands behind the name of a secret and `=`, and the known values of `difykit.core.redact.secret_values` in all their
spellings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from difykit.core.redact.names import is_secret_name
from difykit.core.redact.secret_values import LONG, SHORT, Values, hide_values, learn, passwords, watch
from difykit.core.redact.sink import Sink
from difykit.core.redact.urls import HIDDEN, is_literal, logins

__all__ = [
    "HIDDEN",
    "LONG",
    "SHORT",
    "Sink",
    "Values",
    "fault",
    "is_secret_name",
    "learn",
    "passwords",
    "text",
    "tree",
    "watch",
    "without_logins",
]

_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|gl[a-z]{2,6}-[\w-]{16,}|npm_[A-Za-z0-9]{16,}"
    r"|pypi-(?=[\w-]*[A-Z0-9])[\w-]{16,}|(?:AKIA|ASIA)[0-9A-Z]{16}|eyJ[\w-]{8,}(?:\.[\w-]+){1,4}|eyJ[\w-]{24,}=*"
    r"|xox[a-z]-[\w-]{10,}|xapp-[\w-]{10,}|AIza[\w-]{30,}|hf_[A-Za-z0-9]{20,}|dckr_pat_[\w-]{16,}"
    r"|sk-(?:proj|ant|live|test)-[\w-]{16,}|[sr]k_live_[A-Za-z0-9]{16,})"
)
_HEADER = re.compile(
    r"(?i)\b(?P<before>(?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic|token|digest|negotiate)\s+)?"
    r"|(?:x-(?:api-key|auth-token|registry-auth|csrf-token|vault-token)|private-token|job-token|api-key|"
    r"(?:set-)?cookie)[\"']?\s*:\s*[\"']?)(?P<value>[^\s\"',]+)"
)
_SCHEME = re.compile(r"\b(?P<before>(?i:bearer|basic)\s+)(?P<value>[A-Za-z0-9._~+/=-]{8,})")
# A word of a sentence, or a name in a program: `authorization: str`, `headers = {"Authorization": self.login()}`.
_WORD = re.compile(r"[A-Za-z]?[a-z-]+[.,:;]?|[A-Za-z_][A-Za-z_.]*(?:[\[({}\])].*)?[,;]?")
_ASSIGNED = re.compile(
    r"(?<![A-Za-z0-9_${.])(?P<name>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*|:_[A-Za-z]+)"
    r"=(?P<value>\"(?:[^\"\\]|\\.)+\"|'[^']+'|\$\{[^}]*\}|[^\s\"'`,;&)\]}]+)"
)
_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(?:(?!-----END ).)*", re.DOTALL)


def text(value: str, *, least: int | None = None) -> str:
    """`value` as it may be shown; with `least`, also without every private value of the user that is that long."""
    value = hide_values(value, least)
    value = without_logins(value)
    if "=" in value:
        value = _ASSIGNED.sub(_without_value, value)
    value = _HEADER.sub(_without_header, value)
    value = _SCHEME.sub(_without_header, value)
    value = _TOKEN.sub(HIDDEN, value)
    return _KEY.sub(rf"\1{HIDDEN}", value) if "PRIVATE KEY" in value else value


def tree(value: Any, clean: Callable[[str], str] = text) -> Any:
    """A document with all its texts as they may be shown."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(key) if isinstance(key, str) else key: tree(inner, clean) for key, inner in value.items()}
    return [tree(inner, clean) for inner in value] if isinstance(value, list | tuple) else value


def fault(value: str, *, passed: Collection[str] = ()) -> str:
    """Why a text may not stand in a file that is committed and reviewed, or "" when it may. It never repeats it.

    A token that a URL logs in with is a password, too. Programs read a URL with its line ends and tabs left out, so
    both readings count. `passed` are the kinds of `urls.Login` that this place may hold.
    """
    for reading in dict.fromkeys((value, re.sub(r"[\t\r\n]", "", value))):
        kinds = {login.kind for login in logins(reading)} - set(passed)
        if kinds - {"parameter"}:
            return "holds a password"
        if kinds:
            return "holds a secret among the parameters of a URL"
    return ""


def without_logins(value: str, *, passed: Collection[str] = ()) -> str:
    """`value` with nothing hidden but the credentials in its URLs: what a text must be that `fault` lets pass."""
    parts: list[str] = []
    at = 0
    for login in sorted(logins(value), key=lambda span: (span.start, -span.end)):
        if login.start >= at and login.kind not in passed:
            parts += [value[at : login.start], login.shown]
            at = login.end
    return "".join(parts) + value[at:]


def _without_value(match: re.Match[str]) -> str:
    name, value = match["name"], match["value"].strip("\"'")
    words = name in {"KEY", "KEYS"} or value in {"-", "VALUE"}  # as usage lines have them
    return match[0] if words or not is_secret_name(name) or not is_literal(value) else f"{name}={HIDDEN}"


def _without_header(match: re.Match[str]) -> str:
    value = match["value"]
    sure = re.search(r"(?i)(?:bearer|basic|token|digest|negotiate)\s+$", match["before"]) and ":" in match["before"]
    if not is_literal(value) or (not sure and (_WORD.fullmatch(value) or len(value) < SHORT)):
        return match[0]
    return match["before"] + HIDDEN
