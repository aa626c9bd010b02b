"""Secrets that were committed to a fork: where they are, never what they are; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from difykit.adopt.model import KEY_STORE, ForkFinding
from difykit.dify import layout

_KEY = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\r?\n(?:[^\n]{0,200}\n){0,3}?[A-Za-z0-9+/=]{40}"
)
_TOKENS = (
    ("an AWS access key", re.compile(rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a GitHub token", re.compile(rb"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{60,}\b")),
    ("a Slack token", re.compile(rb"\bxox[abprs]-[A-Za-z0-9-]{20,}\b")),
    ("an OpenAI key", re.compile(rb"\bsk-(?:proj-)?[A-Za-z0-9]{32,}\b")),
    ("an Aliyun access key", re.compile(rb"\bLTAI[A-Za-z0-9]{16,24}\b")),
    ("a Google API key", re.compile(rb"\bAIza[A-Za-z0-9_-]{35}\b")),
)
_STORES = {".p12", ".pfx", ".jks", ".keystore", ".kdbx"}
_NAME = re.compile(r"(?i)(secret|passw(?:or)?d|passwd|token|api_?key|access_?key|private_?key|credential)")
_VALUES = (
    re.compile(rb"(?im)((?:%b)[a-z0-9_]*[\"']?[ \t]*[:=]).*$" % _NAME.pattern.removeprefix("(?i)").encode()),
    re.compile(rb"([=:][ \t]*)([\"'])[\w.+/@-]+\2"),
    re.compile(rb"(?m)^([ \t]*(?:-[ \t]+)?[A-Z][A-Z0-9_]*=)\S+$"),
    re.compile(rb"(\$\{[A-Z0-9_]+:?-)[^}\n]*"),
)
"""What is set by a name of a secret's; a literal of one word; the value of a variable; its default in Compose."""
_LINE = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)
# Dify's and everyone's stand-ins, and references to what stands elsewhere.
_NO_SECRET = re.compile(r"(?i)^(?:<.*>|\$.*|x{3,}.*|your[-_].*|change.?me.*|example.*|true|false|none|null|\d{1,6})$")
_LARGEST = 4 << 20
# What stands there is known to everyone: "a public default", not a secret.
_PUBLIC = (layout.ENV_EXAMPLE, layout.COMPOSE_FILE, layout.API_ENV_EXAMPLE)


@dataclass(frozen=True)
class _Suspect:
    """What looks like a secret, and the line by which it would be found elsewhere."""

    finding: ForkFinding
    needle: bytes


def secrets(
    paths: Iterable[str],
    new: Callable[[str], bytes],
    old: Callable[[str], bytes],
    standing: Callable[[Collection[bytes]], Collection[bytes]] = lambda _: (),
) -> Iterator[ForkFinding]:
    """Private keys, tokens, key stores and filled-in env files that the fork has and the release has not.

    `standing` says which of some texts stand anywhere in the release: what it ships elsewhere is no secret of the
    fork's, such as a test that moved.
    """
    suspects = list(_suspects(paths, new, old))
    public = standing({suspect.needle for suspect in suspects if suspect.needle})
    own = {
        (suspect.finding.path, suspect.finding.text): suspect.finding
        for suspect in reversed(suspects)
        if suspect.needle not in public
    }
    return (suspect.finding for suspect in suspects if suspect.finding in own.values())


def _suspects(paths: Iterable[str], new: Callable[[str], bytes], old: Callable[[str], bytes]) -> Iterator[_Suspect]:
    public = b"\n".join(old(path) for path in _PUBLIC)
    for path in paths:
        file = PurePosixPath(path)
        if file.suffix.lower() in _STORES:
            yield _Suspect(ForkFinding("secret", path, KEY_STORE), b"")
            continue
        content = new(path)
        if len(content) > _LARGEST or b"\0" in content[:8000]:
            continue
        yield from _patterns(path, content, (old(path), public))
        if _is_env(file.name):
            yield from _assignments(path, content, old(path) + public)


def without_values(content: bytes) -> bytes:
    """The content without tokens, private keys, and what is set to a word that may be a password."""
    for pattern in (_KEY, *(pattern for _, pattern in _TOKENS)):
        content = pattern.sub(b"", content)
    for pattern in _VALUES:
        content = pattern.sub(rb"\1", content)
    return content


def _is_env(name: str) -> bool:
    if name.endswith((".example", ".sample", ".template", ".dist")):
        return False
    return name == ".env" or name.startswith(".env.") or name.endswith(".env")


def _patterns(path: str, content: bytes, before: Iterable[bytes]) -> Iterator[_Suspect]:
    """Each token once: one of them may be Dify's, and the next one not."""
    for description, pattern in (("a private key", _KEY), *_TOKENS):
        seen: set[bytes] = set()
        for match in pattern.finditer(content):
            token = match[0]
            if token in seen or any(token in text for text in before) or (pattern is not _KEY and _is_filler(token)):
                continue
            seen.add(token)
            line = content.count(b"\n", 0, match.start()) + 1
            yield _Suspect(ForkFinding("secret", path, description, line), max(token.splitlines(), key=len))


def _is_filler(token: bytes) -> bool:
    """Whether it is of the kind `ghp_xxxxxxxx`."""
    return len(set(token[-20:].lower())) < 6


def _assignments(path: str, content: bytes, before: bytes) -> Iterator[_Suspect]:
    text = content.decode("utf-8", "replace")
    earlier = set(_LINE.findall(before.decode("utf-8", "replace")))
    for match in _LINE.finditer(text):
        name, value = match[1], match[2]
        if _NAME.search(name) and not _NO_SECRET.match(value) and (name, value) not in earlier:
            line = text.count("\n", 0, match.start(1)) + 1
            yield _Suspect(ForkFinding("secret", path, f"{name} has a value", line), match[0].strip().encode())
