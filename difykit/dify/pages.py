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

_COMPONENT = re.compile(r"(?:page|layout|template|loading|error|global-error|not-found|default)\.[jt]sx?")
_ALIAS = re.compile(r"~?@/")
"""What an import in web's code begins with that names a file by its path in `web/`; in every release's tsconfig."""
_CODE = ("ts", "tsx", "d.ts", "js", "jsx", "mjs", "cjs", "mts", "json")

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


def same_addresses(paths: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of files that Next.js does not build together, since they make one address; in the order of the paths."""
    owners: dict[Segments, str] = {}
    pairs = []
    for path in sorted(paths):
        *folders, name = path.removeprefix(f"{layout.PAGES}/").split("/")
        segments = _segments(folders) if path.startswith(f"{layout.PAGES}/") and _PAGE.fullmatch(name) else None
        if segments is not None and not any(folder.startswith("@") for folder in folders):
            other = owners.setdefault(tuple(map(_nameless, segments)), path)
            pairs += [(path, other)] if other != path else []
    return pairs


def other_names(paths: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of files whose addresses call one variable part by two names, which Next.js does not take."""
    names: dict[Segments, tuple[str, str]] = {}
    pairs: dict[tuple[str, str], None] = {}
    for path in sorted(paths):
        *folders, name = path.removeprefix(f"{layout.PAGES}/").split("/")
        segments = _segments(folders) if path.startswith(f"{layout.PAGES}/") and _PAGE.fullmatch(name) else None
        for count, segment in enumerate(segments or (), start=1):
            if is_any(segment):
                key = tuple(map(_nameless, (segments or ())[:count]))
                called, other = names.setdefault(key, (segment, path))
                if called != segment:
                    pairs[path, other] = None
    return [*pairs]


def needs_default(path: str, paths: Iterable[str]) -> bool:
    """Whether Next.js takes a component out of a file by its name, which is the file's default export.

    `paths` are those in its folder and below: where none of them is a page, the name of a `loading.tsx` says nothing.
    """
    name = path.rpartition("/")[2]
    if not path.startswith(f"{layout.PAGES}/") or not _COMPONENT.fullmatch(name):
        return False
    return name.startswith(("page.", "layout.")) or any(_PAGE.fullmatch(other.rpartition("/")[2]) for other in paths)


def imported_paths(path: str, name: str) -> list[str]:
    """Where a file may be that the one at `path` in the tree imports by this name; none for what a package brings."""
    folder = [*path.split("/")[:-1]]
    bare = name.partition("?")[0]
    if match := _ALIAS.match(bare):
        folder, bare = [layout.WEB], bare[match.end() :]
    elif bare not in {".", ".."} and not bare.startswith(("./", "../")):
        return []
    for part in bare.split("/"):
        if part == "..":
            folder = folder[:-1]
        elif part not in {"", "."}:
            folder.append(part)
    base = "/".join(folder)
    stem = re.sub(r"\.[mc]?jsx?$", "", base)  # TypeScript finds a `.ts` by the name of the `.js` that it becomes
    bases = dict.fromkeys((base, stem))
    return [base, *(f"{name}{between}.{ending}" for name in bases for between in ("", "/index") for ending in _CODE)]


def _nameless(segment: str) -> str:
    return re.sub(r"[^\[\].]+", "", segment) if is_any(segment) else segment


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
