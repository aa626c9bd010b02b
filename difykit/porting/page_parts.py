"""What the pages of an upgrade are made of: their style sheets, and text that may stand in them."""

from __future__ import annotations

from html import escape
from pathlib import Path

from difykit.core import files
from difykit.porting.pages.text import plain

_HERE = Path(__file__).resolve().parent


def style_of(*names: str) -> str:
    """The style sheets of these names as one."""
    return "".join(files.read_text(_HERE / name) for name in names)


def in_html(text: str) -> str:
    """Text as it may stand anywhere in a page: escaped, and without secrets."""
    return escape(plain(text), quote=True)
