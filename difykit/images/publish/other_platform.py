"""The image of another platform, from that platform's official image and what build put on this machine's: pure.

A layer of files is the same on every platform, so nothing has to run there: the other image is the other official one
with the same layers on top, and with the same changes of its configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from difykit.core.errors import DifyKitError
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


def added(own: Described, base: Described, subject: str) -> tuple[Added, ...]:
    """The layers that `own` has on top of `base`. Raises DifyKitError when it does not stand on it."""
    below = len(base.layers)
    if own.layers[:below] != base.layers:
        raise DifyKitError(
            f"{subject} does not stand on the official image that difykit.lock has",
            hint="invoke build makes it on that one, or invoke lock.refresh takes the present one",
        )
    above = own.layers[below:]
    steps = [str(step.get("created_by", "")) for step in _new_history(own, base) if not step.get("empty_layer")]
    if len(steps) != len(above):
        steps = [""] * len(above)
    own_layers = own.manifest["layers"][below:]
    if len(own_layers) != len(above):
        raise DifyKitError(
            f"{subject} has {len(own.manifest['layers'])} layers, and {len(own.layers)} by its configuration",
            hint="remove it in the registry, and publish again",
        )
    pairs = zip(own_layers, above, steps, strict=True)
    return tuple(Added(descriptor, diff_id, step) for descriptor, diff_id, step in pairs)


def grow(own: Described, base: Described, official: Described, layers: tuple[Added, ...]) -> tuple[bytes, bytes]:
    """The manifest and the configuration of the image for `official`'s platform; where nothing was changed, its own.

    Raises DifyKitError for a setting of the image that was changed and that the official images do not share.
    """
    config = _configured(own.config.get("config") or {}, base.config.get("config") or {}, official)
    history = [*(official.config.get("history") or ()), *_new_history(own, base)]
    rootfs = {
        **(official.config.get("rootfs") or {}),
        "diff_ids": [*official.layers, *(layer.diff_id for layer in layers)],
    }
    document = {**official.config, "config": config, "history": history, "rootfs": rootfs}
    if "created" in own.config:
        document["created"] = own.config["created"]
    body = as_json(document)
    kind = str(official.manifest["mediaType"])
    descriptors = [_renamed(layer.descriptor, kind) for layer in layers]
    entry = {**official.manifest["config"], "digest": digest_of(body), "size": len(body)}
    manifest = {**official.manifest, "config": entry, "layers": [*official.manifest["layers"], *descriptors]}
    return as_json(manifest), body


def unchanged(own: Described, base: Described) -> bool:
    """Whether it is the official image itself."""
    return own.layers == base.layers and own.config.get("config") == base.config.get("config")


def _new_history(own: Described, base: Described) -> list[Mapping[str, Any]]:
    return list((own.config.get("history") or [])[len(base.config.get("history") or []) :])


def _configured(own: Mapping[str, Any], base: Mapping[str, Any], official: Described) -> dict[str, Any]:
    target_config = dict(official.config.get("config") or {})
    for key in sorted({*own, *base}):
        own_value, before, target_value = own.get(key) or None, base.get(key) or None, target_config.get(key) or None
        if own_value == before:
            continue
        if key in _CONFIGURED:
            target_config[key] = _listed(key, _named(own_value), _named(before), _named(target_value))
        elif target_value in (before, own_value):
            target_config[key] = own.get(key)
        else:
            raise DifyKitError(
                f"the image changes {key}, which is not the same in the official images for {official.platform} and for"
                " this machine",
                hint=f"leave {key} as it is in the template below images/",
            )
    return {key: value for key, value in target_config.items() if value is not None}


def _named(value: Any) -> dict[str, str]:
    """Labels as they are, an environment by its names."""
    return (
        dict(value or {})
        if not isinstance(value, list)
        else {key: text for key, _, text in (assignment.partition("=") for assignment in value)}
    )


def _listed(
    key: str, own_values: Mapping[str, str], before: Mapping[str, str], target_values: Mapping[str, str]
) -> Any:
    untouched = {name: value for name, value in target_values.items() if name in own_values or name not in before}
    merged = untouched | {name: value for name, value in own_values.items() if before.get(name) != value}
    return merged if key == "Labels" else [f"{name}={value}" for name, value in merged.items()]


def _renamed(descriptor: Mapping[str, Any], kind: str) -> dict[str, Any]:
    media_type = str(descriptor.get("mediaType") or "")
    if not media_type:
        return dict(descriptor)
    packed = next((end for end in ("gzip", "zstd") if media_type.endswith(end)), "")
    sign = "." if "docker" in kind else "+"
    return {**descriptor, "mediaType": _LAYERS[kind] + (f"{sign}{packed}" if packed else "")}


def index(images: Mapping[str, Mapping[str, Any]], attachments: tuple[Mapping[str, Any], ...] = ()) -> bytes:
    """The list of images, by platform; `attachments` are entries that are no images."""
    entries = [dict(images[platform]) for platform in sorted(images)]
    return as_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [*entries, *map(dict, attachments)]})
