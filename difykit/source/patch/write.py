"""Writing a patch file: what `parse` reads back as the same patch, and `git am` takes."""

from __future__ import annotations

import re

from difykit.core import redact

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
