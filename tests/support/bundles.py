"""Bundles of a few bytes, made without an engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from difykit.bundle import archive, layout
from difykit.bundle.contents import Content, entries
from difykit.bundle.layout import ImageLayout, made_manifest
from difykit.bundle.record import Record, Summary
from difykit.registry import IMAGE, digest_of

WORKSPACE = {
    "difykit.yaml": "version: 1\nupstream: {ref: 1.0.0}\n",
    "difykit.lock": "version: 1\n",
    "overlays/one/overlay.yaml": "version: 1\ndescription: one\n",
    "overlays/one/tree/api/one.py": "ONE = 1\n",
}


def image(reference: str, *layers: bytes) -> tuple[ImageLayout, dict[str, bytes]]:
    """An image with these layers, and all its blobs by digest."""
    config = b'{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":[],"type":"layers"},"of":"%s"}'
    made = config % reference.encode()
    parts = [(digest_of(each), len(each)) for each in layers]
    found = ImageLayout(reference, IMAGE, made_manifest((digest_of(made), len(made)), parts), "linux/amd64")
    return found, {digest_of(made): made, found.digest: found.manifest, **{digest_of(each): each for each in layers}}


def parts(workspace: Mapping[str, str] | None = None) -> tuple[Record, dict[str, Content]]:
    """The record of a small bundle, and its contents."""
    files = WORKSPACE if workspace is None else workspace
    made = [image("redis:6-alpine", b"base", b"redis"), image("dify-api-custom:1.0.0-abc", b"base", b"api" * 200)]
    layouts = [each for each, _ in made]
    blobs: dict[str, tuple[Content, int]] = {
        digest: (content, len(content)) for _, found in made for digest, content in found.items()
    }
    tops = {
        "index.json": layout.index(layouts),
        "manifest.json": layout.archive_manifest(layouts),
        "oci-layout": layout.OCI_LAYOUT,
    }
    own = {path: (path.endswith(".sh"), text.encode()) for path, text in files.items()}
    listed, contents = entries(blobs, tops, b"PACK", own, {"difykit-0.1.0-py3-none-any.whl": b"wheel"})
    record = Record(
        difykit="0.1.0",
        engine=1,
        name="ws",
        release="1.0.0",
        base="b" * 40,
        source="c" * 40,
        platform="linux/amd64",
        project="dify",
        images=tuple(each.bundled for each in layouts),
        custom=(),
        files=listed,
    )
    return record, contents


def bundle(place: Path, workspace: Mapping[str, str] | None = None) -> Summary:
    """Write a small bundle."""
    record, contents = parts(workspace)
    return archive.write(place, record, contents, lambda _: None)
