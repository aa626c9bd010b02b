"""References to images by form: what is one, what is none, and that every file that gives one is held to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from difykit.bundle.record import Record, _faults
from difykit.core import image_reference
from difykit.core.errors import ConfigError, DifyKitError
from difykit.core.interpolation import interpolate, literal
from difykit.registry import is_path
from difykit.release.compose import Replacement
from difykit.workspace import state
from difykit.workspace.lock import read_lock
from difykit.workspace.manifest import load
from difykit.workspace.manifest.image import ImageManifest
from difykit.workspace.manifest.settings import Settings

D = f"sha256:{'a' * 64}"
NAMES = {
    "redis": ("docker.io", "docker.io/library/redis", "", ""),
    "redis:7-alpine": ("docker.io", "docker.io/library/redis", "7-alpine", ""),
    "langgenius/dify-api:1.15.0": ("docker.io", "docker.io/langgenius/dify-api", "1.15.0", ""),
    "docker.io/library/redis": ("docker.io", "docker.io/library/redis", "", ""),
    "127.0.0.1:5000/x/y:1": ("127.0.0.1:5000", "127.0.0.1:5000/x/y", "1", ""),
    "localhost/x": ("localhost", "localhost/x", "", ""),
    "[::1]:5000/x:1": ("[::1]:5000", "[::1]:5000/x", "1", ""),
    f"quay.io/a/b__c.d--e:v1@{D}": ("quay.io", "quay.io/a/b__c.d--e", "v1", D),
    f"busybox@{D}": ("docker.io", "docker.io/library/busybox", "", D),
    "Registry.Example.com/x": ("Registry.Example.com", "Registry.Example.com/x", "", ""),
    "myhost:5000/x": ("myhost:5000", "myhost:5000/x", "", ""),
    f"x:{'t' * 128}": ("docker.io", "docker.io/library/x", "t" * 128, ""),
    "dify-api-custom:feature-e": ("docker.io", "docker.io/library/dify-api-custom", "feature-e", ""),
}
NONE = (
    "127.0.0.1:5601/x:${DB_PASSWORD}",
    "127.0.0.1:5601/$DB_PASSWORD",
    "${REGISTRY:-evil.example}/x",
    "nginx:latest${NOPE:+@}",
    "nginx$$",
    "nginx@",
    "nginx@sha256:abc",
    f"nginx@sha512:{'a' * 128}",
    f"nginx@{D.upper()}",
    f"nginx@{D}:1",
    f"nginx@{D}@{D}",
    "",
    " nginx",
    "nginx ",
    "nginx\n",
    "ngi\0nx",
    "nginx:la\ttest",
    "nginx\x1b[2J",
    "Nginx",
    "a/../b",
    "a//b",
    "/a",
    "a/",
    "-x",
    "--privileged",
    ".x",
    "a..b",
    "a___b",
    "https://registry.example.com/x",
    "docker://x",
    "ann:word@registry.example.com/x",
    "registry.example.com:99999999/x",
    "registry.example.com:/x",
    "[::1/x",
    "x:",
    f"x:{'t' * 129}",
    "x:-a",
    "x:a/b",
    "x:tag:tag",
    "a" * 256,
    "a" * 64,
    D,
    "ｎｇｉｎｘ",  # noqa: RUF001 - letters that only look like these
    "nginx\u202e",
    "x;touch y",
    "`x`",
    "x#y",
    "x?y=z",
    "x%2e",
    "x\\y",
    "~/x",
)


@pytest.mark.parametrize("text", NAMES)
def test_what_is_a_reference(text: str) -> None:
    read = image_reference.read(text)
    assert (read.host, read.full_name, read.tag, read.digest) == NAMES[text]
    assert literal(text) == text


@pytest.mark.parametrize("text", NONE)
def test_what_is_none_is_none_in_every_file(text: str, tmp_path: Path) -> None:
    assert image_reference.fault(text)
    with pytest.raises(DifyKitError):
        image_reference.read(text)
    source = state.Source(release="1", base="b", commit="c", layers=())
    image = {"name": "api", "replaces": "langgenius/dify-api", "strategy": "layer", "image_id": D}
    listed = {"source": "c", "images": [{**image, "reference": text}]}
    (tmp_path / "images.json").write_text(json.dumps(listed))
    with pytest.raises(DifyKitError, match=r"images\.0\.reference: .* is (not )?the name of an image"):
        state.images_of(tmp_path / "images.json", source)
    with pytest.raises(DifyKitError, match=r"images\.json cannot be read"):
        state.need_images(tmp_path, source)
    for value in ({text: f"x@{D}"}, {"x": text}):
        (tmp_path / "registry.json").write_text(json.dumps({"images": value}))
        with pytest.raises(DifyKitError, match=r"registry\.json is not as bundle\.load writes it: images\."):
            state.read_elsewhere(tmp_path)
    (tmp_path / "made.json").write_text(json.dumps({"references": [text]}))
    assert state.read_made(tmp_path) == ()


@pytest.mark.parametrize("text", ["x", "x:1", "registry.example.com/x:1"])
def test_where_a_registry_has_an_image_is_said_by_digest(text: str, tmp_path: Path) -> None:
    (tmp_path / "registry.json").write_text(json.dumps({"images": {"nginx": text}}))
    with pytest.raises(DifyKitError, match="has no @sha256:digest, so it may be another image tomorrow"):
        state.read_elsewhere(tmp_path)


@pytest.mark.parametrize("oid", ["", "x", "sha256:", "sha256:../..", "sha256:" + "a" * 65, f"{D}\n"])
def test_an_id_is_one_by_form(oid: str) -> None:
    with pytest.raises(ValueError, match="is not the id of an image"):
        state.Image(name="api", replaces="", strategy="own", reference="x:1", image_id=oid)


@pytest.mark.parametrize("name", ["nginx:1${X}", "Nginx:1", "x y"])
def test_the_lock_and_a_bundle_are_held_to_it(name: str, tmp_path: Path) -> None:
    head = f"version: 1\nengine: 1\nupstream: {{ref: '1', commit: {'a' * 40}, tree: {'b' * 40}}}\n"
    (tmp_path / "difykit.lock").write_text(f"{head}images:\n  {name!r}: {D}\n")
    with pytest.raises(ConfigError, match=r"difykit\.lock:5: .* is not the name of an image"):
        read_lock(tmp_path / "difykit.lock")
    entry = {"reference": name, "id": D, "digest": D, "size": 1}
    plain = {"difykit": "1", "engine": 1, "name": "x", "release": "1", "base": "a" * 40, "source": "b" * 40}
    record = Record.model_validate(
        {**plain, "platform": "linux/amd64", "project": "x", "images": [entry], "custom": [], "files": []}
    )
    assert any("is not the name of an image" in fault for fault in _faults(record))


SETTINGS: dict[str, tuple[str, ...]] = {
    "prefix": ("a..b/", "a//b/", "A/", "$X/", "a b/", "/a/", "a", "https://x/", "u:p@x.com/", "x.com:99999999/", "-/"),
    "reuse": ("a..b/", "x.com//", "$X/", "x.com/a", "x.com/A/"),
    "cache": ("x.com/a/", "x.com/A", "x.com/$A", "x.com/a@sha256:1", "x.com/a,mode=max"),
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in SETTINGS.items() for value in values])
def test_settings_that_name_a_place_are_held_to_it(key: str, value: str, tmp_path: Path) -> None:
    file = tmp_path / "difykit.yaml"
    file.write_text(f"version: 1\nupstream: {{ref: 1.0.0}}\nimages: {{{key}: {value!r}}}\n")
    with pytest.raises(ConfigError, match=rf"difykit\.yaml:3: images\.{key}: "):
        load.read_manifest(Settings, file, "difykit.yaml")


@pytest.mark.parametrize("prefix", ["", "team/", "registry.example.com/a/b/", "127.0.0.1:5000/x/", "[::1]:5000/x/"])
def test_places_that_are_fine(prefix: str, tmp_path: Path) -> None:
    file = tmp_path / "difykit.yaml"
    file.write_text(f"version: 1\nupstream: {{ref: 1.0.0}}\nimages: {{prefix: {prefix!r}}}\n")
    assert load.read_manifest(Settings, file, "difykit.yaml").images.prefix == prefix
    assert is_path(prefix) == (prefix not in {"", "team/"})


@pytest.mark.parametrize("value", ["$X", "A/b", "a//b", "a:1", f"a@{D}", "a b", "https://a/b", "a/../b"])
def test_what_an_image_replaces_is_a_name(value: str, tmp_path: Path) -> None:
    file = tmp_path / "image.yaml"
    file.write_text(f"version: 1\nreplaces: {value!r}\n")
    with pytest.raises(ConfigError, match=r"image\.yaml:2: replaces: .* is not an image name without a tag"):
        load.read_manifest(ImageManifest, file, "image.yaml")


@pytest.mark.parametrize("text", ["x:${DB_PASSWORD}", "nginx:latest${NOPE:+@}", "$A", "a$$b"])
def test_even_what_is_no_reference_is_written_so_that_nothing_is_put_in(text: str) -> None:
    written = Replacement(text, local=True).written
    assert interpolate(written, {"DB_PASSWORD": "word", "NOPE": "x", "A": "y"}) == text
