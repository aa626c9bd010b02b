"""The mail around a diff: who, when, why."""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header

from difykit.source.patch.model import Malformed

_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)", re.DOTALL)
_ADDRESS = re.compile(r"([^<>]*)<([^<>]*)>\s*")
_PREFIX = re.compile(r"\s*\[[^\]]*(?:PATCH|\b\d+/\d+)[^\]]*\]\s*")
_CHARSET = re.compile(  # what git writes; others have codecs that take very long on hostile text
    r"charset=\"?(utf-8|us-ascii|iso-8859-\d+|iso-2022-jp|windows-\d+|koi8-[ru]|euc-[jk][pr]|shift_jis|gb\w+|big5)\b",
    re.IGNORECASE,
)
_TRAILER = re.compile(r"([A-Za-z0-9-]+)[ \t]*:[ \t]*(.*)", re.DOTALL)
_OURS = ("why", "upstream", "made-for", "applies-to", "until", "stay-deleted", "signed-off-by")
_LONGEST = 8000  # a header beyond this is shown as it is: decoding is not linear


@dataclass(frozen=True)
class Message:
    """What the mail of a patch says before the diff."""

    subject: str
    author: str
    email: str
    date: str
    body: str
    trailers: tuple[tuple[str, str], ...]


def read_message(name: str, lines: Sequence[bytes]) -> Message:
    """Read everything before the first `diff --git`; raises Malformed for mails that git did not write."""
    fields, body_start = _fields(lines)
    if "from" not in fields and "subject" not in fields:  # plain `git diff`, perhaps under a text of one's own
        body = _body(lines, "utf-8")
        return Message(name, "", "", "", body, read_trailers(body))
    _check_plain(fields)
    match = _CHARSET.search(fields.get("content-type", ""))
    body = _body(lines[body_start:], match[1] if match else "utf-8")
    # `git format-patch --from` sends as somebody else and keeps the author as first line of the body.
    if body.startswith("From: "):
        head, _, body = body.partition("\n\n")
        inner, _ = _fields([line.encode("utf-8", "surrogateescape") for line in head.splitlines(keepends=True)])
        fields.update({key: inner[key] for key in ("from", "date", "subject") if key in inner})
        body = body.strip("\n")
    author, email = _person(fields.get("from", ""))
    subject = _decoded(fields.get("subject", ""))
    if prefix := _PREFIX.match(subject):
        subject = subject[prefix.end() :]
    return Message(subject.strip() or name, author, email, fields.get("date", "").strip(), body, read_trailers(body))


def _fields(lines: Sequence[bytes]) -> tuple[dict[str, str], int]:
    """Give the header fields by their lower-case name, and the index after the blank line that ends them."""
    fields: dict[str, list[str]] = {}
    current: list[str] = []
    end = len(lines)
    for number, raw in enumerate(lines):
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if not line:
            end = number + 1
            break
        if number == 0 and line.startswith("From "):
            continue
        if current and line[0] in " \t":
            current.append(line.strip())
        elif match := _FIELD.fullmatch(line):
            current = fields[match[1].lower()] = [match[2].strip()]
        else:
            return {}, 0
    return {key: " ".join(parts) for key, parts in fields.items()}, end


def _check_plain(fields: dict[str, str]) -> None:
    encoding = fields.get("content-transfer-encoding", "8bit").lower()
    if encoding not in ("7bit", "8bit", "binary") or fields.get("content-type", "").lower().startswith("multipart"):
        raise Malformed(1, "attached or re-encoded mails are not read: write the file with `git format-patch`")


def _body(lines: Sequence[bytes], charset: str) -> str:
    end = next((number for number, line in enumerate(lines) if line.rstrip() == b"---"), len(lines))
    raw = b"".join(lines[:end])
    try:
        text = raw.decode(charset)
    except (LookupError, UnicodeDecodeError):
        text = raw.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").strip("\n")


def _person(text: str) -> tuple[str, str]:
    match = _ADDRESS.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return text, text if "@" in text else ""
    name = match[1].strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return _decoded(name) or match[2], match[2]


def _decoded(text: str) -> str:
    if "=?" not in text or len(text) > _LONGEST:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (MessageError, LookupError, ValueError, binascii.Error):
        return text


def read_trailers(body: str) -> tuple[tuple[str, str], ...]:
    """Give the trailers of a message by git's rules: the last paragraph, when it is made of them."""
    pairs: list[tuple[str, list[str]]] = []
    trailers = plain_lines = 0
    has_own = False
    for line in re.split(r"\n[ \t]*\n", body.rstrip())[-1].split("\n"):
        if line[:1] in (" ", "\t") and pairs:
            pairs[-1][1].append(line.strip())
        elif match := _TRAILER.fullmatch(line):
            pairs.append((match[1], [match[2].strip()]))
            trailers += 1
            has_own = has_own or match[1].lower() in _OURS
        elif line.startswith("(cherry picked from commit "):
            trailers, has_own = trailers + 1, True
        else:
            plain_lines += 1
    if plain_lines and not (has_own and trailers * 3 >= plain_lines):
        return ()
    return tuple((key, " ".join(filter(None, parts))) for key, parts in pairs)
