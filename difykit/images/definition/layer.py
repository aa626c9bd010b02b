"""The layer's files as one tar whose bytes depend on their content alone.

A tar and not a folder: `COPY --link --chown` gives every folder on the way the same owner and mode 755, which changed
`/app` when tried; in a tar each keeps what the official image has.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterable
from posixpath import dirname

from difykit.docker import FileInImage
from difykit.images.definition.choice import LayerFile

Look = Callable[[str], FileInImage | None]

# Not 1970: a zip made of such files refuses dates before 1980.
_MTIME = 946_684_800


def pack(landings: Iterable[LayerFile], read: Callable[[str], bytes], look: Look) -> bytes:
    """The tar that puts the files at their places; owner and mode are those of what they replace, else of its folder.

    `read` gives a blob's content, `look` what the official image has at a path.
    """
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        folders: set[str] = set()
        for landing in sorted(landings, key=lambda landing: landing.dest):
            for folder in _above(landing.dest):
                if folder not in folders:
                    folders.add(folder)
                    archive.addfile(_folder(folder, look))
            content = read(landing.oid)
            member = _member(landing, content, look)
            archive.addfile(member, io.BytesIO(content) if member.isreg() else None)
    return raw.getvalue()


def _above(path: str) -> list[str]:
    parts = path.strip("/").split("/")[:-1]
    return ["/" + "/".join(parts[: count + 1]) for count in range(len(parts))]


def _entry(path: str, uid: int, gid: int, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path.lstrip("/"))
    member.uid, member.gid, member.mode, member.mtime = uid, gid, mode, _MTIME
    return member


def _folder(path: str, look: Look) -> tarfile.TarInfo:
    existing = look(path)
    if existing and existing.kind == "folder":
        member = _entry(path, existing.uid, existing.gid, existing.mode)
    else:
        member = _entry(path, *_owner(path, look), 0o755)
    member.type = tarfile.DIRTYPE
    return member


def _member(landing: LayerFile, content: bytes, look: Look) -> tarfile.TarInfo:
    existing = look(landing.dest)
    if landing.mode == "120000":
        member = _entry(landing.dest, *_owner(landing.dest, look), 0o777)
        member.type, member.linkname = tarfile.SYMTYPE, content.decode("utf-8", "surrogateescape")
        return member
    member = _entry(landing.dest, *_owner(landing.dest, look), _mode(landing, existing))
    member.size = len(content)
    return member


def _mode(landing: LayerFile, existing: FileInImage | None) -> int:
    if landing.chmod:
        return int(landing.chmod, 8)
    runs = landing.mode == "100755"
    if existing and existing.kind == "file" and bool(existing.mode & 0o100) == runs:
        return existing.mode
    return 0o755 if runs else 0o644


def _owner(path: str, look: Look) -> tuple[int, int]:
    """The owner of what is at `path`, else of the nearest folder above it that the image has."""
    while path != "/":
        if existing := look(path):
            return existing.uid, existing.gid
        path = dirname(path)
    return 0, 0
