"""Which Dify a ref is, by the ref or by what the release says of itself."""

from __future__ import annotations

import json
import re

from packaging.version import InvalidVersion, Version

from difykit.dify import layout
from difykit.git import Store


def release_version(ref: str, store: Store, base: str | None) -> Version | None:
    """The Dify version behind a ref: the ref itself when it is one.

    Else what its web says of itself, marked `+commit`: main keeps the number of the release before it, and is more.
    """
    try:
        return _version(ref)
    except InvalidVersion:
        blob = store.tree(base).read(layout.WEB_PACKAGE) if base else None
        try:
            return Version(f"{_version(json.loads(blob[1])['version']).public}+commit") if blob else None
        except (ValueError, LookupError, TypeError, RecursionError):
            return None


def _version(text: str) -> Version:
    """Dify's `1.10.1-fix.1` and `0.9.1-fix1` come after 1.10.1 and 0.9.1, which PEP 440 calls a post release."""
    return Version(re.sub(r"-fix\.?(\d+)$", r".post\1", text))
