"""The addresses of a source, all read from it: the gateway's locations, web's pages and files, api's blueprints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from difykit.core import files
from difykit.dify import blueprints, gateway, layout, pages
from difykit.git import Blob, Tree
from difykit.workspace.overlay_files import LaidFile, laid_files
from difykit.workspace.workspace import Overlay

# Locations that the gateway's own script writes into the template at its start, such as certbot's.
_WRITTEN = re.compile(r"location\s+(/[^\s{]*)\s*\{")


@dataclass(frozen=True)
class SourceAddress:
    """An address of Dify's, or of an overlay's: its parts, whose it is, and whether all below it belongs to it."""

    segments: tuple[str, ...]
    owner: str
    file: str = ""
    """The file of an overlay that makes it, as messages call it."""
    entire: bool = False

    @property
    def start(self) -> str:
        """What all of it begins with: the address up to its first part that stands for any value."""
        fixed = next((place for place, part in enumerate(self.segments) if pages.is_any(part)), len(self.segments))
        return "/" + "/".join(self.segments[:fixed])


@dataclass(frozen=True)
class Addresses:
    """All addresses of a source, by who answers."""

    locations: tuple[gateway.Location, ...]
    written: tuple[str, ...]
    """Locations that the gateway gets at its start."""
    web: tuple[SourceAddress, ...]
    api: tuple[SourceAddress, ...]


def read_addresses(tree: Tree, overlays: Iterable[Overlay] = ()) -> Addresses:
    """What the source in `tree` has, with what the overlays laid into it as theirs.

    A file that is not there or cannot be read gives no address.
    """
    owned = laid_files(overlays)
    template = _text(tree.read(gateway.TEMPLATE))
    scripts = [path for path in tree.under(gateway.FOLDER) if path.endswith(".sh")]
    written = [match[1] for path in scripts for match in _WRITTEN.finditer(_text(tree.read(path)))]
    return Addresses(
        gateway.parse(template), tuple(dict.fromkeys(written)), tuple(_web(tree, owned)), tuple(_api(tree))
    )


def _web(tree: Tree, owned: Mapping[str, LaidFile]) -> Iterator[SourceAddress]:
    yield SourceAddress(tuple(pages.FRAMEWORK.strip("/").split("/")), "Next.js's own files", entire=True)
    for segments, path in pages.page_addresses(tree.under(layout.PAGES)).items():
        if not segments or pages.is_any(segments[0]):
            continue  # it stands for every address, so any route would take it
        own = owned.get(path)
        yield SourceAddress(
            segments, f"a page of the overlay {own.overlay}" if own else "a page", own.label if own else ""
        )
    for segments in pages.file_addresses(tree.under(layout.PUBLIC)):
        yield SourceAddress(segments, "a file of web")


def _api(tree: Tree) -> Iterator[SourceAddress]:
    def module(name: str) -> str | None:
        path = f"{layout.API}/{name.replace('.', '/')}"
        blob = tree.read(f"{path}.py") or tree.read(f"{path}/__init__.py")
        return _text(blob) if blob else None

    for blueprint in blueprints.registered(_text(tree.read(layout.BLUEPRINTS)), module):
        if segments := _segments(blueprint.prefix):
            yield SourceAddress(segments, f"api's blueprint {blueprint.name}".rstrip(), entire=True)
    extensions = [path for path in tree.under(layout.EXTENSIONS) if path.endswith(".py")]
    tree.prefetch(extensions)
    for path in extensions:
        for rule in blueprints.rules(_text(tree.read(path))):
            yield SourceAddress(_segments(rule), "api itself")


def _segments(rule: str) -> tuple[str, ...]:
    """The parts of a rule of Flask's; a variable one is written as web writes it."""
    return tuple(re.sub(r"^<.*>$", "[…]", part) for part in rule.strip("/").split("/") if part)


def _text(blob: Blob | None) -> str:
    return files.as_text(blob[1]) if blob else ""
