"""Fetching the pinned release: one commit deep, by tag, branch or id, with the user's network settings."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.git import Store
from tests.support.repos import Upstream


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path)
    made.release("0.9.0")
    made.release("1.0.0", {"README.md": "Dify 1.0\n"})
    return made


def fetch(store: Store, url: str, ref: str) -> str:
    return store.fetch(url, ref, lambda _: None)


def refusal(store: Store, url: str, ref: str) -> DifyKitError:
    with pytest.raises(DifyKitError) as caught:
        fetch(store, url, ref)
    return caught.value


def test_a_tag_is_fetched_one_commit_deep(store: Store, upstream: Upstream) -> None:
    commit = fetch(store, upstream.url, "1.0.0")
    assert commit == upstream.git("rev-parse", "1.0.0")
    count = subprocess.run(
        ["git", f"--git-dir={store.path}", "rev-list", "--all", "--count"], capture_output=True, text=True, check=True
    )
    assert count.stdout == "1\n"


def test_an_annotated_tag_is_its_commit(store: Store, upstream: Upstream) -> None:
    upstream.git("tag", "--annotate", "--message=x", "1.0.1", "1.0.0")
    assert fetch(store, upstream.url, "1.0.1") == upstream.git("rev-parse", "1.0.0")


def test_a_branch_is_fetched(store: Store, upstream: Upstream) -> None:
    assert fetch(store, upstream.url, "main") == upstream.git("rev-parse", "main")


def test_a_tag_comes_before_a_branch_of_its_name(store: Store, upstream: Upstream) -> None:
    upstream.git("branch", "1.0.0", "0.9.0")
    assert fetch(store, upstream.url, "1.0.0") == upstream.git("rev-parse", "refs/tags/1.0.0")


def test_a_full_commit_id_is_fetched(store: Store, upstream: Upstream) -> None:
    commit = upstream.git("rev-parse", "0.9.0")
    assert fetch(store, upstream.url, commit) == commit


def test_a_branch_whose_name_goes_on_where_another_ended_is_fetched(store: Store, upstream: Upstream) -> None:
    upstream.git("branch", "release")
    fetch(store, upstream.url, "release")
    upstream.git("branch", "--move", "release", "main2")
    upstream.git("branch", "release/1.0")
    assert fetch(store, upstream.url, "release/1.0") == upstream.git("rev-parse", "main")


def test_a_release_that_does_not_exist_is_named(store: Store, upstream: Upstream) -> None:
    error = refusal(store, upstream.url, "9.9.9")
    assert error.message == f"{upstream.url} has no release 9.9.9"
    assert "upstream.ref" in error.hint


def test_a_commit_that_does_not_exist_is_named(store: Store, upstream: Upstream) -> None:
    error = refusal(store, upstream.url, "1" * 40)
    assert "1" * 40 in error.message
    assert upstream.url in error.message


def test_a_tag_of_something_else_than_a_commit_is_refused(store: Store, upstream: Upstream) -> None:
    upstream.git("tag", "blob", "1.0.0:README.md")
    assert refusal(store, upstream.url, "blob").message == f"blob of {upstream.url} is not a commit"


def test_an_upstream_that_is_not_there_is_told_with_gits_reason(store: Store, tmp_path: Path) -> None:
    url = (tmp_path / "gone.git").as_uri()
    error = refusal(store, url, "1.0.0")
    assert error.message.startswith(f"cannot fetch 1.0.0 from {url}: fatal: ")
    assert "does not appear to be a git repository" in error.message
    assert "upstream.url" in error.hint


def test_a_release_fetched_before_is_known_without_the_upstream(store: Store, upstream: Upstream) -> None:
    commit = fetch(store, upstream.url, "1.0.0")
    assert store.release("1.0.0") == commit
    assert store.release("2.0.0") is None


def test_the_users_insteadof_is_kept(
    store: Store, upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(f'[url "{upstream.url}"]\n\tinsteadOf = https://mirror.invalid/dify.git\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    assert fetch(store, "https://mirror.invalid/dify.git", "1.0.0") == upstream.git("rev-parse", "1.0.0")


def test_other_transports_are_refused_by_git_too(store: Store, tmp_path: Path) -> None:
    refusal(store, f"ext::touch {tmp_path}/ran", "1.0.0")
    assert not (tmp_path / "ran").exists()


def test_a_stricter_choice_of_transports_is_kept(store: Store) -> None:
    """The tests' own guard against the network relies on it."""
    assert "transport 'https' not allowed" in refusal(store, "https://localhost:1/dify.git", "1.0.0").message


def test_a_lock_that_a_killed_git_left_is_taken_away(store: Store, upstream: Upstream) -> None:
    fetch(store, upstream.url, "0.9.0")
    (store.path / "shallow.lock").touch()
    (store.path / "refs/difykit/releases/1.0.0.lock").touch()
    store.ensure()
    assert fetch(store, upstream.url, "1.0.0") == upstream.git("rev-parse", "1.0.0")


def test_hooks_of_the_user_do_not_run(
    store: Store, upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = tmp_path / "hooks" / "reference-transaction"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    config = tmp_path / "config"
    config.write_text(f"[core]\n\thooksPath = {hook.parent}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    fetch(store, upstream.url, "1.0.0")
    assert not (tmp_path / "ran").exists()


def test_files_with_any_name_are_listed_and_read(store: Store, upstream: Upstream) -> None:
    names = {"web/app/(x)/[y]/page.tsx": "1", 'a "b"\\c': "2", "ü\n\t": "3"}
    upstream.release("1.1.0", names)
    tree = store.tree(fetch(store, upstream.url, "1.1.0"))
    assert {name: tree.text(name) for name in names} == names


def test_a_path_exists_as_a_file_and_as_a_folder(store: Store, upstream: Upstream) -> None:
    tree = store.tree(fetch(store, upstream.url, "1.0.0"))
    assert (tree.exists("web/i18n"), tree.exists("web/package.json"), tree.exists("web/i18")) == (True, True, False)
