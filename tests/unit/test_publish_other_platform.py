"""The image of another platform as a value: what is taken from the official one, and what from this machine's."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import lzma
import random
import tarfile
from contextlib import nullcontext
from typing import Any

import pytest

from difykit.core.errors import DifyKitError
from difykit.images.publish import platforms
from difykit.images.publish.other_platform import Added, Described, added, grow, index, unchanged
from difykit.images.publish.platforms import Place, wanted_platforms
from difykit.registry import DOCKER_IMAGE as DOCKER
from difykit.registry import IMAGE as OCI
from difykit.registry import INDEX, Registry, entries_of, entry
from tests.support.misbehaving_registries import http, stranger


def image(processor: str, *layers: str, kind: str = OCI, steps: tuple[str, ...] = (), **config: Any) -> Described:
    return Described(
        {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": {"mediaType": "c", "digest": "sha256:old", "size": 1},
            "layers": [{"mediaType": f"{each}+gzip", "digest": f"sha256:{each}", "size": 5} for each in layers],
        },
        {
            "os": "linux",
            "architecture": processor,
            "config": config,
            "created": processor,
            "history": [{"created_by": "base"}, *({"created_by": step} for step in steps)],
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:raw-{each}" for each in layers]},
        },
    )


BASE = image("amd64", "a", Env=["PATH=/bin", "FOR=amd64"], User="1001")
OWN = image(
    "amd64",
    "a",
    "mine",
    steps=("ADD changed.tar / # buildkit",),
    Env=["PATH=/bin", "FOR=amd64", "NEW=1"],
    User="1001",
    Labels={"x": "y"},
)
OTHER = image("arm64", "b", "c", kind=DOCKER, Env=["PATH=/bin", "FOR=arm64"], User="1001", Labels={"of": "upstream"})


def test_the_other_platforms_own_settings_stay_and_the_changes_come() -> None:
    manifest, config = (json.loads(each) for each in grow(OWN, BASE, OTHER, added(OWN, BASE, "api")))
    assert config["config"]["Env"] == ["PATH=/bin", "FOR=arm64", "NEW=1"]
    assert config["config"]["Labels"] == {"of": "upstream", "x": "y"}
    assert config["architecture"] == "arm64"
    assert config["rootfs"]["diff_ids"] == ["sha256:raw-b", "sha256:raw-c", "sha256:raw-mine"]
    assert [each["created_by"] for each in config["history"]] == ["base", "ADD changed.tar / # buildkit"]
    assert [each["digest"] for each in manifest["layers"]] == ["sha256:b", "sha256:c", "sha256:mine"]
    assert manifest["layers"][2]["mediaType"] == "application/vnd.docker.image.rootfs.diff.tar.gzip"
    assert manifest["config"]["digest"] != "sha256:old"


def test_the_same_inputs_give_the_same_bytes() -> None:
    assert grow(OWN, BASE, OTHER, added(OWN, BASE, "api")) == grow(OWN, BASE, OTHER, added(OWN, BASE, "api"))


def test_a_change_that_the_platforms_do_not_share_is_refused() -> None:
    own = image("amd64", "a", Cmd=["mine"])
    with pytest.raises(DifyKitError, match=r"changes Cmd, which is not the same .* linux/arm64"):
        grow(own, image("amd64", "a", Cmd=["amd64"]), image("arm64", "b", Cmd=["arm64"]), ())


def test_an_image_on_another_official_one_is_refused() -> None:
    with pytest.raises(DifyKitError, match="api does not stand on the official image that"):
        added(OWN, image("amd64", "z"), "api")


@pytest.mark.parametrize("layers", [[], [{"digest": "sha256:a"}] * 3])
def test_an_image_with_other_layers_than_it_says_is_refused(layers: list[dict[str, Any]]) -> None:
    odd = Described({**OWN.manifest, "layers": layers}, OWN.config)
    with pytest.raises(DifyKitError, match=f"api has {len(layers)} layers, and 2 by its configuration"):
        added(odd, BASE, "api")


def test_a_layer_that_does_not_say_its_kind_stays_as_it_is() -> None:
    plain = [{"digest": "sha256:a", "size": 5}, {"digest": "sha256:mine", "size": 5}]
    odd = Described({**OWN.manifest, "layers": plain}, OWN.config)
    manifest = json.loads(grow(odd, BASE, OTHER, added(odd, BASE, "api"))[0])
    assert manifest["layers"][2] == plain[1]


ROOT = io.BytesIO()
with tarfile.open(fileobj=ROOT, mode="w") as _archive:
    _archive.addfile(tarfile.TarInfo("app/.wh.gone"))
_LONG = io.BytesIO()
with tarfile.open(fileobj=_LONG, mode="w") as _archive:
    _mark = tarfile.TarInfo("app/.wh.gone")
    _mark.size = 100_000  # which no machine packs, so that it comes in several pieces
    _archive.addfile(_mark, io.BytesIO(random.Random(1).randbytes(_mark.size)))
_BIG = tarfile.TarInfo("x")
_BIG.type, _BIG.size = tarfile.XHDTYPE, 10**11
_MUCH = 80  # times a megabyte, packed each by itself


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (ROOT.getvalue(), ""),
        (gzip.compress(ROOT.getvalue()), ""),
        (gzip.compress(ROOT.getvalue()[:512]) + gzip.compress(ROOT.getvalue()[512:]), ""),
        (gzip.compress(_LONG.getvalue()), ""),
        (gzip.compress(_LONG.getvalue()[:70_000]) + gzip.compress(_LONG.getvalue()[70_000:]), ""),
        (gzip.compress(_LONG.getvalue())[:50_000], "cannot be read"),
        (b"", "cannot be read"),
        (b"\x1f\x8b", "cannot be read"),
        (b"\x1f\x8bxx", "cannot be read"),
        (lzma.compress(ROOT.getvalue()), "cannot be read"),
        (gzip.compress(ROOT.getvalue())[:-9], "cannot be read"),
        (gzip.compress(b"\0" * (1 << 20)) * _MUCH, "is too large to be looked at"),
        (gzip.compress(_BIG.tobuf()), "cannot be read"),
        (
            gzip.compress(_BIG.tobuf()) + gzip.compress(b"9" * (1 << 20)) * _MUCH,
            "is too large to be looked at|cannot be read",
        ),
    ],
    ids=range(14),
)
def test_a_layer_is_looked_at_within_bounds(layer: bytes, says: str) -> None:
    digest = f"sha256:{hashlib.sha256(layer).hexdigest()}"
    with stranger(lambda _, __: [http(layer)]) as host:
        place = Place(Registry(host, {}), "x")
        made = Added({"digest": digest, "size": len(layer)}, "sha256:raw", "RUN rm")
        with pytest.raises(DifyKitError, match=says) if says else nullcontext():
            platforms._only_takes_away(place, made)


@pytest.mark.parametrize(
    ("step", "ran"), [("ADD a / # buildkit", False), ("COPY a / # buildkit", False), ("RUN rm -f", True)]
)
def test_what_a_program_made_is_known_by_its_history(step: str, ran: bool) -> None:
    (layer,) = added(image("amd64", "a", "x", steps=(step,)), image("amd64", "a"), "api")
    assert layer.ran is ran


def test_a_layer_without_history_counts_as_made_by_a_program() -> None:
    (layer,) = added(image("amd64", "a", "x"), image("amd64", "a"), "api")
    assert layer.ran


def test_the_official_image_under_a_custom_name_is_not_changed() -> None:
    assert unchanged(BASE, BASE)
    assert not unchanged(OWN, BASE)


def test_an_index_lists_platforms_in_order_and_keeps_what_is_no_image() -> None:
    attested = {
        "mediaType": OCI,
        "digest": "sha256:z",
        "size": 1,
        "platform": {"os": "unknown", "architecture": "unknown"},
    }
    images = {each: entry(each, OCI, f"sha256:{each}", 1) for each in ("linux/arm64", "linux/amd64", "linux/arm/v7")}
    value = json.loads(index(images, (attested,)))
    assert [at for at, _ in entries_of(value)] == ["linux/amd64", "linux/arm/v7", "linux/arm64", ""]


def test_an_index_in_an_index_is_no_image_whatever_platform_it_names() -> None:
    inner = entry("linux/amd64", INDEX, "sha256:z", 1)
    assert [at for at, _ in entries_of({"manifests": [inner]})] == [""]


def test_which_platforms_are_wanted() -> None:
    assert wanted_platforms([], [], "linux/amd64") == ()
    assert wanted_platforms([], ["linux/arm64/v8"], "linux/amd64") == ("linux/amd64", "linux/arm64")
    assert wanted_platforms(["linux/amd64"], ["linux/arm64"], "linux/amd64") == ("linux/amd64",)
    with pytest.raises(DifyKitError, match="arm64 is not a platform"):
        wanted_platforms(["arm64"], [], "linux/amd64")
