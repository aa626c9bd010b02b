"""Pieces of workspaces: what a customisation is about, and what the next release does to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.support.mixed import CALLS, RUN
from tests.support.upgrades import LINES, text

Files = dict[str, str | None]
"""Contents by path; None for a file that goes."""


@dataclass
class Piece:
    """One customisation, the files that it is about at the pin, and what the next release does to them."""

    old: Files
    new: Files
    yours: Files = field(default_factory=dict)
    manifest: str = ""
    message: str = "Why: to see it\n"
    kinds: tuple[str, ...] = ("patch", "overlay")
    """What it may be; a piece with a manifest is an overlay."""


def json_of(**values: object) -> str:
    return json.dumps(values, indent=2) + "\n"


def module(**texts: str) -> str:
    """A module of texts, as Dify had them before 1.10."""
    rows = "".join(f"  {key}: '{value}',\n" for key, value in texts.items())
    return f"const translation = {{\n{rows}}}\n\nexport default translation\n"


MINE = text(l15="mine")


def _lines(name: str, new: str | None, yours: str | None = MINE, **more: str | None) -> Piece:
    path = f"api/{name}/file.py"
    return Piece({path: text()}, {path: new, **more}, {path: yours})


def _moved(name: str, new: str, yours: str | None = MINE) -> Piece:
    return _lines(name, None, yours, **{f"api/{name}/deep/file.py": new})


def _json(old: str | None, new: str | None, yours: str | None, name: str) -> Piece:
    path = f"web/{name}/config.json"
    return Piece({path: old} if old else {}, {path: new}, {path: yours})


TEXTS = {"title": "Title", "button": "Button", "hint": "Hint"}


def _texts(name: str, new: Mapping[str, str], **mine: str) -> Piece:
    path = f"web/i18n/en-US/{name}"
    return Piece(
        {f"{path}.ts": module(**TEXTS)},
        {f"{path}.ts": None, f"{path}.json": json_of(**new)},
        {f"{path}.ts": module(**{**TEXTS, **mine})},
    )


def _manifest(manifest: str, old: Files, new: Files) -> Piece:
    return Piece(old, new, manifest=manifest, kinds=("overlay",))


def _replace(name: str, new: str | None, find: str = "line 15") -> Piece:
    path = f"api/{name}/file.py"
    edit = f"edits:\n  - {{file: {path}, replace: {{find: '{find}', with: 'mine 15', count: 1}}}}\n"
    return _manifest(edit, {path: text()}, {path: new})


def _merge_edit(name: str, new: str | None) -> Piece:
    path = f"web/{name}/config.json"
    return _manifest(f"edits:\n  - {{file: {path}, json: {{merge: {{mine: 1}}}}}}\n", {path: json_of(a=1)}, {path: new})


def _text_edit(name: str, new: Files) -> Piece:
    path = f"web/i18n/en-US/{name}"
    edit = f"edits:\n  - {{i18n: {{locale: en-US, key: {name}.title, value: Mine}}}}\n"
    return _manifest(edit, {f"{path}.ts": module(**TEXTS)}, {f"{path}.ts": None, **new})


_CALL = (
    "def run():\n    call(\n        a=1,\n        b=2,\n        c=3,\n        d=4,\n        e=5,\n        f=6,\n    )\n"
)

_FEWER = CALLS.replace("url, *, timeout=3, retries=1", "url, *, retries=1").replace("head, timeout, ", "head, ")
_GIVEN = CALLS.replace("def feed(url):\n    first = fetch(url)", "def feed(url):\n    first = fetch(url, timeout=9)")

PIECES: dict[str, Callable[[str], Piece]] = {
    "untouched": lambda n: _lines(n, text()),
    "elsewhere": lambda n: _lines(n, text(l28="theirs")),
    "shifted": lambda n: _lines(n, "head\n" + text()),
    "conflict": lambda n: _lines(n, text(l15="theirs")),
    "near": lambda n: _lines(n, text(l14="theirs")),
    "absorbed": lambda n: _lines(n, MINE),
    "absorbed and more": lambda n: _lines(n, text(l3="theirs", l15="mine")),
    "deleted": lambda n: _lines(n, None),
    "layout only, deleted": lambda n: _lines(n, None, text(l15="line 15 ")),
    "moved": lambda n: _moved(n, text()),
    "moved and changed": lambda n: _moved(n, text(l25="theirs")),
    "moved and in conflict": lambda n: _moved(n, text(l15="theirs")),
    "moved far": lambda n: _moved(n, "".join(f"{line}\n" for line in [*LINES[8:], *map(str, range(12))])),
    "you delete": lambda n: _lines(n, text(), None),
    "you delete, they change": lambda n: _lines(n, text(l3="theirs"), None),
    "you delete, they too": lambda n: _lines(n, None, None),
    "you delete, they move": lambda n: _moved(n, text(), None),
    "you move": lambda n: Piece(
        {f"api/{n}/a.py": text()}, {f"api/{n}/a.py": text(l3="theirs")}, {f"api/{n}/a.py": None, f"api/{n}/b.py": MINE}
    ),
    "you move, they too": lambda n: Piece(
        {f"api/{n}/a.py": text()},
        {f"api/{n}/a.py": None, f"api/{n}/c.py": text(l3="theirs")},
        {f"api/{n}/a.py": None, f"api/{n}/b.py": MINE},
    ),
    "you move, they delete": lambda n: Piece(
        {f"api/{n}/a.py": text()}, {f"api/{n}/a.py": None}, {f"api/{n}/a.py": None, f"api/{n}/b.py": MINE}
    ),
    "you add": lambda n: Piece({}, {}, {f"api/{n}/own.py": text()}),
    "you add, they too": lambda n: Piece({}, {f"api/{n}/own.py": MINE}, {f"api/{n}/own.py": text()}),
    "you add, they the same": lambda n: Piece({}, {f"api/{n}/own.py": text()}, {f"api/{n}/own.py": text()}),
    "you add, they have a folder": lambda n: Piece(
        {}, {f"api/{n}/own.py/inner.py": "x = 1\n"}, {f"api/{n}/own.py": text()}
    ),
    "you add in a folder that moves": lambda n: Piece(
        {f"api/{n}/{x}.py": text([f"{x} {line}" for line in LINES]) for x in "abc"},
        {
            **{f"api/{n}/{x}.py": None for x in "abc"},
            **{f"api/new_{n}/{x}.py": text([f"{x} {line}" for line in LINES]) for x in "abc"},
        },
        {f"api/{n}/own.py": "own = 1\n"},
    ),
    "another spelling": lambda n: Piece({}, {f"api/{n}/Own.py": text()}, {f"api/{n}/own.py": text()}),
    "two files, one absorbed": lambda n: Piece(
        {f"api/{n}/a.py": text(), f"api/{n}/b.py": text()},
        {f"api/{n}/a.py": MINE},
        {f"api/{n}/a.py": MINE, f"api/{n}/b.py": MINE},
    ),
    "two files, one gone": lambda n: Piece(
        {f"api/{n}/a.py": text(), f"api/{n}/b.py": text()},
        {f"api/{n}/a.py": None},
        {f"api/{n}/a.py": MINE, f"api/{n}/b.py": MINE},
    ),
    "json, both add": lambda n: _json(None, json_of(a=1, theirs=2), json_of(a=1, mine=3), n),
    "json, both add at odds": lambda n: _json(None, json_of(a=1), json_of(a=2), n),
    "json, keys of both": lambda n: _json(json_of(a=1), json_of(a=1, theirs=2), json_of(a=1, mine=3), n),
    "json, one value": lambda n: _json(json_of(a=1), json_of(a=2), json_of(a=3), n),
    "json, the key twice": lambda n: _json(
        json_of(a=1, b=2, c=3, d=4, e=5, f=6),
        json_of(mine=1, a=1, b=2, c=3, d=4, e=5, f=6),
        json_of(a=1, b=2, c=3, d=4, e=5, mine=2, f=6),
        n,
    ),
    "an argument twice": lambda n: Piece(
        {f"api/{n}/call.py": _CALL},
        {f"api/{n}/call.py": _CALL.replace("a=1,", "a=1,\n        new=0,")},
        {f"api/{n}/call.py": _CALL.replace("f=6,", "f=6,\n        new=1,")},
    ),
    "a parameter goes": lambda n: Piece(
        {f"api/{n}/calls.py": CALLS}, {f"api/{n}/calls.py": _FEWER}, {f"api/{n}/calls.py": _GIVEN}
    ),
    "a parameter goes, and the file moves": lambda n: Piece(
        {f"api/{n}/calls.py": CALLS},
        {f"api/{n}/calls.py": None, f"api/{n}/deep/calls.py": _FEWER},
        {f"api/{n}/calls.py": _GIVEN},
    ),
    "an assignment that nothing reads any more": lambda n: Piece(
        {f"api/{n}/run.py": RUN},
        {f"api/{n}/run.py": RUN.replace("    return run(q)\n", "    stmt = select()\n    return run(stmt)\n")},
        {f"api/{n}/run.py": RUN.replace("    log(user)\n", '    log(user)\n    if mine:\n        q = "B"\n')},
    ),
    "imports of both": lambda n: Piece(
        {f"api/{n}/use.py": "from x import a\n\nprint(a)\n"},
        {f"api/{n}/use.py": "from x import a, b\n\nprint(a)\nprint(b)\n"},
        {f"api/{n}/use.py": "from x import a, c\n\nprint(c)\nprint(a)\n"},
    ),
    "lines that adjoin": lambda n: Piece(
        {f"web/{n}/notes.md": "one\ntwo\n"},
        {f"web/{n}/notes.md": "one\ntwo\ntheirs\n"},
        {f"web/{n}/notes.md": "one\ntwo\nmine\n"},
    ),
    "texts to json": lambda n: _texts(n, TEXTS, title="Mine"),
    "texts to json, both": lambda n: _texts(n, {**TEXTS, "title": "Theirs"}, title="Mine"),
    "texts to json, new key": lambda n: _texts(n, TEXTS, own="Mine"),
    "only for the pin": lambda n: Piece(
        {f"api/{n}/file.py": text()},
        {f"api/{n}/file.py": None},
        {f"api/{n}/file.py": MINE},
        message="Applies-to: <1.1\n",
        kinds=("patch",),
    ),
    "overlay only for the pin": lambda n: Piece(
        {}, {}, {f"api/{n}/own.py": "x = 1\n"}, 'requires: {dify: "<1.1"}\n', kinds=("overlay",)
    ),
    "edit fits": lambda n: _replace(n, text()),
    "edit fits a changed file": lambda n: _replace(n, text(l3="theirs")),
    "edit lost": lambda n: _replace(n, text(l15="theirs")),
    "edit without file": lambda n: _replace(n, None),
    "insert that is there": lambda n: _manifest(
        f"edits:\n  - {{file: api/{n}/f.py, insert: {{after: line 15, text: mine}}}}\n",
        {f"api/{n}/f.py": text()},
        {f"api/{n}/f.py": text(l15="line 15\nmine")},
    ),
    "json edit fits": lambda n: _merge_edit(n, json_of(a=2)),
    "json edit, no json": lambda n: _merge_edit(n, "no json\n"),
    "json edit, no file": lambda n: _merge_edit(n, None),
    "text edit to json": lambda n: _text_edit(n, {f"web/i18n/en-US/{n}.json": json_of(**TEXTS)}),
    "text edit, no text": lambda n: _text_edit(n, {f"web/i18n/en-US/{n}.json": json_of(other="x")}),
    "text edit, no file": lambda n: _text_edit(n, {}),
    "the tree of each release": lambda n: _manifest(
        "trees: [{from: old, when: {dify: '<1.1'}}, {from: new, when: {dify: '>=1.1'}}]\n",
        {f"api/{n}/file.py": text()},
        {f"api/{n}/file.py": text(l3="theirs")},
    ),
}
"""Every piece by what becomes of it; each is asked for with a name of its own, which is in all of its paths."""
