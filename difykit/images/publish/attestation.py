"""What is attested of an image, beside it in its index: in in-toto's form, where BuildKit's tools look for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from difykit.core import redact
from difykit.registry import CONFIG, IMAGE, as_json, described, digest_of

PROVENANCE = "https://slsa.dev/provenance/v1"
SBOM = "https://spdx.dev/Document"
_KINDS = {"provenance": "https://slsa.dev/provenance/", "sbom": SBOM}
"""What predicate types begin with; BuildKit writes another version of SLSA's."""
_STATEMENT = "application/vnd.in-toto+json"
_PREDICATE = "in-toto.io/predicate-type"
_OF = "vnd.docker.reference.digest"
_TYPE = "vnd.docker.reference.type"


def statement(repository: str, digest: str, predicate_type: str, predicate: Mapping[str, Any]) -> bytes:
    """What is said of the image of this digest."""
    kind, _, value = digest.partition(":")
    return as_json(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": repository, "digest": {kind: value}}],
            "predicateType": predicate_type,
            "predicate": redact.tree(predicate, _published),
        }
    )


def _published(text: str) -> str:
    """A text of an image's papers: the same for whoever makes them, so nothing but its own form counts."""
    return redact.without_logins(text, passed={"bare"})


def attestation(statements: Sequence[tuple[str, bytes]]) -> tuple[bytes, bytes]:
    """The manifest that carries statements, each after its predicate type; and its configuration."""
    rootfs = {"type": "layers", "diff_ids": [digest_of(body) for _, body in statements]}
    config = as_json({"architecture": "unknown", "os": "unknown", "config": {}, "rootfs": rootfs})
    layers = [{**_described(_STATEMENT, body), "annotations": {_PREDICATE: kind}} for kind, body in statements]
    parts = {"config": _described(CONFIG, config), "layers": layers}
    return as_json({"schemaVersion": 2, "mediaType": IMAGE, **parts}), config


def attesting(manifest: bytes, digest: str) -> dict[str, Any]:
    """The entry of an index for what attests an image."""
    platform = {"os": "unknown", "architecture": "unknown"}
    annotations = {_OF: digest, _TYPE: "attestation-manifest"}
    return {**_described(IMAGE, manifest), "annotations": annotations, "platform": platform}


def subjects(entries: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The digests in entries of an index: of what attests an image, and of the image."""
    for entry in entries:
        notes = entry.get("annotations") or {}
        if notes.get(_TYPE) == "attestation-manifest":
            yield str(entry["digest"]), str(notes.get(_OF, ""))


def kinds_in(manifest: Mapping[str, Any]) -> frozenset[str]:
    """What a manifest attests: provenance, sbom."""
    types = [str((layer.get("annotations") or {}).get(_PREDICATE, "")) for layer in manifest.get("layers") or ()]
    return frozenset(kind for kind, start in _KINDS.items() if any(predicate.startswith(start) for predicate in types))


def _described(kind: str, content: bytes) -> dict[str, Any]:
    return described(kind, digest_of(content), len(content))
