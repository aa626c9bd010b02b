"""The frame of a self-contained page: its own policy forbids the browser to ask for anything."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from pathlib import Path

from difykit.core import files
from difykit.porting.pages.text import plain

_HERE = Path(__file__).resolve().parent


def style_of(*names: str) -> str:
    """The style sheets of these names as one."""
    return "".join(files.read_text(_HERE / name) for name in names)


def sheet(title: str, style: str, body: Iterable[str], script: str = "") -> str:
    """A whole page. Only this style and this script run in it, by their digests."""
    policy = f"default-src 'none'; style-src '{_digest(style)}'"
    policy += f"; script-src '{_digest(script)}'" if script else ""
    policy += "; base-uri 'none'; form-action 'none'"
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{in_html(title)}</title>",
        f"<style>{style}</style>\n</head>\n<body>",
        *body,
        f"<script>{script}</script>\n</body>\n</html>\n" if script else "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def in_html(text: str) -> str:
    """Text as it may stand anywhere in a page: escaped, and without secrets."""
    return escape(plain(text), quote=True)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
