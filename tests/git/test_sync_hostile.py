"""The same workspace gives the same commits, whatever the machine's git, time zone, umask and environment say."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.cli import difykit
from tests.support.repos import Upstream
from tests.support.trees import Content, Link, Script, read_tree, write_tree
from tests.support.workspaces import APP_PATCH, WorkspaceFixture

CONFIG = """\
[core]
	autocrlf = true
	safecrlf = true
	eol = crlf
	hooksPath = {here}/hooks
	attributesFile = {here}/attributes
	excludesFile = {here}/excludes
	fileMode = false
	symlinks = false
	quotePath = true
	editor = false
	pager = false
[init]
	templateDir = {here}/template
	defaultBranch = weird/name
[commit]
	gpgSign = true
	template = {here}/attributes
	cleanup = verbatim
[tag]
	gpgSign = true
[gpg]
	program = false
[user]
	useConfigOnly = true
	signingKey = none
[status]
	showUntrackedFiles = no
	branch = true
[diff]
	external = false
	renames = copies
	noprefix = true
[log]
	showSignature = true
	showRoot = false
	date = relative
[color]
	ui = always
[fetch]
	prune = true
	pruneTags = true
	recurseSubmodules = true
	writeCommitGraph = true
[submodule]
	recurse = true
[checkout]
	defaultRemote = nowhere
[transfer]
	unpackLimit = 1
[fastimport]
	unpackLimit = 0
[extensions]
	worktreeConfig = true
[i18n]
	commitEncoding = latin1
	logOutputEncoding = latin1
[filter "evil"]
	clean = false
	smudge = false
	required = true
"""
HELLO = "api: {blueprints: ['controllers.hello:bp']}\ngateway: {routes: [{path: /custom-endpoint}]}\n"


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path)
    made.release(
        "1.0.0", {"api/crlf.txt": "a\r\nb\n", "api/run.sh": Script("#!/bin/sh\n"), ".gitattributes": "* text\n"}
    )
    return made


def made_in(folder: Path, upstream: Upstream) -> WorkspaceFixture:
    """The workspace, complete: every kind of layer, modes, links, text beyond ASCII."""
    space = WorkspaceFixture(folder, upstream)
    space.patch("0001-app.patch", APP_PATCH.replace("Ann", "Änn").replace("to see it", "für alle"))
    tree: dict[str, Content] = {
        "api/controllers/hello.py": "bp = 1\n",
        "run": Script("#!/bin/sh\n"),
        "link": Link("run"),
        "w.txt": "a\r\n",
    }
    space.overlay("hello", tree, HELLO)
    return space


def hostile_env(folder: Path) -> dict[str, str]:
    """A user's git that gets in the way wherever it can."""
    ran = f"#!/bin/sh\ntouch {folder}/ran\nexit 1\n"
    hooks = ("reference-transaction", "post-checkout", "pre-commit", "post-index-change", "pre-auto-gc", "post-merge")
    write_tree(
        folder,
        {
            "config": CONFIG.format(here=folder),
            "attributes": "* text=auto eol=crlf ident filter=evil\n",
            "excludes": "*.py\n*.txt\nrun\n",
            **{f"hooks/{name}": Script(ran) for name in hooks},
            **{f"template/hooks/{name}": Script(ran) for name in hooks},
            "template/info/attributes": "* filter=evil\n",
        },
    )
    return {
        "GIT_CONFIG_GLOBAL": str(folder / "config"),
        "GIT_DIR": str(folder / "elsewhere"),
        "GIT_WORK_TREE": str(folder),
        "GIT_INDEX_FILE": str(folder / "index"),
        "GIT_OBJECT_DIRECTORY": str(folder / "objects"),
        "GIT_AUTHOR_NAME": "Somebody",
        "GIT_AUTHOR_DATE": "1 Jan 2001",
        "GIT_COMMITTER_DATE": "1 Jan 2001",
        "GIT_NAMESPACE": "space",
        "GIT_DEFAULT_HASH": "sha256",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_EDITOR": "false",
        "GIT_PAGER": "false",
        "GIT_LITERAL_PATHSPECS": "1",
        "TZ": "Pacific/Kiritimati",
        "LANG": "C",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "7",
        "LANGUAGE": "de",
    }


def test_a_hostile_machine_gives_the_same_commit_and_the_same_files(tmp_path: Path, upstream: Upstream) -> None:
    plain = made_in(tmp_path / "one", upstream)
    hostile = made_in(tmp_path / "two" / "ü b", upstream)
    env = hostile_env(tmp_path / "hostile")
    first = difykit("sync", "--json", cwd=plain.root, env={"TZ": "UTC", "PYTHONHASHSEED": "1"}, umask=0o022)
    second = difykit("sync", "--json", cwd=hostile.root, env=env, umask=0o077)
    assert first.code == 0, first.err
    assert second.code == 0, second.err
    assert json.loads(first.out) == json.loads(second.out)
    assert read_tree(plain.source) == read_tree(hostile.source)
    assert (hostile.source / "link").is_symlink()
    assert os.access(hostile.source / "api/run.sh", os.X_OK)
    assert (plain.root / "difykit.lock").read_bytes() == (hostile.root / "difykit.lock").read_bytes()
    assert not (tmp_path / "hostile/ran").exists()


def test_a_hostile_machine_has_nothing_to_do_the_second_time(tmp_path: Path, upstream: Upstream) -> None:
    space = made_in(tmp_path / "one", upstream)
    env = hostile_env(tmp_path / "hostile")
    assert difykit("sync", cwd=space.root, env=env).code == 0
    again = difykit("sync", cwd=space.root, env=env)
    assert (again.code, [line[:4] for line in again.err.splitlines()]) == (0, ["skip", "skip"])


def test_a_hostile_machine_still_sees_edits(tmp_path: Path, upstream: Upstream) -> None:
    space = made_in(tmp_path / "one", upstream)
    env = hostile_env(tmp_path / "hostile")
    assert difykit("sync", cwd=space.root, env=env).code == 0
    write_tree(space.source, {"new.py": "mine"})
    assert "\n  new.py\n" in difykit("sync", cwd=space.root, env=env).err
