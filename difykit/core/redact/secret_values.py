"""The values that are secret here: those of the workspace's env files, and of variables that are called like secrets.

A long value (16 characters and more) is hidden wherever it stands. A shorter one may be a word of a message (one of
Dify's public secrets is called dify-sandbox): it is hidden where it stands alone and is plainly no word, and where it
is somebody's value, behind `NAME=` or as a secret's. What is below 6 characters hides only by where it stands.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import quote, quote_plus, unquote

from difykit.core.redact.names import is_secret_name
from difykit.core.redact.urls import HIDDEN, is_literal, logins

LONG, SHORT = 16, 6
_NO_WORD = re.compile(r"(?=.*[A-Za-z])(?=.*\d)[^\s]+|\S*[^\w\s./:,-]\S*")
_OPAQUE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+=_-]{16,}")


class Values(NamedTuple):
    """What must not be shown: `secrets` anywhere, `private` (all else in the user's `.env`) in no error and report."""

    secrets: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()


class _Watched:
    """Where the values come from, and what was made of those that came last."""

    def __init__(self) -> None:
        self.source: Callable[[], Values] = Values
        self.learned: frozenset[str] = frozenset()
        self.key: object = None
        self.rules: dict[int, Callable[[str], str]] = {}


_WATCHED = _Watched()


def watch(source: Callable[[], Values]) -> None:
    """From now on hide what `source` gives, which is asked for every text and should keep what it knows."""
    _WATCHED.source = source


def learn(*values: str) -> None:
    """Hide these as well, until the process ends: for secrets that no file holds yet."""
    _WATCHED.learned |= {value for value in values if value}


def hide_values(text: str, least: int | None = None) -> str:
    """`text` without the secrets; with `least`, also without all private values that are that long."""
    values = _WATCHED.source()
    key = (values, _WATCHED.learned, frozenset(os.environb.items()))
    if key != _WATCHED.key:
        _WATCHED.key, _WATCHED.rules = key, {}
    number = least or 0
    if number not in _WATCHED.rules:
        opaque = {value for value in values.private if _OPAQUE.fullmatch(value)}
        secrets = values.secrets | _WATCHED.learned | opaque | _environment()
        more = {value for value in values.private | secrets if least and len(value) >= least}
        _WATCHED.rules[number] = _rule(secrets, more)
    return _WATCHED.rules[number](text)


def _environment() -> frozenset[str]:
    """The values of variables that are called like secrets, and the passwords in others' URLs."""
    named = {value for key, value in os.environ.items() if is_secret_name(key)}
    return frozenset(named | passwords(os.environ.values()))


def passwords(values: Iterable[str]) -> set[str]:
    """The passwords that stand in URLs among these values."""
    credentials = (
        value[login.start : login.end] for value in values for login in logins(value) if login.kind == "login"
    )
    return {part for login in credentials for part in (login.partition(":")[2] or login,) if is_literal(part)}


def _rule(secrets: Iterable[str], more: Iterable[str]) -> Callable[[str], str]:
    anywhere: set[str] = set()
    alone: set[str] = set()
    assigned: set[str] = set()
    for value in {part for secret in secrets for part in (secret, *secret.splitlines())}:
        plain = value.strip()
        if len(plain) < SHORT:
            continue
        encoded = _encoded(plain)
        if len(plain) >= LONG:
            anywhere |= {plain, *encoded}
        else:
            (alone if _NO_WORD.fullmatch(plain) else assigned).add(plain)
            anywhere |= {form for form in encoded if len(form) >= LONG or "%" in form}
            alone |= {form for form in encoded if SHORT <= len(form) < LONG and _NO_WORD.fullmatch(form)}
    for value in more:
        anywhere |= {value, *(part for part in value.splitlines() if len(part) >= SHORT), *_encoded(value)}
    return _compiled(anywhere - {""}, alone | assigned, alone)


def _compiled(anywhere: set[str], short: set[str], alone: set[str]) -> Callable[[str], str]:
    patterns: list[str] = []
    if anywhere:
        patterns.append(_any_of(anywhere))
    if alone:
        patterns.append(rf"(?<![A-Za-z0-9]){_any_of(alone)}(?![A-Za-z0-9])")
    if short:
        named = r"(?i:secret|passw|pwd|token|key|credential)\w*[\"']?[ \t]*:[ \t]*[\"']?"
        value = rf"{_any_of(short)}(?![A-Za-z0-9])"
        patterns.append(rf"(?P<name>\w=[\"']?|{named}){value}")
    if not patterns:
        return lambda text: text
    compiled = re.compile("|".join(patterns))
    return lambda text: compiled.sub(lambda match: (match.groupdict().get("name") or "") + HIDDEN, text)


def _any_of(values: set[str]) -> str:
    return "(?:" + "|".join(map(re.escape, sorted(values, key=lambda value: (-len(value), value)))) + ")"


def _encoded(value: str) -> set[str]:
    """The value as URLs, JSON, shells, Python, Compose and base64 write it."""
    raw = value.encode("utf-8", "surrogateescape")
    forms = {
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
        unquote(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        shlex.quote(value).strip("'"),
        repr(value)[1:-1],
        value.replace("$", "$$"),
        value.replace("\\", "\\\\").replace('"', '\\"'),
        value.replace("'", "\\'"),
        raw.hex(),
        *_base64(raw),
    }
    return {form for form in forms if len(form) >= SHORT} - {value}


def _base64(raw: bytes) -> set[str]:
    """What is sure of its base64 wherever it begins in what was encoded: alone, or behind `user:`."""
    forms: set[str] = set()
    for gap in range(3):
        text = base64.b64encode(b"\0" * gap + raw).decode().rstrip("=")
        end = len(text) - (1 if (gap + len(raw)) % 3 else 0)
        forms.add(text[gap and gap + 1 : end])
    return {form for piece in forms if len(piece) >= 8 for form in (piece, piece.replace("+", "-").replace("/", "_"))}
