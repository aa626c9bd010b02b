"""The image of another platform, from that platform's official image and what build put on this machine's: pure.

A layer of files is the same on every platform, so nothing has to run there: the other image is the other official one
with the same layers on top, and with the same changes of its configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from difykit.errors import DifyKitError
from difykit.registry import DOCKER_IMAGE, IMAGE, INDEX, as_json, digest_of, platform_of

# The same layer is called otherwise in the manifests of Docker and of OCI.
_LAYERS = {
    IMAGE: "application/vnd.oci.image.layer.v1.tar",
    DOCKER_IMAGE: "application/vnd.docker.image.rootfs.diff.tar",
}
_CONFIGURED = ("Labels", "Env")


@dataclass(frozen=True)
class Described:
    """An image as registries have it: its manifest and its configuration."""

    manifest: Mapping[str, Any]
    config: Mapping[str, Any]

    @property
    def platform(self) -> str:
        return platform_of(self.config)

    @property
    def layers(self) -> list[str]:
        return list((self.config.get("rootfs") or {}).get("diff_ids") or ())


@dataclass(frozen=True)
class Added:
    """A layer that build put on the official image."""

    descriptor: Mapping[str, Any]
    diff_id: str
    step: str
    """What made it, as the image's history has it."""

    @property
    def ran(self) -> bool:
        """Whether a program made it, and not a copy of files."""
        return not self.step.startswith(("ADD ", "COPY "))


def added(own: Described, base: Described, what: str) -> tuple[Added, ...]:
    """The layers that `own` has on top of `base`. Raises DifyKitError when it does not stand on it."""
    below = len(base.layers)
    if own.layers[:below] != base.layers:
        raise DifyKitError(
            f"{what} does not stand on the official image that difykit.lock has",
            hint="invoke build makes it on that one, or invoke lock.refresh takes the present one",
        )
    above = own.layers[below:]
    steps = [str(each.get("created_by", "")) for each in _new_history(own, base) if not each.get("empty_layer")]
    if len(steps) != len(above):
        steps = [""] * len(above)
    laid = own.manifest["layers"][below:]
    if len(laid) != len(above):
        raise DifyKitError(
            f"{what} has {len(own.manifest['layers'])} layers, and {len(own.layers)} by its configuration",
            hint="remove it in the registry, and publish again",
        )
    pairs = zip(laid, above, steps, strict=True)
    return tuple(Added(descriptor, diff_id, step) for descriptor, diff_id, step in pairs)


def grow(own: Described, base: Described, other: Described, layers: tuple[Added, ...]) -> tuple[bytes, bytes]:
    """The manifest and the configuration of the image for `other`'s platform; where nothing was changed, its own.

    Raises DifyKitError for a setting of the image that was changed and that the official images do not share.
    """
    config = _configured(own.config.get("config") or {}, base.config.get("config") or {}, other)
    history = [*(other.config.get("history") or ()), *_new_history(own, base)]
    rootfs = {**(other.config.get("rootfs") or {}), "diff_ids": [*other.layers, *(each.diff_id for each in layers)]}
    made = {**other.config, "config": config, "history": history, "rootfs": rootfs}
    if "created" in own.config:
        made["created"] = own.config["created"]
    body = as_json(made)
    kind = str(other.manifest["mediaType"])
    laid = [_renamed(each.descriptor, kind) for each in layers]
    entry = {**other.manifest["config"], "digest": digest_of(body), "size": len(body)}
    manifest = {**other.manifest, "config": entry, "layers": [*other.manifest["layers"], *laid]}
    return as_json(manifest), body


def unchanged(own: Described, base: Described) -> bool:
    """Whether it is the official image itself."""
    return own.layers == base.layers and own.config.get("config") == base.config.get("config")


def _new_history(own: Described, base: Described) -> list[Mapping[str, Any]]:
    return list((own.config.get("history") or [])[len(base.config.get("history") or []) :])


def _configured(own: Mapping[str, Any], base: Mapping[str, Any], other: Described) -> dict[str, Any]:
    theirs = dict(other.config.get("config") or {})
    for key in sorted({*own, *base}):
        mine, before, there = own.get(key) or None, base.get(key) or None, theirs.get(key) or None
        if mine == before:
            continue
        if key in _CONFIGURED:
            theirs[key] = _listed(key, _named(mine), _named(before), _named(there))
        elif there in (before, mine):
            theirs[key] = own.get(key)
        else:
            raise DifyKitError(
                f"the image changes {key}, which is not the same in the official images for {other.platform} and for"
                " this machine",
                hint=f"leave {key} as it is in the template below images/",
            )
    return {key: value for key, value in theirs.items() if value is not None}


def _named(value: Any) -> dict[str, str]:
    """Labels as they are, an environment by its names."""
    return (
        dict(value or {})
        if not isinstance(value, list)
        else {key: text for key, _, text in (each.partition("=") for each in value)}
    )


def _listed(key: str, mine: Mapping[str, str], before: Mapping[str, str], there: Mapping[str, str]) -> Any:
    kept = {name: value for name, value in there.items() if name in mine or name not in before}
    found = kept | {name: value for name, value in mine.items() if before.get(name) != value}
    return found if key == "Labels" else [f"{name}={value}" for name, value in found.items()]


def _renamed(descriptor: Mapping[str, Any], kind: str) -> dict[str, Any]:
    said = str(descriptor.get("mediaType") or "")
    if not said:
        return dict(descriptor)
    packed = next((end for end in ("gzip", "zstd") if said.endswith(end)), "")
    sign = "." if "docker" in kind else "+"
    return {**descriptor, "mediaType": _LAYERS[kind] + (f"{sign}{packed}" if packed else "")}


def index(images: Mapping[str, Mapping[str, Any]], beside: tuple[Mapping[str, Any], ...] = ()) -> bytes:
    """The list of images, by platform; `beside` are entries that are no images."""
    entries = [dict(images[platform]) for platform in sorted(images)]
    return as_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [*entries, *map(dict, beside)]})
