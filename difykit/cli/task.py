"""What every command shares: the task decorator, the error boundary, and finding the workspace."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.context import Context
from invoke.tasks import task

from difykit.cli.screen import Screen, boundary
from difykit.core import redact, transaction
from difykit.core.errors import CommandFailed, Damaged, DifyKitError

if TYPE_CHECKING:
    from difykit.workspace.workspace import Workspace


def command(
    *, positional: tuple[str, ...] = (), repeated: tuple[str, ...] = (), **options: str
) -> Callable[[Callable[..., None]], Any]:
    """A task whose options are explained by `options`, and whose errors are told as difykit tells them.

    `positional` need no flag, `repeated` may be given more than once.

    Short flags are off: Invoke would deal them out by the order of arguments, and re-label them with the next one.
    """

    def wrap(body: Callable[..., None]) -> Any:
        @functools.wraps(body)
        def run(context: Context, *args: Any, **kwargs: Any) -> None:
            with boundary(root), _damage_named(body.__name__):
                _refuse_credentials(kwargs)
                body(context, *args, **kwargs)

        shown = {_flag(name): text for name, text in options.items()}
        return task(help=shown, auto_shortflags=False, positional=positional, iterable=repeated)(run)

    return wrap


def _flag(name: str) -> str:
    """An option as it is typed; its name in Python may end with `_`, where Python has the word itself."""
    return name.strip("_").replace("_", "-")


def _refuse_credentials(options: Mapping[str, Any]) -> None:
    """Raise DifyKitError for an option with a credential in a URL; the value of a setting may have one."""
    for name, value in options.items():
        for text in value if isinstance(value, list) else [value]:
            if not isinstance(text, str) or name == "assignment":
                continue
            if fault := redact.fault(text, passed={"account"} if name == "fork" else ()):
                raise DifyKitError(
                    f"--{_flag(name)}: {fault}, and others on this machine can read a command's arguments",
                    hint="give the address alone; git's credential helpers, ~/.netrc or docker login have the login",
                )


@contextmanager
def _damage_named(verb: str) -> Iterator[None]:
    """Where git fails or a verb trips, and something below `.difykit` is damaged: say that, and what mends it."""
    try:
        yield
    except Exception as error:
        git_failed = isinstance(error, CommandFailed) and error.argv[0] == "git"
        unclear = not isinstance(error, DifyKitError | BrokenPipeError) or git_failed
        if verb == "sync" or not unclear:  # `sync` has looked itself
            raise
        from difykit.git import look_over

        top = root()
        harms = look_over(top) if top else []
        if not harms:
            raise
        lines = "\n".join(harm.text for harm in harms)
        raise Damaged(f"{lines}\nPatches, overlays and settings are not part of it.", hint=harms[0].mend) from error


def find_workspace(*, ends: str = "") -> Workspace:
    """The workspace of the current folder; what was cut off between two files is finished first, whoever began it.

    `ends` names whose work the verb ends itself; a sync also puts aside what cannot be finished.
    Raises DifyKitError when there is none.
    """
    from difykit.workspace.workspace import Workspace

    top = root()
    if top and (top / ".difykit").is_dir():  # what stands there instead is told by the verb itself
        _recover(top, ends)
    return Workspace.find(Path.cwd())


def _recover(top: Path, ends: str) -> None:
    try:
        pending = transaction.pending(top)
        if pending and pending.owner.name != ends:
            _finisher(pending.owner.name)(top, Screen())
    except (transaction.Broken, CommandFailed):
        if ends != "sync":  # which puts aside the one, and mends the store where it is why of the other
            raise
    except Damaged:
        if ends != "upgrade":
            raise


def _finisher(owner: str) -> Callable[[Path, Screen], None]:
    if owner == "upgrade":
        from difykit.porting import recover as finisher
    elif owner == "finish":
        from difykit.authoring import recover as finisher
    else:
        from difykit.core.transaction import finish as finisher
    return finisher


def root() -> Path | None:
    """The workspace's folder, found without reading it: a crash report must not fail on what is wrong in it."""
    current = Path.cwd()
    return next((folder for folder in (current, *current.parents) if os.path.lexists(folder / "difykit.yaml")), None)
