"""Calling git so that the user's configuration cannot change a result, except where it must: when fetching."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from difykit.core import files, process
from difykit.core.errors import CommandFailed, Damaged, MissingTool, Unreadable
from difykit.git.disk import disk_fault

# Attributes of the tree, replacements and hooks would make the same inputs give other bytes on another machine.
_FIXED = {
    "core.hooksPath": os.devnull,
    "core.autocrlf": "false",
    "core.eol": "lf",
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "core.quotePath": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "safe.directory": "*",
    "checkout.workers": "0",  # as many as there are cores: a third of the time for a first check-out
}
# On a FIFO in the place of one of them git would wait without end.
_FILES = (
    *("HEAD", "config", "packed-refs", "shallow", "index", "commondir", "info/exclude", "info/attributes"),
    "objects/info/alternates",
)
_SERVE = "--upload-pack=git -c uploadpack.allowFilter=true -c uploadpack.allowAnySHA1InWant=true upload-pack"
_FAILURE = ("fatal:", "error:", "remote: fatal:", "remote: error:")
_PROTOCOLS = "https:ssh:file"
# A file that is missing is an error here, never a reason to ask somebody: such a question can ask itself without end.
_NO_LAZY_FETCH = {"GIT_NO_LAZY_FETCH": "1"}
_OWN_GIT = {"GIT_EXEC_PATH", "GIT_SSL_CAINFO", "GIT_SSL_NO_VERIFY", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS"}


def isolated_env() -> dict[str, str]:
    """The environment for object work: none of the user's git settings reach it."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env |= {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",  # a question such as status must not write
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    return env | _NO_LAZY_FETCH


def fetch_env() -> dict[str, str]:
    """The environment for fetching: that of `user_env`, and nothing is fetched but what is asked for."""
    return user_env() | _NO_LAZY_FETCH


