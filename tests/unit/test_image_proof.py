"""What a proof finds, and what it does not claim."""

from __future__ import annotations

import pytest

from difykit.docker import FileInImage
from difykit.git import GitEntry
from difykit.images.definition import Proof, Recipe, Wishes, choose, inputs_changed, prove, read_recipe

TREE = {
    "api/Dockerfile": "FROM a\nCOPY . /app/\n",
    "api/app.py": "new",
    "web/Dockerfile": "FROM a AS b\nWORKDIR /app\nCOPY . .\nRUN build\nFROM a\nWORKDIR /app\n"
    "COPY --from=b /app/.next/standalone ./t/\nCOPY e.sh ./e.sh\n",
    "web/e.sh": "e",
    "web/app/(g)/hello/page.tsx": "p",
    "web/app/page.tsx": "p",
}
FOLDER = FileInImage("folder", 0, 0, 0o755)


def recipe(part: str) -> Recipe:
    return read_recipe(f"{part}/Dockerfile", lambda path: TREE[path].encode() if path in TREE else None, TREE)


def proof(part: str, changed: list[tuple[str, str]], image: dict[str, FileInImage]) -> Proof:
    gone = {path for status, path in changed if status == "D"}
    entries = {path: GitEntry("100644", text) for path, text in TREE.items() if path not in gone}
    how = recipe(part)
    choice = choose(part, how, inputs_changed(how, changed, entries), entries, Wishes())
    return prove(how, choice, str.encode, image.get)


def file(text: str) -> FileInImage:
    return FileInImage("file", 0, 0, 0o644, text.encode())


def test_equal_bytes_are_the_proof() -> None:
    found = proof("api", [("M", "api/app.py")], {"/app/app.py": file("new")})
    assert not found.faults
    assert str(found) == "1 changed file equal in the image"


def test_other_bytes_a_missing_file_and_another_kind_are_faults() -> None:
    for image in ({"/app/app.py": file("old")}, {}, {"/app/app.py": FOLDER}):
        assert [fault.path for fault in proof("api", [("M", "api/app.py")], image).faults] == ["api/app.py"]


def test_a_removed_file_must_be_absent() -> None:
    assert str(proof("api", [("D", "api/app.py")], {})) == "1 removed file absent"
    assert proof("api", [("D", "api/app.py")], {"/app/app.py": file("old")}).faults


def test_a_new_page_is_looked_up_in_the_built_server() -> None:
    changed = [("A", "web/app/(g)/hello/page.tsx"), ("M", "web/app/page.tsx")]
    for server in ("/app/t/.next/server/app", "/app/t/web/.next/server/app"):
        there = {server: FOLDER, f"{server}/(g)/hello/page.js": file("")}
        found = proof("web", changed, there)
        assert found.pages == ("web/app/(g)/hello/page.tsx",)
        assert found.unseen == ("web/app/page.tsx",)
        assert [fault.path for fault in proof("web", changed, {server: FOLDER}).faults] == [changed[0][1]]


def test_without_a_server_to_look_into_nothing_is_claimed() -> None:
    found = proof("web", [("A", "web/app/page.tsx")], {})
    assert (found.faults, found.unseen) == ((), ("web/app/page.tsx",))
    assert str(found) == "1 changed file only compiled, which cannot be compared"


def test_a_built_image_is_compared_where_files_are_copied_as_they_are() -> None:
    found = proof("web", [("M", "web/e.sh")], {"/app/e.sh": file("e")})
    assert found.equal == ("web/e.sh",)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (Proof(), "nothing of it changed"),
        (Proof(added=("apt ffmpeg",)), "made with apt ffmpeg"),
        (Proof(added=("apt ffmpeg", "python x>=1")), "made with apt ffmpeg, python x>=1"),
        (Proof(equal=("a",), added=("build_args A",)), "1 changed file equal in the image, made with build_args A"),
    ],
)
def test_what_was_put_on_an_image_is_no_nothing(seen: Proof, words: str) -> None:
    assert str(seen) == words
