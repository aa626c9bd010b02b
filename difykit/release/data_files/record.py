"""What difykit put into a data folder, by digest: so a file that the user changed is told from one that nobody did.

It is kept with the data, since the same data may be used from another workspace. Nobody but the owner may read it: the
digest of a file with a short password in it could be found by trying.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from difykit.core import files
from difykit.core.errors import NotThere, Unreadable

NAME = ".difykit-files.json"


@dataclass(frozen=True)
class RecordedFile:
    """One file: what of it is difykit's doing."""

    put: tuple[str, ...] = ()
    """The digests of what difykit put there: two while one takes the place of the other, none for a file of the user's.
    """
    executable: bool | None = False
    """Whether difykit made it one that may be run; None while that changes."""
    offered: str = ""
    """The digest of the last version that the user was shown."""


@dataclass(frozen=True)
class DataRecord:
    """All of them, by path, and which of them a service that ran on has yet to read."""

    files: Mapping[str, RecordedFile] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()


def read_record(path: Path) -> DataRecord:
    """The record at `path`, an empty one where there is none. Raises Unreadable for what is no such record."""
    try:
        value = files.read_json(path)
    except NotThere:
        return DataRecord()
    if not isinstance(value, dict):
        why = "it is not what difykit writes there"
        raise Unreadable(path, why, hint=f"remove it: rm {path}; what is as a release has it is known all the same")
    recorded = value.get("files")
    rows = recorded.items() if isinstance(recorded, dict) else ()
    return DataRecord(
        {str(name): _recorded(row) for name, row in rows if isinstance(row, dict)},
        frozenset(_texts(value.get("unread"))),
    )


def write_record(path: Path, record: DataRecord) -> None:
    """Write the record, whole or not at all. Raises OSError."""
    rows = {
        name: {"put": list(row.put), "executable": row.executable, "offered": row.offered}
        for name, row in sorted(record.files.items())
    }
    text = json.dumps({"version": 1, "files": rows, "unread": sorted(record.unread)}, indent=1) + "\n"
    files.write(path, text, mode=0o600)


def _recorded(row: Mapping[str, Any]) -> RecordedFile:
    return RecordedFile(_texts(row.get("put")), _flag(row.get("executable")), str(row.get("offered") or ""))


def _flag(value: object) -> bool | None:
    return None if value is None else bool(value)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, Iterable) and not isinstance(value, str) else ()
