"""The frame of a self-contained page: its own policy forbids the browser to ask for anything."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable


def sheet(title: str, style: str, body: Iterable[str], script: str = "", *, kind: str = "") -> str:
    """A whole page of parts that are HTML already. Only this style and this script run in it, by their digests.

    `kind` is the class of its body.
    """
    policy = f"default-src 'none'; style-src '{_digest(style)}'"
    policy += f"; script-src '{_digest(script)}'" if script else ""
    policy += "; base-uri 'none'; form-action 'none'"
    opening = f'<body class="{kind}">' if kind else "<body>"
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{title}</title>",
        f"<style>{style}</style>\n</head>\n{opening}",
        *body,
        f"<script>{script}</script>\n</body>\n</html>\n" if script else "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
