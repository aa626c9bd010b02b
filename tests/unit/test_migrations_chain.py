"""Chains of migrations, read and never run."""

from __future__ import annotations

import pytest

from difykit.source.migrations import Revision, chain_of, line_of, read_revision


def text(revision: str, follows: str = "None", depends: str = "None") -> bytes:
    return f'revision = "{revision}"\ndown_revision = {follows}\ndepends_on = {depends}\n'.encode()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("revision = 'b'\ndown_revision = 'a'\n", ("b", ("a",))),
        ('"""Doc\n\nrevision stands here\n"""\nrevision = "b"\ndown_revision = None\n', ("b", ())),
        ("revision = 'b'  # HEAD\ndown_revision = ('a', 'c')\n", ("b", ("a", "c"))),
        ("revision = 'b'\ndown_revision = [\n    'a',\n    'c',\n]\nbranch_labels = None\n", ("b", ("a", "c"))),
        ("revision: str = 'b'\ndown_revision: str | None = 'a'\n", ("b", ("a",))),
        ("def upgrade():\n    revision = 'x'\n", ("", ())),
        ("revision = (\n", ("", ())),
        ("", ("", ())),
    ],
)
def test_a_migration_is_read_and_not_run(content: str, found: tuple[str, tuple[str, ...]]) -> None:
    revision = read_revision("x.py", content.encode())
    assert (revision.id, revision.follows) == found


def test_what_it_depends_on_is_read_too() -> None:
    assert read_revision("b.py", text("b", '"a"', '("x", "y")')) == Revision("b.py", "b", ("a",), ("x", "y"))


def test_the_heads_are_what_nothing_follows() -> None:
    contents = {"a.py": text("a"), "b.py": text("b", '"a"'), "c.py": text("c", '"a"'), "d.py": text("d", '("b", "c")')}
    assert chain_of("f", contents).heads == ("d",)
    del contents["d.py"]
    assert chain_of("f", contents).heads == ("b", "c")
    assert chain_of("f", {}).heads == ()


def test_faults_of_a_chain_are_found() -> None:
    chain = chain_of("f", {"a.py": text("a", '"gone"'), "b.py": text("b"), "c.py": text("b"), "d.py": b"x = 1\n"})
    assert [(each.path, before) for each, before in chain.lost()] == [("a.py", "gone")]
    assert [[each.path for each in several] for several in chain.doubles()] == [["b.py", "c.py"]]
    assert chain.unread == ("d.py",)
    assert chain.circle() == ()
    assert chain_of("f", {"a.py": text("a", '"b"'), "b.py": text("b", '"a"'), "c.py": text("c")}).circle() == ("a", "b")


def test_the_line_of_a_name_is_where_it_is_set() -> None:
    content = b'"""revision"""\n\nrevision = "a"\n\ndown_revision: str = "b"\n'
    assert (line_of(content, "revision"), line_of(content, "down_revision")) == (3, 5)
    assert line_of(content, "depends_on") == 0
