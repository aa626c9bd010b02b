"""Credentials in URLs: where they stand in a text, whichever way somebody wrote the URL.

What is a variable (`${NAME}`, `$NAME`, `{name}`, `<name>`, `%s`) is no credential, nor is the account of an address
that asks for a key and not for a password: `ssh://git@host`, `git@host:path`, `postgresql://dify@db`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from difykit.core.redact.names import is_secret_name

HIDDEN = "***"

_START = re.compile(
    r"(?i)(?<![a-z0-9+.%-])(?:(?P<scheme>[a-z][a-z0-9+.-]*):[/\\]{2,}"
    r"|(?P<lax>(?:https?|ftps?|wss?):[/\\]?)(?![/\\])|(?<![:\w/\\])(?P<none>//)(?![/\s]))"
)
_ENCODED = re.compile(r"(?i)%3A(?:%2F%2F|//)(?P<login>(?:(?!%2F|%3F|%23|[\s&\"'/@]).)+?)(?:%40|@)")
_BARE = re.compile(
    r"(?<![\w@./\\:%+$}-])(?P<login>(?P<user>[\w.+~-]+):(?P<password>[^\s/@:'\"<>`,;(){}\[\]]+))"
    r"(?:@|%40)(?!sha\d+:)(?=(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}\b|localhost\b|\d+(?:\.\d+){3}\b"
    r"|\[[0-9A-Fa-f:]+\]|[\w-]+(?::\d|/))"
)
_NO_USER = re.compile(
    r"(?i)mailto|acct|sips?|xmpp|from|to|b?cc|reply-to|author|committer|email|mail|contact|by|npm|git|workspace"
)
_PARAMETER = re.compile(
    r"(?i)(?P<before>[?&#;]|%3F|%26)(?P<name>[\w.\[\]-]+(?:%[0-9a-f]{2}[\w.\[\]-]*?)*|(?:%[0-9a-f]{2}[\w.-]*?)+)"
    r"(?:=|%3D)(?P<value>[^\s&#;\"'`<>()\[\]\\]+)"
)
_VARIABLE = re.compile(
    r"\$\{\w+(?::?\?[^}]*|:url|:?[-+])?\}|\$\$?[A-Z_][A-Z0-9_]*(?![a-z])|\$\([^)]*\)|\{\{[^{}]*\}\}|\{[^{}]*\}|<[^<>]*>|%\(\w+\)s|%[sr]"
    r"|\*{2,}|…|\.{3}"
)
_DIGEST = re.compile(r"sha\d+:|[a-z0-9]+:[0-9a-f]{32}")
_WEB = re.compile(r"(?i)(?:.*\+)?(?:https?|ftps?|wss?|dav|webdavs?|)")
_KEYED = re.compile(r"(?i)(?:.*\+)?(?:ssh|sftp|scp|rsync)")
_ACCOUNT = re.compile(r"[a-z]{1,12}")
_ENDS = "/\\?#\"'<>`"


class Login(NamedTuple):
    """A credential in a text, from `start` to `end`, and what may be shown of it."""

    start: int
    end: int
    shown: str
    kind: str
    """`login`, before the host of a URL; `account`, where it may be a name alone, for whose password git asks its
    helpers; `bare`, where no scheme says that it is a URL; or `parameter`, behind the host."""


def logins(text: str) -> Iterator[Login]:
    """Every credential in a URL of `text`; they may overlap."""
    if "@" in text or "%40" in text:
        yield from _in_urls(text)
        for match in _ENCODED.finditer(text):
            if is_literal(unquote(match["login"])):
                yield Login(*match.span("login"), HIDDEN, "login")
        for match in _BARE.finditer(text):
            if not _NO_USER.fullmatch(match["user"]) and is_literal(match["password"]):
                yield Login(*match.span("login"), HIDDEN, "bare")
    if "=" in text or "%3" in text:
        for match in _PARAMETER.finditer(text):
            if is_secret_name(unquote(match["name"])) and is_literal(match["value"]):
                yield Login(*match.span("value"), HIDDEN, "parameter")


def is_literal(text: str) -> bool:
    """Whether something stands there, and not only the names of variables."""
    return bool(unquote(_VARIABLE.sub("", text)).strip(":")) if text else False


def _in_urls(text: str) -> Iterator[Login]:
    for match in _START.finditer(text):
        run = re.split(r"[\s\x00]", text[match.end() : match.end() + 4096], maxsplit=1)[0]
        end = _login_end(run)
        if end <= 0:
            continue
        scheme = match["scheme"] or (match["lax"] or "").rstrip(":/\\")
        shown = _shown(scheme, run[:end])
        if shown is not None:
            kind = "account" if _is_account(run[:end]) else "login"
            yield Login(match.end(), match.end() + end, shown, kind)


def _login_end(run: str) -> int:
    """Where the login ends that a URL begins with, after its slashes; -1 where it has none."""
    stop = next((at for at, char in enumerate(run) if char in _ENDS), len(run))
    authority = run[:stop]
    ats = [match for match in re.finditer(r"@|%40", authority) if not _DIGEST.match(authority, match.end())]
    if plain := [match for match in ats if match[0] == "@"] or ats:
        return plain[-1].start()
    # A password with a slash in it, which some programs read as people mean it: what stands there is no port.
    host, colon, port = authority.rpartition(":")
    odd = bool(colon) and not authority.endswith("]") and (not host or re.fullmatch(r"\d*|[${<%*].*", port) is None)
    if not odd or run[stop : stop + 1] not in {"/", "\\", "?", "#", "'"}:
        return -1
    later = re.compile(r"@|%40").search(run, stop)
    return later.start() if later and not _DIGEST.match(run, later.end()) else -1


def _shown(scheme: str, login: str) -> str | None:
    """What may be shown of a login; None where none of it is secret."""
    named = _VARIABLE.sub(lambda match: match[0].replace(":", "\0"), re.sub("(?i)%3a", ":", login))
    user, colon, password = (part.replace("\0", ":") for part in named.partition(":"))
    if _WEB.fullmatch(scheme):
        # A token stands in either half: https://TOKEN:x-oauth-basic@host.
        if not is_literal(password) and (password or not is_literal(user)):
            return None
        return f"{user}:{HIDDEN}" if password and _is_account(user) else HIDDEN
    if is_literal(password):
        return f"{user}:{HIDDEN}"
    return HIDDEN if not colon and is_token(user) and not _KEYED.fullmatch(scheme) else None


def _is_account(text: str) -> bool:
    """Whether it can be the name of a person or a service, and no token."""
    return _ACCOUNT.fullmatch(text) is not None and not is_secret_name(text)


def is_token(text: str) -> bool:
    """Whether it is long and mixed, as no account's name is."""
    return len(text) >= 20 and re.search(r"\d", text) is not None and re.search(r"[A-Za-z]", text) is not None
