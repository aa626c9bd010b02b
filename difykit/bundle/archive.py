"""The file itself: one tar, made so that every byte of it follows from the record, and read only if every byte does.

The record comes first and lists all else; the last entry is the record's own SHA-256, the seal. Headers and padding are
not believed: they are made anew from the record and compared.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from difykit.bundle.record import RECORD, SEAL, BundleEntry, Record, Summary, read_record
from difykit.core import files
from difykit.core.errors import DifyKitError, naming

_BLOCK = 512
_CHUNK = 4 << 20
_END = bytes(2 * _BLOCK)
_SEALED = 65  # 64 hex digits and a line feed
_LARGEST = 64 << 20  # of a record: some 200,000 files
OnBytes = Callable[[int], None]


@lru_cache(maxsize=4096)
def header(path: str, size: int, mode: int = 0o644) -> bytes:
    """The one header that an entry has: without owner and time."""
    info = tarfile.TarInfo(path)
    info.size, info.mode, info.mtime = size, mode, 0
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def padding(size: int) -> int:
    """The zeros after so many bytes."""
    return -size % _BLOCK


def size_of(record: Record) -> int:
    """The bytes of the whole file."""
    return _size(record, len(record.bytes()))


def _size(record: Record, raw: int) -> int:
    parts = [(RECORD, raw), *((entry.path, entry.size) for entry in record.files), (SEAL, _SEALED)]
    return sum(len(header(path, size)) + size + padding(size) for path, size in parts) + len(_END)


def write(target: Path, record: Record, contents: Mapping[str, Path | bytes], on_bytes: OnBytes) -> Summary:
    """Write a bundle under a name of its own beside `target`, then put it there: it is whole or not there.

    Raises DifyKitError when a content is not what the record says, OSError when the disk is full.
    """
    raw = record.bytes()
    seal = hashlib.sha256(raw).hexdigest()
    new = target.with_name(f".{target.name}.new")
    try:
        with naming(target), new.open("wb") as sink:
            _write_entry(sink, header(RECORD, len(raw)), raw)
            for entry in record.files:
                sink.write(header(entry.path, entry.size, entry.mode))
                _copy(contents[entry.path], entry, sink, on_bytes)
                sink.write(bytes(padding(entry.size)))
            _write_entry(sink, header(SEAL, _SEALED), f"{seal}\n".encode())
            sink.write(_END)
            size = sink.tell()
            sink.flush()
            os.fsync(sink.fileno())
        new.replace(target)
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)
    return Summary(record, size, f"sha256:{seal}")


def _write_entry(sink: IO[bytes], head: bytes, content: bytes) -> None:
    sink.write(head + content + bytes(padding(len(content))))


def _copy(content: Path | bytes, entry: BundleEntry, sink: IO[bytes], on_bytes: OnBytes) -> None:
    checksum = hashlib.sha256()
    for chunk in _chunks(content):
        checksum.update(chunk)
        sink.write(chunk)
        on_bytes(len(chunk))
    if checksum.hexdigest() != entry.sha256:
        raise DifyKitError(f"{entry.path} changed while the bundle was written", hint="run bundle.save again")


def _chunks(content: Path | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    yield from files.chunks(content)


@dataclass(frozen=True)
class Bundle:
    """A bundle whose every byte was seen to be right."""

    path: Path
    record: Record
    places: Mapping[str, int]
    """Where the content of each entry begins."""
    summary: Summary

    def chunks(self, path: str) -> Iterator[bytes]:
        """The content of an entry. Raises DifyKitError when the file was changed since it was looked at."""
        entry = next(entry for entry in self.record.files if entry.path == path)
        remaining, checksum = entry.size, hashlib.sha256()
        with files.opened(self.path) as source:
            source.seek(self.places[path])
            while remaining and (chunk := source.read(min(_CHUNK, remaining))):
                remaining -= len(chunk)
                checksum.update(chunk)
                yield chunk
        if checksum.hexdigest() != entry.sha256:
            raise _damaged(self.path, f"{path} was changed since it was looked at")

    def read(self, path: str) -> bytes:
        """The content of a small entry."""
        return b"".join(self.chunks(path))


def examine(path: Path, on_bytes: Callable[[int, int], None], *, seal: str = "") -> Bundle:
    """Look at every byte of a bundle; nothing else is touched. `on_bytes` hears how many of how many were seen.

    `seal` is what `save` said of it: a bundle that was made anew by somebody else has another one.
    Raises DifyKitError when a byte is not what it must be, and says where.
    """
    try:
        with files.opened(path) as source:
            return _Reader(path, source, on_bytes).bundle(seal)
    except FileNotFoundError:
        raise DifyKitError(f"there is no file {path}", hint="difykit bundle.save makes one") from None
    except OSError as error:
        raise DifyKitError(f"{path} cannot be read: {error.strerror}", hint="carry it over anew") from error


class _Reader:
    def __init__(self, path: Path, source: IO[bytes], on_bytes: Callable[[int, int], None]) -> None:
        self._path, self._source, self._on_bytes = path, source, on_bytes
        self._size = source.seek(0, 2)
        source.seek(0)

    def bundle(self, expected_seal: str) -> Bundle:
        raw = self._record()
        seal = self._seal()
        if hashlib.sha256(raw).hexdigest() != seal:
            raise self._wrong(f"{RECORD} or its seal was changed, or the file is not whole")
        if expected_seal and expected_seal.removeprefix("sha256:") != seal:
            raise DifyKitError(
                f"{self._path} has the seal sha256:{seal}, and not {expected_seal}: it is another bundle, or was made"
                " anew; nothing was touched",
                hint="compare with what bundle.save said",
            )
        record = read_record(raw)
        if _size(record, len(raw)) != self._size:
            raise self._resized(record)
        places = {entry.path: self._entry(entry) for entry in record.files}
        self._same(header(SEAL, _SEALED) + f"{seal}\n".encode() + bytes(padding(_SEALED)) + _END, SEAL)
        if raw != record.bytes():  # last: it takes as long as all else of a small bundle
            raise self._resized(record)
        return Bundle(self._path, record, places, Summary(record, self._size, f"sha256:{seal}"))

    def _record(self) -> bytes:
        head = self._source.read(_BLOCK)
        try:
            size = tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape").size
        except tarfile.TarError:
            size = -1
        if not 0 < size <= _LARGEST or head != header(RECORD, size):
            raise self._wrong("it does not begin as a bundle does")
        raw = self._source.read(size)
        self._same(bytes(padding(size)), RECORD)
        return raw

    def _seal(self) -> str:
        position = self._source.tell()
        end = len(_END) + _SEALED + padding(_SEALED)
        self._source.seek(max(position, self._size - end))
        text = self._source.read(_SEALED).decode("ascii", "replace")
        self._source.seek(position)
        return text.removesuffix("\n")

    def _entry(self, entry: BundleEntry) -> int:
        self._same(header(entry.path, entry.size, entry.mode), f"the header of {entry.path}")
        start, remaining, checksum = self._source.tell(), entry.size, hashlib.sha256()
        while remaining and (chunk := self._source.read(min(_CHUNK, remaining))):
            remaining -= len(chunk)
            checksum.update(chunk)
            self._on_bytes(self._source.tell(), self._size)
        if checksum.hexdigest() != entry.sha256:
            raise self._wrong(f"{entry.path} is not what it was")
        self._same(bytes(padding(entry.size)), f"the padding after {entry.path}")
        return start

    def _same(self, expected: bytes, part_name: str) -> None:
        if self._source.read(len(expected)) != expected:
            raise self._wrong(f"{part_name} is not what it was")

    def _resized(self, record: Record) -> DifyKitError:
        return self._wrong(f"it has {self._size} bytes and should have {size_of(record)}")

    def _wrong(self, why: str) -> DifyKitError:
        return _damaged(self._path, why)


def _damaged(path: Path, why: str) -> DifyKitError:
    return DifyKitError(
        f"{path} is damaged, cut off or no bundle: {why}; nothing was loaded",
        hint="carry it over anew; bundle.save says its size and its seal",
    )


def is_bundle(path: Path) -> bool:
    """Whether a file begins as a bundle does, be it whole or not."""
    with files.opened(path) as source:
        return source.read(_BLOCK).startswith(RECORD.encode() + b"\0")
