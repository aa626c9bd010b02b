"""The layer's tar: each file with the owner and mode of what it replaces."""

from __future__ import annotations

import io
import tarfile

from difykit.docker import FileInImage
from difykit.images.definition import LayerFile, pack

IMAGE = {
    "/app": FileInImage("folder", 0, 0, 0o750),
    "/app/api": FileInImage("folder", 1001, 1002, 0o755),
    "/app/api/app.py": FileInImage("file", 1001, 1002, 0o640, b"old"),
    "/entrypoint.sh": FileInImage("file", 0, 0, 0o755, b"old"),
}


def packed(*landings: LayerFile) -> dict[str, tarfile.TarInfo]:
    raw = pack(landings, str.encode, IMAGE.get)
    return {member.name: member for member in tarfile.open(fileobj=io.BytesIO(raw))}


def facts(member: tarfile.TarInfo) -> tuple[int, int, str]:
    return member.uid, member.gid, oct(member.mode)


def test_a_replaced_file_keeps_owner_and_mode_and_its_folders_keep_theirs() -> None:
    members = packed(LayerFile("/app/api/app.py", "api/app.py", "100644", "new"))
    assert list(members) == ["app", "app/api", "app/api/app.py"]
    assert facts(members["app"]) == (0, 0, "0o750")
    assert facts(members["app/api/app.py"]) == (1001, 1002, "0o640")


def test_a_new_file_and_its_new_folder_belong_to_the_nearest_folder() -> None:
    members = packed(LayerFile("/app/api/new/x.sh", "api/new/x.sh", "100755", "x"))
    assert facts(members["app/api/new"]) == (1001, 1002, "0o755")
    assert facts(members["app/api/new/x.sh"]) == (1001, 1002, "0o755")


def test_chmod_and_a_changed_mode_count() -> None:
    members = packed(
        LayerFile("/app/api/app.py", "api/app.py", "100755", "x"),
        LayerFile("/entrypoint.sh", "e", "100644", "x", chmod="744"),
    )
    assert oct(members["app/api/app.py"].mode) == "0o755"
    assert oct(members["entrypoint.sh"].mode) == "0o744"


def test_a_symlink_stays_one() -> None:
    member = packed(LayerFile("/app/api/l", "api/l", "120000", "../to"))["app/api/l"]
    assert (member.issym(), member.linkname) == (True, "../to")


def test_the_bytes_depend_on_content_alone() -> None:
    one, two = LayerFile("/app/api/a b é", "x", "100644", "1"), LayerFile("/app/api/b", "y", "100644", "2")
    assert pack([one, two], str.encode, IMAGE.get) == pack([two, one], str.encode, IMAGE.get)
