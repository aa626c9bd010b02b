"""Putting in what is attested of images: what there is already is looked up, the rest is made and sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from difykit.core.progress import Progress
from difykit.images.publish.attestation import PROVENANCE, SBOM, attestation, attesting, kinds_in, statement, subjects
from difykit.images.publish.platforms import Entries, Place
from difykit.images.publish.provenance import provenance
from difykit.images.publish.sbom import sbom
from difykit.registry import IMAGE, Held, digest_of, upload


def attested_kinds(location: Place, attachments: Iterable[Mapping[str, Any]]) -> Mapping[str, frozenset[str]]:
    """What a registry has attested of images, by their digests: provenance, sbom."""
    kinds: dict[str, frozenset[str]] = defaultdict(frozenset)
    for digest, image_digest in subjects(attachments):
        manifest = location.registry.manifest(location.repository, digest)
        kinds[image_digest] |= kinds_in(manifest.value) if manifest else frozenset()
    return kinds


def lacking(
    entries: Entries, kinds: Iterable[str], attested: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is not attested yet, by the digests of images."""
    requested = tuple(kinds)
    for entry in entries.values():
        digest = str(entry["digest"])
        if missing := tuple(kind for kind in requested if kind not in attested.get(digest, ())):
            yield digest, missing


def attest(
    location: Place, requested: Mapping[str, Iterable[str]], progress: Progress, on_bytes: Callable[[int], None]
) -> Iterator[Mapping[str, Any]]:
    """Put in what is to be attested of images, by their digests: the entries for the index.

    Raises DifyKitError when the list of what is in an image cannot be made.
    """
    for digest, kinds in requested.items():
        statements = [_statement_of(location, digest, kind, progress) for kind in kinds]
        body, config = attestation(statements)
        manifest = Held.of(body, IMAGE)
        for blob in (*(text for _, text in statements), config):
            upload(location.registry, location.repository, digest_of(blob), [blob], on_bytes)
        location.registry.put(location.repository, manifest.digest, manifest)
        yield attesting(body, digest)


def _statement_of(location: Place, digest: str, kind: str, progress: Progress) -> tuple[str, bytes]:
    if kind == "sbom":
        document = sbom(location.registry.name, location.repository, digest, progress)
        return SBOM, statement(location.repository, digest, SBOM, document)
    _, image = location.described(digest)
    labels = (image.config.get("config") or {}).get("Labels") or {}
    return PROVENANCE, statement(location.repository, digest, PROVENANCE, provenance(labels))
