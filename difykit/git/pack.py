"""A release as one file of git objects: out of a store, and into another that has no way to the upstream."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator

from difykit.core import files
from difykit.core.errors import CommandFailed, DifyKitError
from difykit.git.command import git
from difykit.git.store import Store, release_ref

_KINDS = {"commit": 1, "tree": 2, "blob": 3}


def pack_release(store: Store, commit: str) -> bytes:
    """A commit with all its files and none of its history, packed: the same commit, the same bytes.

    Written here, since git orders and compresses a pack by how the store happens to have its objects.
    """
    words = ["--objects", "--no-walk", "--no-object-names"]
    listed = sorted(set(git("rev-list", *words, commit, git_dir=store.path).text.split()))
    raw = git(
        "cat-file", "--batch", "--buffer", git_dir=store.path, stdin="".join(f"{oid}\n" for oid in listed).encode()
    )
    parts = [b"PACK" + struct.pack(">II", 2, len(listed)), *_packed(raw.stdout)]
    return b"".join([*parts, hashlib.sha1(b"".join(parts), usedforsecurity=False).digest()])


def _packed(raw: bytes) -> Iterator[bytes]:
    """What `cat-file --batch` says, object by object, as a pack has it (gitformat-pack)."""
    position = 0
    while position < len(raw):
        end = raw.index(b"\n", position)
        _, kind, size = raw[position:end].decode("ascii").split(" ")
        content = raw[end + 1 : end + 1 + int(size)]
        position = end + 2 + int(size)
        size_left = int(size) >> 4
        head = [_KINDS[kind] << 4 | int(size) & 15]
        while size_left:
            head[-1] |= 128
            head.append(size_left & 127)
            size_left >>= 7
        yield bytes(head) + zlib.compress(content, 6)


def unpack_release(store: Store, ref: str, commit: str, pack: bytes) -> None:
    """Take a packed release into a store, as if it had been fetched as `ref`; one that is there stays.

    Raises DifyKitError when the pack does not hold the commit whole.
    """
    store.ensure()
    if store.release(ref) != commit:
        try:
            git("index-pack", "--stdin", git_dir=store.path, stdin=pack)
            _cut(store, commit)
            git("rev-list", "--objects", "--quiet", commit, git_dir=store.path)  # fails where an object is missing
        except CommandFailed as error:
            raise DifyKitError(
                f"the bundle does not hold Dify {ref} whole: {error.output.splitlines()[-1:]}",
                hint="carry it over anew",
            ) from error
        git("update-ref", release_ref(ref), commit, git_dir=store.path)


def _cut(store: Store, commit: str) -> None:
    """Note that the commit's parents are not here, as a fetch of one commit does."""
    head = git("cat-file", "commit", commit, git_dir=store.path).stdout.partition(b"\n\n")[0]
    if any(line.startswith(b"parent ") for line in head.splitlines()):
        shallow_file = store.path / "shallow"
        shallow_commits = (
            files.read_text(shallow_file, encoding="ascii", limit=files.STATE).split() if shallow_file.is_file() else []
        )
        files.write(shallow_file, "".join(f"{oid}\n" for oid in sorted({*shallow_commits, commit})))
