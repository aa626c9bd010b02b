"""Which overlays bring migrations, where they are, and what their version tables are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from difykit.workspace.workspace import Overlay


@dataclass(frozen=True)
class OverlayMigrations:
    """An overlay's migrations."""

    overlay: Overlay
    path: str
    """Their folder in the source."""
    table: str
    """The table of the database that says how far they have come."""


def own_migrations(overlays: Sequence[Overlay]) -> tuple[OverlayMigrations, ...]:
    """The migrations of those overlays that have any, in the order in which they run."""
    pairs = ((overlay, overlay.manifest.api.migrations) for overlay in overlays)
    return tuple(
        OverlayMigrations(overlay, f"api/{declared.folder}", declared.version_table(overlay.name))
        for overlay, declared in pairs
        if declared
    )


def source_of(overlay: Overlay, path: str) -> str:
    """The overlay's file that is laid at `path`, as messages call it; "" when it has none. A later tree wins."""
    for entry in reversed(overlay.manifest.trees):
        if (overlay.folder / entry.source / path).is_file():
            return f"overlays/{overlay.name}/{entry.source}/{path}"
    return ""
