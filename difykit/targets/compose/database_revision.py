"""Where a database is, by its migrations: Dify's own and each overlay's; and which releases it is good for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from difykit.release.render import Manifest

# What the program says that runs the migrations: difykit/source/migrations/migrate.py.txt.
_BEGINS = "difykit: migrations begin"
_AT = "difykit: the database is at "
# Compose puts the container's name before each line.
_CONTAINER = re.compile(r"^\S+ +\| ?")


@dataclass(frozen=True)
class Heads:
    """The heads of Dify's chain, () where they are not known, and of the chains of overlays by their names."""

    dify: tuple[str, ...]
    overlays: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, folder: Path) -> Heads:
        """Where the release in `folder` leaves the database."""
        manifest = Manifest.read(folder)
        return cls(manifest.migrations, manifest.overlay_migrations) if manifest else cls((), {})

    def same_dify(self, heads: Heads) -> bool:
        """Whether Dify's own tables are the same; what is unknown is taken for different."""
        return bool(self.dify) and self.dify == heads.dify

    def changed_by(self, new: Heads) -> bool:
        """Whether a release that wants `new` changes a database that is here."""
        return not self.same_dify(new) or any(self.overlays.get(name) != heads for name, heads in new.overlays.items())

    def serves_at(self, current: Heads) -> bool:
        """Whether a release that left the database here works with one that is at `current`.

        Tables of overlays that it does not have are no concern of its.
        """
        return self.same_dify(current) and all(
            current.overlays.get(name, heads) == heads for name, heads in self.overlays.items()
        )


def heads_in_log(lines: Iterable[str]) -> Heads | None:
    """Where the database is by the log of the last migrations; None where they were cut off before they said it."""
    last_heads: Heads | None = None
    for line in lines:
        if line.endswith(_BEGINS):
            last_heads = None
        elif _AT in line:
            last_heads = _read(line.partition(_AT)[2])
    return last_heads


def _read(text: str) -> Heads | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    chains = {str(name): tuple(map(str, heads)) for name, heads in value.items()} if isinstance(value, dict) else {}
    return Heads(chains.pop("", ()), chains)


def reason(lines: Iterable[str]) -> str:
    """Why migrations failed, by their log: the line that names the overlay, the migration and the error."""
    plain = (_CONTAINER.sub("", line).strip() for line in lines)
    reasons = [line for line in plain if line and _AT not in line]
    named = [line for line in reasons if line.startswith(("overlay ", "Dify: "))]
    return (named or reasons or ["they said nothing"])[-1]
