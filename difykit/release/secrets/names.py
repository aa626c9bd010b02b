"""Which settings hold a secret: by what they are called, and by whether what stands there can be one."""

from __future__ import annotations

import re

from difykit.core.redact import is_secret_name, passwords

_MORE = re.compile(r"(?i)account_json")
# Names that sound like one, and hold what everybody may know.
_PLAIN = re.compile(
    r"(?i)next_public_.*|.*(?:_site_key|_publishable_key|_size|_type|_provider|_users?|_filename|_per_token|_ttl|_algorithm|_method"
    r"|_version|_cert_?reqs)"
)
_ADDRESS = re.compile(r"(?i).*(?:dsn|connection_?string|uri|url|endpoint)")
_WORD = re.compile(r"(?i)(?:true|false|yes|no|on|off|none|null)")
_NUMBER = re.compile(r"-?\d{1,5}(?:\.\d+)?")
_PASSWORD = re.compile(r"(?i).*(?:password|passwd|passphrase|pass|pwd|secret)")
# What nobody can mistake for a value; `changeme` is none of them, since it works.
_PLACEHOLDER = re.compile(r"(?i)<[^<>]*>|x{3,}|\*{3,}|\.{3}|your[-_ ].+")


def is_secret_key(key: str) -> bool:
    """Whether a setting of this name holds what nobody else may know."""
    return (is_secret_name(key) or _MORE.search(key) is not None) and _PLAIN.fullmatch(key) is None


def holds_secret(key: str, value: str) -> bool:
    """Whether `value` is a secret if the setting is one: an address counts by the password in it."""
    if not value or _WORD.fullmatch(value):
        return False
    if "://" in value or _ADDRESS.fullmatch(key):
        return bool(passwords([value]))
    return _PASSWORD.fullmatch(key) is not None or _NUMBER.fullmatch(value) is None


def is_placeholder(value: str) -> bool:
    """Whether the value says of itself that another one belongs there."""
    return _PLACEHOLDER.fullmatch(value) is not None
