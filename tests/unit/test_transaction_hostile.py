"""A journal that is damaged, or that somebody else made: nothing outside the workspace is touched, and it is said."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from difykit.core import transaction
from difykit.core.progress import Silent
from difykit.core.transaction import Delete, Take, Write
from tests.support.transactions import OWNER, filled, state
from tests.support.trees import write_tree

OUTSIDE = [
    "../x",
    "/etc/x",
    "a/../../x",
    "",
    ".",
    "a//b",
    "x/.GIT/config",
    ".difykit/transaction/1.new",
    "a\0b",
    3,
    None,
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace in which a transaction was cut off before its first step, beside a folder of somebody else's."""
    write_tree(tmp_path / "outside", {"secret": "secret\n"})
    root = filled(tmp_path / "ws")
    transaction.begin(root, [Write("changed", b"x\n"), Delete("deep/down/gone"), Write("new", b"new\n")], OWNER)
    return root


def record_of(root: Path) -> Path:
    return root / ".difykit/transaction/journal.json"


def rewritten(root: Path, change: Callable[[Any], object]) -> None:
    record = json.loads(record_of(root).read_text())
    change(record)
    record_of(root).write_text(json.dumps(record))


def refused(root: Path) -> transaction.Broken:
    """What is said; nothing is changed, inside or outside."""
    before = state(root.parent)
    with pytest.raises(transaction.Broken) as caught:
        transaction.finish(root, Silent())
    assert state(root.parent) == before
    assert caught.value.hint == "difykit sync puts what it had begun aside; your edits in the work tree stay"
    return caught.value


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("step", [0, 1])
def test_a_path_that_leaves_the_workspace_is_refused(root: Path, path: object, step: int) -> None:
    rewritten(root, lambda record: record["steps"][step].update(path=path))
    assert "journal" in refused(root).message


@pytest.mark.parametrize("step", [0, 1])
def test_a_path_through_a_link_is_refused(root: Path, tmp_path: Path, step: int) -> None:
    (root / "way").symlink_to(tmp_path / "outside")
    rewritten(root, lambda record: record["steps"][step].update(path="way/secret"))
    assert f"leads through {root / 'way'}, which is a link" in refused(root).message


def test_a_link_that_would_be_written_through_is_refused(root: Path, tmp_path: Path) -> None:
    (root / "way").symlink_to(tmp_path / "outside/secret")
    rewritten(root, lambda record: record["steps"][0].update(path="way", through=True))
    assert "the path 'way' in its journal is a link" in refused(root).message


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.update(version=2),
        lambda record: record.update(steps=3),
        lambda record: record.update(note=3),
        lambda record: record.update(owner={"name": "x"}),
        lambda record: record["steps"][0].update(more=1),
        lambda record: record["steps"][0].update(number="../../outside/secret"),
        lambda record: record["steps"].append(record["steps"][0]),
        lambda record: record.pop("source"),
    ],
)
def test_a_record_of_another_form_is_refused(root: Path, change: Callable[[Any], object]) -> None:
    rewritten(root, change)
    assert "journal" in refused(root).message


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"steps": 3}'])
def test_a_record_that_cannot_be_read_is_said(root: Path, content: bytes) -> None:
    record_of(root).write_bytes(content)
    said = refused(root)
    assert said.message == "a change of several files was cut off between two files, and its journal cannot be read"


def test_words_of_a_hostile_journal_are_not_repeated(root: Path) -> None:
    rewritten(root, lambda record: record["owner"].update(doing="\x1b]0;run this: rm -rf ~\x07"))
    record = json.loads(record_of(root).read_text())
    record["steps"][0]["path"] = "../x"
    record_of(root).write_text(json.dumps(record))
    assert "rm -rf" not in refused(root).message


@pytest.mark.parametrize("kind", ["fifo", "folder", "link"])
def test_a_record_that_is_no_file_is_said(root: Path, tmp_path: Path, kind: str) -> None:
    content = record_of(root).read_text()
    record_of(root).unlink()
    if kind == "fifo":
        os.mkfifo(record_of(root))
    elif kind == "folder":
        record_of(root).mkdir()
    else:
        (tmp_path / "outside/journal.json").write_text(content)
        (root / ".difykit/transaction").rename(root / "moved")
        (root / ".difykit/transaction").symlink_to(root / "moved")
    assert "was cut off between two files" in refused(root).message


@pytest.mark.parametrize("name", ["0.new", "2.new"])
@pytest.mark.parametrize("damage", ["other", "gone", "link"])
def test_a_file_of_the_journal_that_is_not_what_it_was_is_said(
    root: Path, tmp_path: Path, name: str, damage: str
) -> None:
    file = root / ".difykit/transaction" / name
    file.unlink()
    if damage == "other":
        file.write_text("other\n")
    elif damage == "link":
        file.symlink_to(tmp_path / "outside/secret")
    assert refused(root).message.endswith(
        f"the file {name} of its journal is {'gone' if damage == 'gone' else 'broken'}"
    )


def test_a_folder_that_is_a_link_inside_the_journal_moves_nothing_of_others(tmp_path: Path) -> None:
    root = filled(tmp_path / "ws")
    write_tree(tmp_path / "outside", {"a": "a\n", "sub/b": "b\n"})
    begun = transaction.begin(root, [Take("kit", root / ".difykit/made/kit")], OWNER)
    file = begun.new(begun.steps[0])
    file.rename(root / "taken")
    file.symlink_to(tmp_path / "outside")
    refused(root)