def user_env() -> dict[str, str]:
    """The environment for the user's own repository: their proxies, CAs, `insteadOf`, credentials; no prompts."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or _stays(key)}
    allowed = os.environ.get("GIT_ALLOW_PROTOCOL", _PROTOCOLS).split(":")
    protocols = ":".join(name for name in _PROTOCOLS.split(":") if name in allowed)
    env |= {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": protocols or "none", "LC_ALL": "C"}
    return env


def _stays(key: str) -> bool:
    return key in _OWN_GIT or key.startswith(("GIT_CONFIG_", "GIT_CURL_", "GIT_HTTP_", "GIT_PROXY_", "GIT_TRACE"))


def argv(*args: str, git_dir: Path | None = None, work_tree: Path | None = None) -> list[str]:
    """The whole git command line, with the settings that make results the same everywhere."""
    options = [f"--git-dir={git_dir}"] if git_dir else []
    options += [f"--work-tree={work_tree}"] if work_tree else []
    fixed = [word for key, value in _FIXED.items() for word in ("-c", f"{key}={value}")]
    return ["git", *options, *fixed, *args]


def git(
    *args: str,
    git_dir: Path | None = None,
    work_tree: Path | None = None,
    stdin: bytes = b"",
    check: bool = True,
    may_refresh: bool = False,
    extra: Mapping[str, str] | None = None,
) -> process.CompletedProgram:
    """Run git isolated, with whatever lock is held here: it writes what that protects, and leaves no daemon behind.

    With `may_refresh` a status writes down which files it found unchanged.

    `extra` is environment on top: who commits, another index.

    Raises CommandFailed when it fails and `check` is set, DifyKitError where that is the disk's fault, MissingTool
    without git, Damaged for a repository that holds a FIFO.
    """
    if git_dir:
        check_answers(git_dir)
    command = argv(*args, git_dir=git_dir, work_tree=work_tree)
    env = isolated_env() | ({"GIT_OPTIONAL_LOCKS": "1"} if may_refresh else {}) | dict(extra or {})
    completed = process.run(command, cwd=work_tree, env=env, stdin=stdin, check=False, hold=files.held_locks())
    if check and completed.code:
        output = (completed.stderr or completed.stdout).decode("utf-8", "replace")
        purpose = "write the work tree" if work_tree else "write the objects of the source"
        if (folder := work_tree or git_dir) and (fault := disk_fault(output, folder, purpose)):
            raise fault
        raise CommandFailed(["git", *args], completed.code, output)  # without the settings, in which the reason drowns
    return completed


def check_answers(git_dir: Path) -> None:
    """Raises Damaged for a repository with a FIFO among the files that git opens: it would wait there without end."""
    refs = (Path(folder, name) for folder, _, names in os.walk(git_dir / "refs") for name in names)
    for path in (*(git_dir / name for name in _FILES), *refs):
        try:
            files.check_answers(path)
        except Unreadable as error:
            hint = "difykit sync" if ".difykit" in git_dir.parts else error.hint
            raise Damaged(f"{git_dir} is damaged: {path.relative_to(git_dir)}: {error.strerror}", hint=hint) from error


def git_fetch(git_dir: Path, *args: str, on_line: Callable[[str], None]) -> tuple[int, str]:
    """Run `git fetch` with the user's network settings; its exit code and last lines.

    Of a failure nothing is handed on: whoever asks makes the error of the last lines, or goes another way.
    Where git is too old to be kept from fetching more by itself, no `--filter` is used: all files come then.
    Raises MissingTool when such a git is to fetch from a partial clone on this machine.
    """
    lines: list[str] = []
    _check_served(args[args.index("--") + 1])
    words = args if stays_put() else tuple(word for word in args if not word.startswith("--filter="))

    failed = False

    def hear(line: str) -> None:
        nonlocal failed
        lines.append(line)
        failed = failed or line.startswith(_FAILURE)
        if not failed:
            on_line(line)

    # core.hooksPath stays off here too: a fetch must not run the user's hooks in difykit's repository.
    fixed = ["-c", f"core.hooksPath={os.devnull}", "-c", "maintenance.auto=false", "-c", "gc.auto=0"]
    command = ["git", f"--git-dir={git_dir}", *fixed, "fetch", *_served_in_part(words), *words]
    code = process.stream(command, hear, env=fetch_env(), check=False)
    return code, "\n".join(lines[-20:])


def _served_in_part(words: Sequence[str]) -> list[str]:
    """For a repository on this machine, which leaves files out only where its own settings say that it may."""
    is_local = words[words.index("--") + 1].startswith("file://")
    return [_SERVE] if is_local and any(word.startswith("--filter=") for word in words) else []


def is_partial(repository: Path) -> bool:
    """Whether a repository may lack objects that it would fetch when they are asked for."""
    return bool(git("config", "--get-regexp", r"^remote\..*\.promisor$", git_dir=repository, check=False).text)


def _check_served(url: str) -> None:
    repository = Path(unquote(url.removeprefix("file://")))
    if not url.startswith("file://") or stays_put():
        return
    if is_partial(repository / ".git" if (repository / ".git").exists() else repository):
        raise MissingTool(
            f"{repository} is a partial clone, and this git cannot be kept from fetching for it",
            hint="upgrade git to 2.44 or newer; or name the repository that it was cloned from",
        )


@cache
def stays_put() -> bool:
    """Whether git can be kept from fetching by itself what a repository lacks.

    From 2.44 on it can, and before that from 2.39.4, 2.40.2, 2.41.1, 2.42.2 and 2.43.4 on. It is asked, since
    distributions bring what is new into versions that are old; the remote that it would ask is nowhere.
    """
    with tempfile.TemporaryDirectory(prefix="difykit-") as folder:
        git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", folder)
        lacking = ("-c", "remote.nowhere.promisor=true", "-c", f"remote.nowhere.url={folder}/nowhere")
        completed = process.run(
            ["git", f"--git-dir={folder}", *lacking, "cat-file", "-e", "1" * 40], env=isolated_env(), check=False
        )
    return b"lazy fetching disabled" in completed.stderr
