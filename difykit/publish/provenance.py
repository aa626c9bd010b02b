"""Where an image comes from, as an attestation beside it in its index: in-toto's form, SLSA's words, BuildKit's place.

It says what the image's own labels say, and nothing of the machine and the day: the same image, the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from difykit.image import Origin
from difykit.publish.grow import as_json
from difykit.registry import IMAGE, digest_of

_CONFIG = "application/vnd.oci.image.config.v1+json"
_STATEMENT = "application/vnd.in-toto+json"
_PREDICATE = "https://slsa.dev/provenance/v1"
_OF = "vnd.docker.reference.digest"
_TYPE = "vnd.docker.reference.type"


def statement(repository: str, digest: str, labels: Mapping[str, str]) -> bytes:
    """What an image was made from, by its labels."""
    origin = Origin.of(labels)
    made_from: list[dict[str, Any]] = []
    if origin.commit:
        made_from.append({"uri": f"git+{origin.source}@{origin.ref}", "digest": {"gitCommit": origin.commit}})
    if origin.base:
        kind, _, value = origin.base_digest.partition(":")
        made_from.append({"uri": f"pkg:docker/{origin.base}", **({"digest": {kind: value}} if value else {})})
    parts = {"patches": list(origin.patches), "overlays": list(origin.overlays)}
    given = {"strategy": origin.strategy, **parts, "inputs": origin.inputs}
    kind, _, value = digest.partition(":")
    return as_json(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": repository, "digest": {kind: value}}],
            "predicateType": _PREDICATE,
            "predicate": {
                "buildDefinition": {
                    "buildType": "urn:difykit:image",
                    "externalParameters": given,
                    "resolvedDependencies": made_from,
                },
                "runDetails": {"builder": {"id": "urn:difykit"}},
            },
        }
    )


def attestation(said: bytes) -> tuple[bytes, bytes]:
    """The manifest that carries a statement, and its configuration."""
    rootfs = {"type": "layers", "diff_ids": [digest_of(said)]}
    config = as_json({"architecture": "unknown", "os": "unknown", "config": {}, "rootfs": rootfs})
    layer = {**_described(_STATEMENT, said), "annotations": {"in-toto.io/predicate-type": _PREDICATE}}
    parts = {"config": _described(_CONFIG, config), "layers": [layer]}
    return as_json({"schemaVersion": 2, "mediaType": IMAGE, **parts}), config


def attesting(manifest: bytes, digest: str) -> dict[str, Any]:
    """The entry of an index for what attests an image."""
    platform = {"os": "unknown", "architecture": "unknown"}
    annotations = {_OF: digest, _TYPE: "attestation-manifest"}
    return {**_described(IMAGE, manifest), "annotations": annotations, "platform": platform}


def attested(beside: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The digests of the images that such entries attest."""
    return frozenset(str((each.get("annotations") or {}).get(_OF, "")) for each in beside)


def _described(kind: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "digest": digest_of(content), "size": len(content)}
