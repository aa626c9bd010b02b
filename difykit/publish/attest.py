"""Putting in what is attested of images: what there is already is looked up, the rest is made and sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from difykit.progress import Progress
from difykit.publish.attestation import PROVENANCE, SBOM, attestation, attesting, kinds_in, statement, subjects
from difykit.publish.platforms import Entries, Place
from difykit.publish.provenance import provenance
from difykit.publish.sbom import sbom
from difykit.registry import IMAGE, Held, digest_of, upload


def known(place: Place, beside: Iterable[Mapping[str, Any]]) -> Mapping[str, frozenset[str]]:
    """What a registry has attested of images, by their digests: provenance, sbom."""
    found: dict[str, frozenset[str]] = defaultdict(frozenset)
    for digest, of in subjects(beside):
        held = place.registry.manifest(place.repository, digest)
        found[of] |= kinds_in(held.value) if held else frozenset()
    return found


def lacking(
    there: Entries, kinds: Iterable[str], had: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is not attested yet, by the digests of images."""
    wanted = tuple(kinds)
    for each in there.values():
        digest = str(each["digest"])
        if missing := tuple(kind for kind in wanted if kind not in had.get(digest, ())):
            yield digest, missing


def attest(
    place: Place, wanted: Mapping[str, Iterable[str]], progress: Progress, on_bytes: Callable[[int], None]
) -> Iterator[Mapping[str, Any]]:
    """Put in what is to be attested of images, by their digests: the entries for the index.

    Raises DifyKitError when the list of what is in an image cannot be made.
    """
    for digest, kinds in wanted.items():
        said = [_said(place, digest, kind, progress) for kind in kinds]
        body, config = attestation(said)
        made = Held.of(body, IMAGE)
        for blob in (*(text for _, text in said), config):
            upload(place.registry, place.repository, digest_of(blob), [blob], on_bytes)
        place.registry.put(place.repository, made.digest, made)
        yield attesting(body, digest)


def _said(place: Place, digest: str, kind: str, progress: Progress) -> tuple[str, bytes]:
    if kind == "sbom":
        found = sbom(place.registry.name, place.repository, digest, progress)
        return SBOM, statement(place.repository, digest, SBOM, found)
    _, image = place.described(digest)
    labels = (image.config.get("config") or {}).get("Labels") or {}
    return PROVENANCE, statement(place.repository, digest, PROVENANCE, provenance(labels))
