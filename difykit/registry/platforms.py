"""Platforms as images and lists of images name them: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def platform_of(value: Mapping[str, Any]) -> str:
    """The platform that an image's configuration, or an entry of an index, names: such as linux/arm64."""
    named = (str(value.get(key) or "") for key in ("os", "architecture", "variant"))
    return plain_platform("/".join(filter(None, named)))


def plain_platform(platform: str) -> str:
    """`linux/arm64/v8` → `linux/arm64`: there is no other."""
    return platform.removesuffix("/v8") if platform.startswith("linux/arm64/") else platform
