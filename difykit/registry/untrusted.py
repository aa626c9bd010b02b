"""What comes from a registry before it is believed: JSON that is what it must be, or a reason why it is not. Pure.

Everything else may rely on it: a manifest that came through has descriptors with digests and sizes, a configuration has
labels that are texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
DOCKER_IMAGE = "application/vnd.docker.distribution.manifest.v2+json"
TYPES = (INDEX, DOCKER_INDEX, IMAGE, DOCKER_IMAGE)
_INDEXES = {INDEX, DOCKER_INDEX}
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MOST = 1000  # entries of an index, layers of an image: an engine takes 127 layers, an index has some ten entries
_LARGEST = 1 << 40  # bytes of a layer


class Unfit(Exception):
    """Why it is not what it should be."""


def read_json(body: bytes) -> dict[str, Any]:
    """A mapping. Raises Unfit for what is none, has a key twice, a number that JSON has not, or half a letter."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise Unfit("it is nested without an end") from None
    except UnicodeError:
        raise Unfit("it is not in UTF-8") from None
    except ValueError:
        page = body[:200].lstrip().lower().startswith(b"<")
        raise Unfit("it is a web page" if page else "it is not JSON") from None
    if not isinstance(value, dict):
        raise Unfit("it is no mapping")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise Unfit("a key is there twice")
    return document


def _no_number(_: str) -> Any:
    raise Unfit("it has a number that is none")


def kind_of(value: Mapping[str, Any], content_type: str) -> str:
    """The media type of a manifest whose answer said `content_type`. Raises Unfit for what is no image and no index."""
    if value.get("schemaVersion") != 2 or value["schemaVersion"] is True:
        raise Unfit("it does not say that it is a manifest (schemaVersion 2)")
    written = value.get("mediaType")
    if written is not None and written not in TYPES:
        raise Unfit("it says that it is neither an image nor an index of images (mediaType)")
    listed, single = "manifests" in value, "layers" in value or "config" in value
    if listed == single:
        raise Unfit("it is an image and an index at once" if listed else "it is neither an image nor an index")
    kind = str(written or (content_type if content_type in TYPES else INDEX if listed else IMAGE))
    if (kind in _INDEXES) != listed or (content_type in TYPES and content_type != kind):
        raise Unfit("it says of itself that it is something else than it is (mediaType)")
    _check_index(value) if listed else _check_image(value)
    return kind


def _check_index(value: Mapping[str, Any]) -> None:
    for entry in _many(value["manifests"], "manifests"):
        _check_descriptor(entry, "an entry")
        platform = entry.get("platform")
        if platform is not None and not isinstance(platform, dict):
            raise Unfit("an entry has no platform as it should be")
        for key in ("os", "architecture", "variant"):
            if not _is_text((platform or {}).get(key)):
                raise Unfit("an entry has no platform as it should be")


def _check_image(value: Mapping[str, Any]) -> None:
    _check_descriptor(value.get("config"), "the configuration")
    for layer in _many(value.get("layers"), "layers"):
        _check_descriptor(layer, "a layer")


def _many(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Unfit(f"its {name} are no list")
    if len(value) > _MOST:
        raise Unfit(f"it has {len(value)} {name}, and {_MOST} are the most")
    return value


def _check_descriptor(value: Any, name: str) -> None:
    if not isinstance(value, dict):
        raise Unfit(f"{name} is not described")
    digest, size, kind = value.get("digest"), value.get("size"), value.get("mediaType")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise Unfit(f"{name} has no digest (sha256: and 64 hex digits)")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= _LARGEST:
        raise Unfit(f"{name} has no size")
    if not _is_text(kind):
        raise Unfit(f"{name} has a mediaType that is no text")
    _check_texts(value.get("annotations"), f"the annotations of {name}")


def configuration(body: bytes) -> dict[str, Any]:
    """The configuration of an image. Raises Unfit for what is none."""
    value = read_json(body)
    if not all(_is_text(value.get(key)) for key in ("os", "architecture", "variant")):
        raise Unfit("its platform is no text")
    inner, root, history = value.get("config"), value.get("rootfs"), value.get("history")
    if not (inner is None or isinstance(inner, dict)):
        raise Unfit("its config is no mapping")
    _check_texts((inner or {}).get("Labels"), "its labels")
    if root is not None and not (isinstance(root, dict) and _are_texts(root.get("diff_ids"))):
        raise Unfit("its layers are no texts (rootfs)")
    if not _are_texts((inner or {}).get("Env")):
        raise Unfit("its environment is no list of texts")
    if not (history is None or (isinstance(history, list) and all(isinstance(step, dict) for step in history))):
        raise Unfit("its history is no list of steps")
    return value


def _check_texts(value: Any, name: str) -> None:
    if value is not None and not (isinstance(value, dict) and all(isinstance(text, str) for text in value.values())):
        raise Unfit(f"{name} are no texts")


def _is_text(value: Any) -> bool:
    """A text, or nothing."""
    return value is None or isinstance(value, str)


def _are_texts(value: Any) -> bool:
    """A list of texts, or nothing."""
    return value is None or (isinstance(value, list) and all(isinstance(text, str) for text in value))
