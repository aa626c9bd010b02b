"""Writing a patch file: what `parse` reads back as the same patch, and `git am` takes."""

from __future__ import annotations

import re

from difykit.core import redact
from difykit.source.patch.mail import read_trailers

# `git am` knows a patch by this line; the id would differ with every rewrite of the series.
_START = "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n"
_SPECIAL = re.compile(r'[()<>\[\]:;@\\,."]')
# A line that begins like this would end the message, or be taken for a part of the diff.
_NO_MESSAGE = re.compile(r"(?m)^(?=---\s*$|diff --(?:git|cc|combined) |@@ -|From )|\A(?=(?i:From|Subject|Date): )")


def write_patch(*, subject: str, author: str, email: str, date: str, body: str, diff: bytes) -> bytes:
    """A `git format-patch` file; `date` is RFC 2822, `diff` what `difykit.git.diff` gives.

    A line of the body that git would take for the end of the message is set in by a space; a login in a URL becomes
    `***`, since a patch with one is refused.
    """
    subject, body = (redact.without_logins(text, passed={"bare"}) for text in (subject, body))
    text = _NO_MESSAGE.sub(" ", body.strip("\n"))
    head = {"From": f"{_name(author)} <{email}>", "Date": date, "Subject": f"[PATCH] {' '.join(subject.split())}"}
    head = {key: value for key, value in head.items() if value.strip(" <>")}
    if not text.isascii() or not "".join(head.values()).isascii():
        head |= {
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
        }
    fields = "".join(f"{key}: {value}\n" for key, value in head.items())
    message = f"{_START}{fields}\n{text}\n---\n" if text else f"{_START}{fields}\n---\n"
    return message.encode("utf-8", "surrogateescape") + diff


def with_trailer(raw: bytes, key: str, value: str) -> bytes:
    """A patch file with one trailer more at the end of its message; all else stays as it is, byte for byte."""
    lines = raw.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if line.startswith(b"diff --git ")), len(lines))
    end = next((at for at, line in enumerate(lines[:start]) if line.rstrip() == b"---"), start)
    while end and not lines[end - 1].strip():
        end -= 1
    newline = b"\r\n" if end and lines[end - 1].endswith(b"\r\n") else b"\n"
    first = next((at + 1 for at, line in enumerate(lines[:end]) if not line.strip()), end)
    paragraph = b"".join(lines[:end][first:]).decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    gap = b"" if read_trailers(paragraph) else newline
    return b"".join([*lines[:end], gap, f"{key}: {value}".encode(), newline, *lines[end:]])


def file_name(subject: str) -> str:
    """A name for the file of a patch with this subject: `add-a-button.patch`."""
    words = re.sub(r"[^a-z0-9]+", "-", subject.lower()).strip("-")
    return f"{words[:60].rstrip('-') or 'patch'}.patch"


def _name(author: str) -> str:
    plain = " ".join(author.split())
    if not _SPECIAL.search(plain):
        return plain
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
