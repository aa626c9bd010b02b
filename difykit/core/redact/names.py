"""Which names, of variables and of a URL's parameters, say that what they hold is secret."""

from __future__ import annotations

import re

_PARTS = re.compile(
    r"(?i)secret|passw|passphrase|pwd|token|credential|private_?key|api_?key|access_?key|signature|sasl|authn|bearer"
    r"|connection_?string"
)
_WORDS = re.compile(
    r"(?i)(?:^|[_.\[\]-])(?:key|keys|apikey|pass|auth|authorization|sig|sign|jwt|sas|dsn|otp|pepper|salt)(?:[_.\[\]-]|$)"
)
# Names that sound like one and are none.
_PLAIN = re.compile(
    r"(?i)(?:.*(?:tokens|token_?length|tokeni[sz]\w*|key_?prefix|key_?name|key_?id)(?:_.*)?(?<!access_key_id)"
    r"|.*(?:token|key|secret|password)_(?:expiry|expire|expiration|timeout|ttl|enable|enabled|length|max|type)\w*"
    r"|(?:enable|allow)_.*|.*_(?:enabled?|file|path|dir|sock|host|port|minutes|seconds|hours|days)"
    r"|(?:old)?pwd)"
)


def is_secret_name(name: str) -> bool:
    """Whether a variable, a setting or a parameter of this name holds what nobody else may see."""
    return bool(_PARTS.search(name) or _WORDS.search(name)) and _PLAIN.fullmatch(name) is None
