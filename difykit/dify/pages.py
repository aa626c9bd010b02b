"""The addresses that web answers, read from the paths of its files: pages of Next.js's app router, and public files.

Every release from 1.0.0 on has them in `web/app` and `web/public`. A part in brackets stands for any value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from difykit.dify import layout

FRAMEWORK = "/_next"
"""What Next.js serves itself, scripts and images among it; no file of Dify's names it."""

_ENDING = r"(?:[jt]sx?|mdx?)"
# What makes an address of a folder, and files that are an address of their own by their name.
_PAGE = re.compile(rf"(?:page|route)\.{_ENDING}")
_METADATA = (
    (re.compile(rf"robots\.{_ENDING}"), "robots.txt"),
    (re.compile(rf"sitemap\.{_ENDING}"), "sitemap.xml"),
    (re.compile(rf"manifest\.{_ENDING}"), "manifest.webmanifest"),
    (re.compile(r"favicon\.ico|robots\.txt|sitemap\.xml|manifest\.(?:json|webmanifest)|(?:apple-)?icon\d*\.\w+"), ""),
)
"""Files that are an address of their own in the root of the pages: by this name, or by the one that they have."""

Segments = tuple[str, ...]
"""An address without its slashes, part by part."""


def page_addresses(paths: Iterable[str]) -> dict[Segments, str]:
    """The addresses of web's pages among these paths of the tree, each with the file that makes it."""
    addresses: dict[Segments, str] = {}
    for path in paths:
        if path.startswith(f"{layout.PAGES}/"):
            *folders, name = path.removeprefix(f"{layout.PAGES}/").split("/")
            segments = _segments(folders)
            if segments is None:
                continue
            if _PAGE.fullmatch(name):
                addresses.setdefault(segments, path)
            elif not segments and (own := _metadata(name)):
                addresses[own,] = path
    return addresses


def file_addresses(paths: Iterable[str]) -> dict[Segments, str]:
    """The addresses of web's public files among these paths of the tree, each with its path."""
    top = f"{layout.PUBLIC}/"
    return {tuple(path.removeprefix(top).split("/")): path for path in paths if path.startswith(top)}


def is_any(segment: str) -> bool:
    """Whether a part of an address stands for any value."""
    return segment.startswith("[")


def is_rest(segment: str) -> bool:
    """Whether a part of an address stands for any number of parts."""
    return segment.startswith(("[...", "[[..."))


def _segments(folders: Iterable[str]) -> Segments | None:
    """The parts of an address that folders make; None where they make none: private and intercepting ones."""
    segments: list[str] = []
    for folder in folders:
        if folder.startswith("_") or re.match(r"\(\.+\)", folder):
            return None
        if not folder.startswith("@") and not (folder.startswith("(") and folder.endswith(")")):
            segments.append(folder)
    return tuple(segments)


def _metadata(name: str) -> str:
    """The address of a file that is one by its name, "" for any other."""
    return next((address or name for pattern, address in _METADATA if pattern.fullmatch(name)), "")
