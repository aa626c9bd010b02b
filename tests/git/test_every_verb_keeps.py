"""Whatever a verb does, and however it ends: what is the user's stays, but for what the verb is there to change.

`DIFYKIT_WORKSPACES` says on how many random workspaces (8 if unset); each is put through every verb, in random order.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pkgutil
import signal
import sys
import time
from pathlib import Path

import pytest

import difykit
from difykit.__main__ import program
from tests.support.user_files import RandomWorkspace, Snapshot, random_workspace

SEEDS = int(os.environ.get("DIFYKIT_WORKSPACES", "8"))

_PATCHES = ("patches/", "difykit.lock")
_CONTENT = (*_PATCHES, "overlays/", "difykit.yaml")
_MOVED = (*_CONTENT, ".git/", ".gitattributes")
# A place for what Compose mounts is made where there is none; `_keeps` sees that nothing in it changes.
_RENDERED = (".env", "+data/", "+state/", "+elsewhere")
VERBS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("sync",): ("difykit.lock",),
    ("sync", "--check"): (),
    ("sync", "--locked"): (),
    ("sync", "--discard"): ("difykit.lock", ".difykit/source"),
    ("modify",): ("difykit.lock",),
    ("finish",): _CONTENT,
    ("finish", "--check"): (),
    ("finish", "--new-patch", "All", "--why", "to see it", "--into", "ours"): _CONTENT,
    ("build",): ("difykit.lock",),
    ("build", "--check"): (),
    ("publish", "--to", "127.0.0.1:9/x/"): (),
    ("publish", "--check", "--to", "127.0.0.1:9/x/"): (),
    ("render",): _RENDERED,
    ("deploy",): _RENDERED,
    ("deploy", "--check"): (),
    ("deploy", "--images", "notes.txt"): (),
    ("status",): (),
    ("logs",): (),
    ("down",): (),
    ("doctor",): (),
    ("doctor", "--stack"): (),
    ("topology",): (),
    ("topology", "--svg", "drawn.svg"): ("drawn.svg",),
    ("init", "new"): ("new/",),
    ("init", "."): (),
    ("adopt", "--fork", "../upstream.git", "--ref", "1.99.0", "--check"): (),
    ("adopt", "--fork", "../upstream.git", "--ref", "1.99.0", "--base", "1.98.0"): (*_CONTENT, ".gitattributes"),
    ("adopt.deployment", "docs"): (),
    ("bundle.save", "out.tar"): ("out.tar",),
    ("bundle.load", "notes.txt"): (),
    ("env.check",): (),
    ("env.list",): (),
    ("env.show", "LOG_LEVEL"): (),
    ("env.diff", "1.99.0"): (),
    ("env.set", "LOG_LEVEL=INFO"): (".env",),
    ("env.rotate", "SECRET_KEY"): (),
    ("env.rotate", "SECRET_KEY", "--yes"): (".env",),
    ("image.show", "dify-api-custom:none"): (),
    ("images.prune",): (),
    ("lock.refresh",): ("difykit.lock",),
    ("middleware.dev",): (),
    ("middleware.render", "postgres-patroni", "--node", "10.0.0.1", "--directory", "hosts"): ("hosts/", ".env"),
    ("middleware.up", "hosts"): (),
    ("middleware.down", "hosts"): (),
    ("overlay.check",): (),
    ("overlay.diff", "ours"): (),
    ("overlay.disable", "hello-page"): ("difykit.yaml",),
    ("overlay.eject", "hello-page"): ("overlays/hello-page/",),
    ("overlay.enable", "idle"): ("difykit.yaml",),
    ("overlay.list",): (),
    ("overlay.migration", "hello-table", "--message", "more"): ("overlays/hello-table/",),
    ("overlay.new", "made"): ("overlays/made/", "difykit.yaml"),
    ("overlay.show", "ours"): (),
    ("overlay.split", "ours", "--into", "split-off", "--file", "api"): _CONTENT,
    ("patch.check",): (),
    ("patch.check", "--fresh"): (),
    ("patch.drop", "0001"): _PATCHES,
    ("patch.edit", "0001"): (),
    ("patch.export",): _PATCHES,
    ("patch.list",): (),
    ("patch.new", "--subject", "New", "--why", "to see it"): _PATCHES,
    ("patch.reorder", "0001", "--to", "2"): _PATCHES,
    ("patch.split", "0001", "--by", "hunk"): _PATCHES,
    ("patch.join", "0001", "0002"): _PATCHES,
    ("patch.import", "notes.txt"): _PATCHES,
    ("patch.import", "1.98.0..1.99.0", "--from", "../upstream.git"): _PATCHES,
    ("patch.show", "0001"): (),
    ("patch.stats",): (),
    ("postgres.promote",): (),
    ("upgrade.forecast", "--to", "1.99.0"): (),
    ("upgrade.forecast", "--all", "--html", "forecast.html"): ("forecast.html",),
    ("upgrade.start", "--to", "1.99.0", "--check"): (),
    ("upgrade.start", "--to", "1.99.0"): _MOVED,
    ("upgrade.continue",): _MOVED,
    ("upgrade.continue", "--stay-deleted"): _MOVED,
    ("upgrade.status",): (),
    ("upgrade.resolutions",): (),
    ("upgrade.review",): (),
    ("upgrade.review", "--to", "1.99.0", "--html", "review.html", "--markdown", "review.md"): (
        "review.html",
        "review.md",
    ),
    ("upgrade.abort",): _MOVED,
}
"""Each verb with what it is there to change: a path, a folder's end with `/`, or `+` before where it may only add."""


