"""`upgrade.resolutions`: what people resolved, listed, shown, forgotten, handed on."""

from __future__ import annotations

from pathlib import Path

from invoke.context import Context

from difykit.cli.screen import Screen, document, result, table
from difykit.cli.task import command, find_workspace
from difykit.core.errors import UsageError
from difykit.core.terminal import Lines

_HEAD = ("NAME", "PATH", "KIND", "LAYER", "RELEASE", "WHEN", "HOW")


@command(
    show="show one of them: its name, the first letters of it, or its path",
    forget="forget one of them: it is asked again",
    export="write them into this file, for git or a colleague",
    import_="take those in from such a file",
    json="print the outcome as one line of JSON",
)
def resolutions(
    _: Context, show: str = "", forget: str = "", export: str = "", import_: str = "", json: bool = False
) -> None:
    """List what was resolved by hand and is remembered."""
    from difykit.porting import exchange, remembered

    options = {"--show": show, "--forget": forget, "--export": export, "--import": import_}
    chosen = [name for name, value in options.items() if value]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)}: one at a time", hint="run it once for each")
    workspace, screen = find_workspace(), Screen()
    if show:
        _show(show, json=json)
    elif forget:
        note = remembered.forget(workspace, forget, screen)
        document({"forgotten": note.describe()}) if json else screen.ok(f"{note.label} is forgotten: it is asked again")
    elif export:
        path = workspace.output("--export", export)
        _tell_outcome(exchange.export_to(workspace, path), f"written into {export}", screen, json=json)
    elif import_:
        _tell_outcome(
            exchange.import_from(workspace, Path(import_), screen), f"taken in from {import_}", screen, json=json
        )
    else:
        _list(json=json)


def _list(*, json: bool) -> None:
    from difykit.porting import remembered

    notes = remembered.every(find_workspace())
    if json:
        document({"resolutions": [note.describe() for note in notes]})
    elif notes:
        rows = [(n.name, n.path or "unknown", n.kind, n.layer or "-", n.release or "-", n.when, n.how) for n in notes]
        result(table(_HEAD, rows))
    else:
        result("nothing that was resolved by hand is remembered")


def _show(word: str, *, json: bool) -> None:
    from difykit.porting import remembered

    note, text = remembered.show(find_workspace(), word)
    if json:
        document({**note.describe(), "text": text})
        return
    facts = (("path", note.path or "unknown"), ("kind", note.kind), ("layer", note.layer), ("release", note.release))
    head = [f"{name}: {value}" for name, value in (*facts, ("when", note.when), ("how", note.how)) if value]
    result(Lines([f"resolution {note.name}", *head, "", *text.splitlines()]))


def _tell_outcome(outcome: tuple[int, tuple[str, ...]], action: str, screen: Screen, *, json: bool) -> None:
    """How many were exchanged, and which were not and why."""
    count, left_out = outcome
    if json:
        document({"count": count, "left_out": list(left_out)})
    for text in left_out:
        screen.warn(text)
    screen.ok(f"{count} resolution{'' if count == 1 else 's'} {action}")
