"""Bad inputs: the lock, the command line and the environment."""

from __future__ import annotations

import os

import pytest

from tests.git import bad_inputs_compose
from tests.git.bad_inputs import AND_THEN, SHELL, TICKS, Bad, files, fine
from tests.support.trees import Link
from tests.support.workspaces import WorkspaceFixture

LOCK = "version: 1\nengine: 1\nupstream: {ref: '1.0.0', commit: %s, tree: %s}\n"
OTHERS = "'" + "1" * 40 + "'"


def _read_only(space: WorkspaceFixture) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    space.root.chmod(0o555)


LOCKS = (
    Bad(
        "a tag that was moved",
        files({"difykit.lock": LOCK % (OTHERS, OTHERS)}),
        (
            "the ref 1.0.0 of file://UPSTREAM is commit COMMIT, but difykit.lock says COMMIT: the tag "
            "was moved, or this is another repository"
        ),
        hint="find out which; if you trust the new commit, remove difykit.lock and sync again",
        said="step fetch Dify 1.0.0 from file://UPSTREAM\n  ok Dify 1.0.0 is commit COMMIT\n",
        code=1,
    ),
    Bad(
        "a lock with a conflict of git",
        files({"difykit.lock": "<<<<<<< HEAD\nversion: 1\n=======\n"}),
        "difykit.lock:2: is not YAML: mapping values are not allowed here",
    ),
    Bad(
        "a lock of another version",
        files({"difykit.lock": "version: 2\n"}),
        "difykit.lock:1: version: this difykit reads version 1, not 2; upgrade difykit if the file is newer",
        hint="update difykit to the version that wrote difykit.lock, or a newer one; nothing was written",
    ),
    Bad(
        "a lock with half an id",
        files({"difykit.lock": LOCK % ("abc1234", f"'{SHELL}'")}),
        (
            "difykit.lock:3: upstream.commit: 'abc1234' is not a full commit or tree id\n"
            "difykit.lock:3: upstream.tree: '$(touch CANARY)' is not a full commit or tree id"
        ),
    ),
    Bad(
        "a lock that is empty",
        files({"difykit.lock": ""}),
        "difykit.lock:1: must be a mapping that starts with `version: 1`",
    ),
    Bad(
        "a folder for a lock",
        files({"difykit.lock/x": ""}),
        "difykit.lock: cannot be read: it is a folder, and no file",
        hint="put a file in its place",
    ),
    Bad(
        "no lock where it must not change",
        fine,
        "difykit.lock is not what this workspace gives, and --locked (the default where CI is set) leaves it alone",
        hint="run `difykit sync` on your machine and commit difykit.lock",
        said="skip source: 0 layers on Dify 1.0.0, all as before\n",
        code=1,
        args=("sync", "--locked"),
    ),
)
ENVIRONMENT = (
    Bad(
        "no git",
        fine,
        "git is not installed",
        hint="install git and run the command again",
        code=1,
        env={"PATH": "/nowhere"},
        fetched=False,
    ),
    Bad(
        "no git once the release is here",
        fine,
        "git is not installed",
        hint="install git and run the command again",
        code=1,
        env={"PATH": "/nowhere"},
    ),
    Bad(
        "no workspace",
        fine,
        "TMP is not in a difykit workspace (no difykit.yaml here or above)",
        hint="make one: difykit init my-dify",
        code=1,
        cwd=".",
    ),
    Bad(
        "a git that may use https only",
        fine,
        "cannot fetch 1.0.0 from file://UPSTREAM: fatal: transport 'file' not allowed",
        hint="check the network and upstream.url in difykit.yaml, then run it again",
        said="step fetch Dify 1.0.0 from file://UPSTREAM\n",
        code=1,
        env={"GIT_ALLOW_PROTOCOL": "https"},
        fetched=False,
    ),
    Bad(
        "a workspace that is read only",
        _read_only,
        "TMP/space/.difykit: Permission denied",
        hint="mend it and run the command again; nothing is half done",
        code=1,
        fetched=False,
    ),
    Bad(
        "a file where .difykit belongs",
        files({".difykit": "mine"}),
        "TMP/space/.difykit is not a folder, and difykit keeps what it makes in a folder of this name",
        hint="move it away: mv TMP/space/.difykit TMP/space/.difykit-before; then: difykit sync",
        code=1,
        fetched=False,
    ),
    Bad(
        "work of one's own where the source belongs",
        files({".difykit/source/mine": "mine"}),
        "TMP/space/.difykit/source exists and is not difykit's work tree",
        hint="move TMP/space/.difykit/source away, then sync again",
        code=1,
    ),
    Bad(
        "a link where the source belongs",
        files({".difykit/source": Link("../patches")}),
        "TMP/space/.difykit/source exists and is not difykit's work tree",
        hint="move TMP/space/.difykit/source away, then sync again",
        code=1,
    ),
    Bad(
        "a patch to show that no one has",
        fine,
        "there is no patch $(touch CANARY): patches/series names none",
        hint="see patches/series",
        code=1,
        args=("patch.show", SHELL),
    ),
    Bad(
        "an overlay to enable that no one has",
        fine,
        "there is no overlay ; touch CANARY ;",
        hint="see them all: difykit overlay.list",
        code=1,
        args=("overlay.enable", AND_THEN),
    ),
    Bad(
        "an overlay to disable that is not enabled",
        fine,
        "there is no overlay `touch CANARY`",
        hint="see them all: difykit overlay.list",
        code=1,
        args=("overlay.disable", TICKS),
    ),
    Bad(
        "an overlay to show outside",
        fine,
        "there is no overlay ../../etc",
        hint="see them all: difykit overlay.list",
        code=1,
        args=("overlay.show", "../../etc"),
    ),
    Bad(
        "a new overlay outside",
        fine,
        "'../../x' cannot be the name of an overlay",
        hint="use a-z, 0-9 and '-', with a letter or a digit at both ends, 64 characters at most: x",
        code=1,
        args=("overlay.new", "../../x", "--kind", "page"),
    ),
    Bad(
        "a new overlay of no kind",
        fine,
        "there is no kind $(touch CANARY)",
        hint="--kind takes endpoint, console-endpoint, table, page, env, compose",
        code=1,
        args=("overlay.new", "mine", "--kind", SHELL),
    ),
)
ROWS = (*LOCKS, *ENVIRONMENT, *bad_inputs_compose.ROWS)
