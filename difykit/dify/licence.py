"""What Dify's licence reserves in its frontend: the logo, and the copyright notice. Below `web/`, nowhere else."""

from __future__ import annotations

import re
from collections import Counter

from difykit.dify import layout

CLAUSE = (
    "Dify's licence, 1b: whoever uses Dify's frontend may not remove or change the logo or the copyright"
    " notice in its console and applications"
)
_TEST = re.compile(r"(?:^|/)__(?:tests|mocks)__/|\.(?:spec|test)\.[jt]sx?$|\.stories\.[jt]sx?$")
_NOTICE = re.compile(rb"LangGenius, Inc|\xc2\xa9|&copy;")
_SHOWN = re.compile(rb"<(?:DifyLogo|LogoSite|LogoEmbeddedChat\w+)\b|/logo/logo[\w.@-]*")


def reserved(path: str, old: bytes | None, new: bytes | None) -> str:
    """What of it a change of a file takes away or alters, as the end of a sentence; "" for nothing."""
    if old is None or old == new or not path.startswith(f"{layout.WEB}/") or _TEST.search(path):
        return ""
    if path.startswith(layout.LOGOS):
        return "removes Dify's logo" if new is None else "changes Dify's logo"
    if _notices(old) - _notices(new or b""):
        return "removes or changes a copyright notice"
    if _SHOWN.search(old) and len(_SHOWN.findall(new or b"")) < len(_SHOWN.findall(old)):
        return "shows Dify's logo no longer in a place"
    return ""


def _notices(content: bytes) -> Counter[bytes]:
    lines = (b" ".join(line.split()) for line in content.split(b"\n") if _NOTICE.search(line))
    return Counter(line for line in lines if not line.startswith((b"//", b"*", b"/*")))
