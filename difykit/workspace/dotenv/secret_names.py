"""Which settings are secrets, by what they are called and look like."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"(?i)(?:secret|passw|pwd|token(?!iz)|credential|dsn|connection_string|sasl|authn|private_key"
    r"|(?:^|_)(?:key|keys|apikey)(?:_|$))"
)
_LOGIN = re.compile(r"://[^/@\s]*:[^/@\s]+@")


def is_secret(key: str, raw: str) -> bool:
    """Whether a value may not stand in a file that everybody reviews: by its name, or by a password in a URL."""
    return bool(_SECRET.search(key)) or bool(_LOGIN.search(raw))