def _modules() -> list[str]:
    """Everything that a verb may import."""
    names = [module.name for module in pkgutil.walk_packages(difykit.__path__, "difykit.")]
    return [name for name in names if ".demo.dify" not in name and not name.endswith(("__main__", "supervisor"))]


# What is run below is a fork of a process that has imported all of it, and has no threads: it starts at once.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.git.test_every_verb_keeps", *_modules()])


def test_the_table_has_every_verb() -> None:
    assert program.namespace
    names = set(program.namespace.task_names)
    assert {verb[0] for verb in VERBS} | {"demo", "adopt.fork"} >= names


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.kills) for seed in range(1, SEEDS))])
def test_what_is_the_users_stays(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    space = random_workspace(tmp_path, seed)
    verbs = list(VERBS)
    space.dice.shuffle(verbs)
    for verb in verbs:
        _try(space, verb)


def _try(space: RandomWorkspace, verb: tuple[str, ...]) -> None:
    before = space.everything()
    owned = space.owned()
    kill = space.dice.random() < 0.4
    after = space.dice.uniform(0.0, 0.4) if kill else None
    code, output = _run(verb, space.root, after)
    _settled(space.root)
    where = f"{' '.join(verb)}: exit {code}; {', '.join(space.notes)}\n{output}"
    assert code in {0, 1, 2, -signal.SIGKILL}, where
    if code in {1, 2} and "upgrade.continue" not in verb and "upgrade.start" not in verb:
        _keeps(before, space.everything(), (), where)
    else:
        _keeps(owned, space.owned(), VERBS[verb], where)
    if verb == ("sync", "--discard") and code == 0:
        space.edits.clear()
    if verb[0] in {"finish", "patch.new"} and code in {0, -signal.SIGKILL}:
        space.forget_folded()


def _keeps(before: Snapshot, after: Snapshot, changes: tuple[str, ...], where: str) -> None:
    news = {path for path in after.keys() - before.keys() if after[path] != "gone"}
    lost = {path for path, text in before.items() if after.get(path) != text}
    additions = tuple(name.lstrip("+") for name in changes)
    only_changed = tuple(name for name in changes if not name.startswith("+"))
    assert not [path for path in news if not _covered(path, additions)], where
    assert not [path for path in lost if not _covered(path, only_changed)], where


def _covered(path: str, names: tuple[str, ...]) -> bool:
    if ": " in path and not path.startswith(".difykit"):  # in a folder beside the workspace
        return any(name in path.split(": ", maxsplit=1)[0] for name in names)
    return any(path == name or (name.endswith(("/", "source")) and path.startswith(name)) for name in names)


def _run(verb: tuple[str, ...], cwd: Path, after: float | None) -> tuple[int, str]:
    """Run a verb in a process of its own, and kill that alone after so many seconds; its exit code and output."""
    output = cwd.parent / "output"
    output.write_bytes(b"")
    child = _FORKS.Process(target=_child, args=(verb, cwd, output, dict(os.environ)))
    child.start()
    child.join(after if after is not None else 120)
    if child.exitcode is None:
        child.kill()
        child.join()
        assert after is not None, f"{' '.join(verb)} did not end in two minutes\n{output.read_text(errors='replace')}"
    assert child.exitcode is not None
    return child.exitcode, output.read_text(errors="replace")


def _child(verb: tuple[str, ...], cwd: Path, output: Path, env: dict[str, str]) -> None:
    code = 3
    try:
        os.environ.clear()
        os.environ.update(env)
        os.chdir(cwd)
        sink = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in ((0, "r"), (1, "w"), (2, "w")))
        program.run(["difykit", *verb])
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _settled(root: Path) -> None:
    """Wait until nothing works in the workspace any more: what a killed difykit had started ends with it."""
    until = time.monotonic() + 20
    while working := _processes(root):
        assert time.monotonic() < until, f"still at work: {working}"
        time.sleep(0.02)


def _processes(root: Path) -> list[str]:
    working = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                if str(root) in command:
                    working.append(command)
    return working
