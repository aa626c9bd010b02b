"""Bad inputs: the trees of overlays."""

from __future__ import annotations

import os
import socket
from contextlib import chdir

import pytest

from tests.git.bad_inputs import SHELL, TICKS, Bad, after, files, overlay, patch
from tests.git.bad_inputs_settings import ENABLED
from tests.support.trees import Link, write_tree
from tests.support.workspaces import APP_PATCH, WorkspaceFixture

MANIFEST = {"difykit.yaml": ENABLED % "a", "overlays/a/overlay.yaml": "version: 1\ndescription: a\n"}
TWO_WRITERS = "make it an edit, or keep one of the two"
OVER_A_PATCH = f"{TWO_WRITERS}; a file that is to win over a patch is named under `overrides`"


def _device(space: WorkspaceFixture) -> None:
    space.overlay("a", {"web/x": ""})
    try:
        os.mknod(space.root / "overlays/a/tree/web/null", 0o20666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root may make a device")


def _pipe(space: WorkspaceFixture) -> None:
    space.overlay("a", {"web/x": ""})
    os.mkfifo(space.root / "overlays/a/tree/web" / TICKS)


def _socket(space: WorkspaceFixture) -> None:
    space.overlay("a", {"x": ""})
    with chdir(space.root / "overlays/a/tree"), socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")  # by its whole path it would be too long


def _outside(space: WorkspaceFixture) -> None:
    write_tree(space.root.parent, {"secret/key": "x"})
    space.overlay("a", manifest="trees: [{from: out}]\n")
    space.write({"overlays/a/out": Link("../../../secret")})


ROWS = (
    Bad(
        "a tree that is not there",
        overlay("trees: [{from: three}]\n"),
        "overlays/a/overlay.yaml:3: trees.0.from: there is no folder overlays/a/three",
    ),
    Bad(
        "a tree outside",
        overlay("trees: [{from: ../b}]\n"),
        "overlays/a/overlay.yaml:3: trees.0.from: '../b' leaves the tree or is not in its plain form",
    ),
    Bad(
        "a tree outside through a link",
        _outside,
        "overlays/a/overlay.yaml:3: trees.0.from: out leaves the overlay through a symlink",
    ),
    Bad(
        "a file for a tree",
        files({**MANIFEST, "overlays/a/tree": "x"}),
        "overlays/a/overlay.yaml:1: trees.0.from: overlays/a/tree is not a folder",
    ),
    Bad(
        "half a character for a tree",
        overlay('trees: [{from: "\\ud800"}]\n'),
        "overlays/a/overlay.yaml:3: is not YAML: the character 0xd800 may not stand there",
    ),
    Bad(
        "overrides of nothing",
        overlay("overrides: [web/x]\n", {"web/y": ""}),
        "overlays/a/overlay.yaml:3: overrides.0: web/x is no file of the overlay's trees",
    ),
    Bad(
        "a link out of the tree",
        overlay(tree={"web/link": Link("../../../../secret")}),
        "TMP/space/overlays/a/tree/web/link: the link to '../../../../secret' leaves the tree",
        hint="make it a file, or link inside it",
        code=1,
    ),
    Bad(
        "an absolute link",
        overlay(tree={"link": Link("/etc/passwd")}),
        "TMP/space/overlays/a/tree/link: the link to '/etc/passwd' leaves the tree",
        hint="make it a file, or link inside it",
        code=1,
    ),
    Bad(
        "a link into git",
        overlay(tree={"link": Link(".git/config")}),
        "TMP/space/overlays/a/tree/link: the link to '.git/config' reaches into .git",
        hint="make it a file, or link inside it",
        code=1,
    ),
    Bad(
        "a link in a circle",
        overlay(tree={"a": Link("b"), "b": Link("a")}),
        "TMP/space/overlays/a/tree/a: the link to 'b' goes round in circles",
        hint="make it a file, or link inside it",
        code=1,
    ),
    Bad(
        "a file in .git",
        overlay(tree={".git/hooks/post-checkout": "#!/bin/sh\ntouch CANARY\n"}),
        "TMP/space/overlays/a/tree/.git/hooks/post-checkout: '.git/hooks/post-checkout' reaches into .git",
        hint="remove the file from the overlay",
        code=1,
    ),
    Bad(
        "a file in .GIT",
        overlay(tree={"web/.GIT/config": ""}),
        "TMP/space/overlays/a/tree/web/.GIT/config: 'web/.GIT/config' reaches into .git",
        hint="remove the file from the overlay",
        code=1,
    ),
    Bad(
        "a file in git~1",
        overlay(tree={"git~1/config": ""}),
        "TMP/space/overlays/a/tree/git~1/config: 'git~1/config' reaches into .git",
        hint="remove the file from the overlay",
        code=1,
    ),
    Bad(
        "a file in .git by backslashes",
        overlay(tree={"a\\..\\.git\\config": ""}),
        "TMP/space/overlays/a/tree/a\\..\\.git\\config: 'a\\\\..\\\\.git\\\\config' reaches into .git",
        hint="remove the file from the overlay",
        code=1,
    ),
    Bad(
        "a file in .git that colours the screen",
        overlay(tree={".git/\x1b[31m": ""}),
        "TMP/space/overlays/a/tree/.git/\\x1b[31m: '.git/\\x1b[31m' reaches into .git",
        hint="remove the file from the overlay",
        code=1,
    ),
    Bad(
        "a device",
        _device,
        "TMP/space/overlays/a/tree/web/null is not a regular file",
        hint="remove it from the overlay",
        code=1,
    ),
    Bad(
        "a pipe",
        _pipe,
        "TMP/space/overlays/a/tree/web/`touch CANARY` is not a regular file",
        hint="remove it from the overlay",
        code=1,
    ),
    Bad(
        "a socket",
        _socket,
        "TMP/space/overlays/a/tree/socket is not a regular file",
        hint="remove it from the overlay",
        code=1,
    ),
    Bad(
        "a file over a folder",
        overlay(tree={"web": "x"}),
        "overlay a: web is a folder in the release",
        hint="rename the file in the overlay's tree",
        code=1,
    ),
    Bad(
        "a folder over a file",
        overlay(tree={"README.md/x": "x"}),
        "overlay a: README.md is a file in the release, so README.md/x cannot be laid there",
        hint="rename the file in the overlay's tree",
        code=1,
    ),
    Bad(
        "a file over the folder of another overlay",
        after(overlay(tree={"x/y": "1"}), tree={"x": "2"}),
        "overlay b: x is a folder in the release",
        hint="rename the file in the overlay's tree",
        code=1,
    ),
    Bad(
        "two overlays that write two paths",
        after(overlay(tree={SHELL: "", "y": ""}), tree={SHELL: "x", "y": "x"}),
        (
            "overlays/b/overlay.yaml: $(touch CANARY) is a whole file here, but overlay a changes it too\n"
            "overlays/b/overlay.yaml: y is a whole file here, but overlay a changes it too"
        ),
        hint=TWO_WRITERS,
    ),
    Bad(
        "a file over a path that a patch changes",
        after(patch(APP_PATCH), tree={"api/app.py": "x"}),
        "overlays/b/overlay.yaml: api/app.py is a whole file here, but patch 0001-x.patch changes it too",
        hint=OVER_A_PATCH,
    ),
)
