"""A bundle as a file: the same inputs, the same bytes; no byte of it can be another one unnoticed."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from difykit.bundle import archive
from difykit.bundle.archive import Bundle, examine, size_of
from difykit.bundle.record import RECORD, SEAL, read_record
from difykit.core.errors import DifyKitError
from tests.support.bundles import WORKSPACE, bundle, parts


def seen(place: Path, **how: str) -> Bundle:
    return examine(place, lambda _, __: None, **how)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    place = tmp_path_factory.mktemp("bundle") / "a.tar"
    bundle(place)
    return place.read_bytes()


def refused(place: Path, raw: bytes) -> str:
    place.write_bytes(raw)
    with pytest.raises(DifyKitError) as caught:
        seen(place)
    assert caught.value.message
    return caught.value.message


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path, whole: bytes) -> None:
    bundle(tmp_path / "b.tar")
    assert (tmp_path / "b.tar").read_bytes() == whole


def test_it_is_a_tar_without_times_and_owners(whole: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(whole), mode="r:") as opened:
        members = opened.getmembers()
    assert [members[0].name, members[-1].name] == [RECORD, SEAL]
    assert {(one.mtime, one.uid, one.gid, one.uname, one.gname, one.type) for one in members} == {
        (0, 0, 0, "", "", tarfile.REGTYPE)
    }


def test_long_and_foreign_names_and_large_files_have_their_place(tmp_path: Path) -> None:
    names = [f"overlays/one/tree/web/{'x' * 120}/{'y' * 120}.ts", "overlays/one/tree/web/ü 中.ts"]
    bundle(tmp_path / "a.tar", {**WORKSPACE, **dict.fromkeys(names, "x\n")})
    found = seen(tmp_path / "a.tar")
    assert [found.read(f"difykit/workspace/{name}") for name in names] == [b"x\n", b"x\n"]
    with tarfile.open(tmp_path / "a.tar") as opened:
        assert {f"difykit/workspace/{name}" for name in names} < set(opened.getnames())
    large = 20 << 30
    assert tarfile.TarInfo.frombuf(archive.header("blobs/x", large), "utf-8", "strict").size == large


def test_it_is_an_oci_layout_and_an_archive_of_docker_save(whole: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(whole), mode="r:") as opened:
        held = {one.name: handle.read() for one in opened if (handle := opened.extractfile(one))}
    assert json.loads(held["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    index, listed = json.loads(held["index.json"]), json.loads(held["manifest.json"])
    for entry, image in zip(index["manifests"], listed, strict=True):
        raw = held[f"blobs/sha256/{entry['digest'][7:]}"]
        assert (len(raw), hashlib.sha256(raw).hexdigest()) == (entry["size"], entry["digest"][7:])
        manifest = json.loads(raw)
        for each in (manifest["config"], *manifest["layers"]):
            blob = held[f"blobs/sha256/{each['digest'][7:]}"]
            assert (len(blob), hashlib.sha256(blob).hexdigest()) == (each["size"], each["digest"][7:])
        assert [image["Config"], *image["Layers"]] == [
            f"blobs/sha256/{each['digest'][7:]}" for each in (manifest["config"], *manifest["layers"])
        ]
        tag = image["RepoTags"][0].rpartition(":")[2]
        assert entry["annotations"]["org.opencontainers.image.ref.name"] == tag
        assert entry["annotations"]["io.containerd.image.name"] == f"docker.io/library/{image['RepoTags'][0]}"


def test_what_is_whole_is_read(tmp_path: Path) -> None:
    made = bundle(tmp_path / "a.tar")
    found = seen(tmp_path / "a.tar", seal=made.seal)
    assert found.summary == made
    assert size_of(found.record) == (tmp_path / "a.tar").stat().st_size
    assert found.read("difykit/workspace/overlays/one/tree/api/one.py") == b"ONE = 1\n"


STEP = 7  # all of them take half a minute


def test_each_flipped_byte_is_found(tmp_path: Path, whole: bytes) -> None:
    place = tmp_path / "a.tar"
    place.write_bytes(whole)
    missed = []
    with place.open("r+b") as file:
        for at in range(0, len(whole), STEP):
            file.seek(at)
            file.write(bytes([whole[at] ^ 1 << at % 8]))
            file.flush()
            with suppress(DifyKitError):
                seen(place)
                missed.append(at)
            file.seek(at)
            file.write(whole[at : at + 1])
    assert missed == []


@pytest.mark.parametrize("left", [0, 1, 511, 512, 513, 4096, -1, -512, -1024, -2048])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, whole: bytes, left: int) -> None:
    assert "nothing was loaded" in refused(tmp_path / "a.tar", whole[:left])


@pytest.mark.parametrize("more", [b"\0", bytes(512), b"more"])
def test_more_bytes_at_the_end_are_refused(tmp_path: Path, whole: bytes, more: bytes) -> None:
    refused(tmp_path / "a.tar", whole + more)


def test_another_file_is_refused(tmp_path: Path) -> None:
    assert "no bundle" in refused(tmp_path / "a.tar", b"hello" * 1000)
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as made:
        made.addfile(tarfile.TarInfo("x"))
    assert "no bundle" in refused(tmp_path / "b.tar", sink.getvalue())
    with pytest.raises(DifyKitError, match="there is no file"):
        seen(tmp_path / "absent.tar")


def test_a_bundle_that_was_made_anew_has_another_seal(tmp_path: Path) -> None:
    made = bundle(tmp_path / "a.tar")
    other = bundle(tmp_path / "b.tar", {**WORKSPACE, "tasks.py": "import os\n"})
    assert seen(tmp_path / "b.tar").summary.seal == other.seal
    with pytest.raises(DifyKitError, match="another bundle, or was made anew"):
        seen(tmp_path / "b.tar", seal=made.seal)


Twist = Callable[[list[dict[str, object]]], object]
EVIL: dict[str, Twist] = {
    "outside": lambda files: files[0].update(path="difykit/workspace/overlays/../../x"),
    "absolute": lambda files: files[0].update(path="/etc/passwd"),
    "env": lambda files: files[0].update(path="difykit/workspace/.env"),
    "inner env": lambda files: files[0].update(path="difykit/workspace/overlays/a/.env"),
    "data": lambda files: files[0].update(path="difykit/workspace/data/x"),
    "derived": lambda files: files[0].update(path="difykit/workspace/.difykit/x"),
    "git": lambda files: files[0].update(path="difykit/workspace/overlays/.git/hooks/x"),
    "program": lambda files: files[0].update(path="difykit/wheels/x.sh"),
    "unknown": lambda files: files[0].update(path="difykit/other"),
    "another digest": lambda files: files[0].update(path="blobs/sha256/" + "0" * 64),
    "twice": lambda files: files.append(files[-1]),
    "order": lambda files: files.reverse(),
    "size": lambda files: files[0].update(size=-1),
    "more": lambda files: files[0].update(link="x"),
    "file and folder": lambda files: files.append({**files[-1], "path": f"{files[-1]['path']}/x"}),
    "nothing": lambda files: files.clear(),
}


@pytest.mark.parametrize("name", EVIL)
def test_what_does_not_belong_into_one_is_refused_although_it_is_sealed(tmp_path: Path, name: str) -> None:
    record, contents = parts()
    value = record.model_dump()
    files = [dict(each) for each in value["files"]]
    before = {str(each["sha256"]): contents[str(each["path"])] for each in files}
    EVIL[name](files)
    if name not in {"order", "twice"}:
        files.sort(key=lambda each: str(each["path"]))
    raw = json.dumps({**value, "files": files}, indent=1, sort_keys=True).encode() + b"\n"
    place = tmp_path / "a.tar"
    with place.open("wb") as sink:
        archive._write_entry(sink, archive.header(RECORD, len(raw)), raw)
        for each in files:
            content = before[str(each["sha256"])]
            assert isinstance(content, bytes)
            archive._write_entry(sink, archive.header(str(each["path"]), len(content)), content)
        seal = hashlib.sha256(raw).hexdigest() + "\n"
        archive._write_entry(sink, archive.header(SEAL, len(seal)), seal.encode())
        sink.write(bytes(1024))
    with pytest.raises(DifyKitError, match="not a bundle that difykit wrote"):
        seen(place)


WORDS: dict[str, object] = {
    "name": "../x",
    "release": "--upload-pack=x",
    "platform": "--x",
    "base": "HEAD",
    "source": "-x",
    "images": [{"reference": "--help", "id": "sha256:" + "0" * 64, "digest": "sha256:" + "0" * 64, "size": 1}],
}


@pytest.mark.parametrize("key", WORDS)
def test_words_that_a_program_could_take_otherwise_are_refused(key: str) -> None:
    record, _ = parts()
    assert read_record(json.dumps(record.model_dump()).encode()) == record
    with pytest.raises(DifyKitError, match="is no word of it"):
        read_record(json.dumps({**record.model_dump(), key: WORDS[key]}).encode())


def test_a_newer_kind_of_bundle_says_what_to_install(tmp_path: Path) -> None:
    record, _ = parts()
    raw = json.dumps({**record.model_dump(), "version": 2}).encode()
    place = tmp_path / "a.tar"
    with place.open("wb") as sink:
        archive._write_entry(sink, archive.header(RECORD, len(raw)), raw)
        seal = hashlib.sha256(raw).hexdigest() + "\n"
        archive._write_entry(sink, archive.header(SEAL, len(seal)), seal.encode())
        sink.write(bytes(1024))
    with pytest.raises(DifyKitError, match="of version 2"):
        seen(place)


def test_a_content_that_is_another_one_is_not_written(tmp_path: Path) -> None:
    record, contents = parts()
    path = record.files[0].path
    with pytest.raises(DifyKitError, match="changed while"):
        archive.write(tmp_path / "a.tar", record, {**contents, path: b"other"}, lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_changes_after_it_was_seen_is_noticed(tmp_path: Path) -> None:
    place = tmp_path / "a.tar"
    bundle(place)
    found = seen(place)
    raw = bytearray(place.read_bytes())
    raw[found.places["difykit/source.pack"]] ^= 1
    place.write_bytes(raw)
    with pytest.raises(DifyKitError, match="changed since"):
        found.read("difykit/source.pack")
