"""Files out of an image, without running it."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from difykit.core.errors import DifyKitError
from difykit.docker.client import connect
from difykit.docker.containers import remove_labelled

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer
    from docker.models.containers import Container

_READING = "io.difykit.reading"


@dataclass(frozen=True)
class FileInImage:
    """A file, folder or link: its numeric owner, its permission bits, and a file's bytes or a link's target."""

    kind: str  # file, folder, link or other
    uid: int
    gid: int
    mode: int
    content: bytes = b""


class ImageFiles:
    """The file system of an image."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._known: dict[str, FileInImage | None] = {}

    def look(self, path: str) -> FileInImage | None:
        """What is at `path`, or None; each path is asked for once."""
        if path not in self._known:
            self._known[path] = self._look(path)
        return self._known[path]

    def _look(self, path: str) -> FileInImage | None:
        from docker.errors import APIError, NotFound  # noqa: PLC0415 - takes 0.13 s, which every command would pay

        try:
            chunks, _ = self._container.get_archive(path)
        except NotFound:
            return None
        except APIError as error:
            # "not a directory": a part of the path is a file.
            if "not a directory" in str(error).lower():
                return None
            raise DifyKitError(f"the engine cannot read {path} in an image: {error}", hint="docker info") from error
        except OSError as error:  # docker-py hands on what the connection says, in words for nobody
            raise _gone() from error
        try:
            with tarfile.open(fileobj=io.BufferedReader(_Chunks(chunks)), mode="r|") as archive:
                member = archive.next()
                return _described(archive, member) if member else None
        except (OSError, tarfile.TarError) as error:
            raise _gone() from error
        finally:
            cast("Generator[bytes]", chunks).close()


def forget_readers(owner: str) -> None:
    """Remove the containers that an `open_image` of this owner left when it was cut off."""
    remove_labelled(f"{_READING}={owner}")


def _gone() -> DifyKitError:
    return DifyKitError(
        "the Docker engine went away while an image was read",
        hint="see that it runs: docker info; then run the command again",
    )


def _described(archive: tarfile.TarFile, member: tarfile.TarInfo) -> FileInImage:
    kind, content = "other", b""
    if member.isdir():
        kind = "folder"
    elif member.issym():
        kind, content = "link", os.fsencode(member.linkname)
    elif member.isreg():
        kind = "file"
        handle = archive.extractfile(member)
        content = handle.read() if handle else b""
    return FileInImage(kind, member.uid, member.gid, member.mode & 0o7777, content)


class _Chunks(io.RawIOBase):
    """The engine's chunks as a file that can be read from start to end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        self._rest = self._rest or next(self._chunks, b"")
        room = memoryview(buffer)
        count = min(len(room), len(self._rest))
        room[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def has_platform(reference: str, platform: str, owner: str = "") -> bool:
    """Whether the engine has an image for this platform. Raises DifyKitError when the engine refuses to say."""
    from docker.errors import NotFound  # noqa: PLC0415 - takes 0.13 s, which every command would pay

    try:
        with open_image(reference, owner, platform):
            return True
    except DifyKitError as error:
        if isinstance(error.__cause__, NotFound):
            return False
        raise


@contextmanager
def open_image(reference: str, owner: str = "", platform: str = "") -> Iterator[ImageFiles]:
    """The files of an image that the engine has, by way of a container that is never started.

    `platform` names one of several that an image may be there for.
    It carries the `owner`'s name, so that `forget_readers` finds it when this process is killed.
    Raises DifyKitError when the engine refuses.
    """
    from docker.errors import DockerException  # noqa: PLC0415 - takes 0.13 s, which every command would pay

    try:
        client = connect()
        container = client.containers.create(
            reference,
            command=["never-run"],
            network_disabled=True,
            labels={_READING: owner},
            platform=platform or None,
        )
    except OSError as error:
        raise _gone() from error
    except DockerException as error:
        raise DifyKitError(f"the engine cannot open the image {reference}: {error}", hint="docker info") from error
    try:
        yield ImageFiles(container)
    finally:
        with suppress(DockerException, OSError):
            container.remove(force=True, v=True)
        client.close()
