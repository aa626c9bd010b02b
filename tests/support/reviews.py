"""Workspaces whose upgrade needs a merge beyond git, by what stands in their file; and reviews as tests read them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.cli import Ran, inv
from tests.support.pieces import Files, json_of, module
from tests.support.trees import Content
from tests.support.upgrades import LINES, Moving, patch_of, text, upstream_of

EVIL = (
    "</pre><script>document.title='x'</script><img src=http://127.0.0.1:9/x> ``` ~~~~ ````` @all [a](http://b) | # -->"
)
CODE = "import a\n\n\n" + "\n\n".join(f"def f{n}(x):\n    return g{n}(x)\n" for n in range(9))


@dataclass
class Case:
    """A file that a strategy of difykit's merges, as it is on the three sides, and as it comes out."""

    strategy: str
    old: Files
    new: Files
    yours: Files
    path: str
    result: str | None
    was: str = ""
    absent: tuple[str, ...] = ()
    """The sides that have no such file."""
    kinds: tuple[str, ...] = ("patch",)


def _json(**texts: str) -> Case:
    path = "web/config.json"
    both = json_of(a=1, mine=texts["mine"], theirs=texts["theirs"])
    return Case(
        "json by key",
        {path: json_of(a=1)},
        {path: json_of(a=1, theirs=texts["theirs"])},
        {path: json_of(a=1, mine=texts["mine"])},
        path,
        both,
        kinds=("patch", "overlay"),
    )


_RENAMED = "import a\n\n\n" + "".join(
    f"def new_and_long_of_name_{number}():\n    print({number} * 'of a kind')\n\n\n" for number in range(8)
)
_TEXTS = {"title": "Title", "button": "Button"}

CASES: dict[str, Case] = {
    "keys of both": _json(mine="m", theirs="t"),
    "html and back-ticks": _json(mine=EVIL, theirs=EVIL.upper()),
    "what turns the direction of text": _json(mine="\u202eabc\u2066", theirs="\x7f\u200b"),
    "a very long line": _json(mine="m" * 300_000, theirs="t" * 300_000),
    "both add it": Case(
        "json by key",
        {},
        {"web/config.json": json_of(a=1, theirs=2)},
        {"web/config.json": json_of(a=1, mine=3)},
        "web/config.json",
        json_of(a=1, mine=3, theirs=2),
        absent=("base",),
    ),
    "no line feed at the end": Case(
        "json by key",
        {"web/config.json": json_of(a=1).rstrip("\n")},
        {"web/config.json": json_of(a=1, theirs=2).rstrip("\n")},
        {"web/config.json": json_of(a=1, mine=3).rstrip("\n")},
        "web/config.json",
        json_of(a=1, mine=3, theirs=2).rstrip("\n"),
    ),
    "control characters, and upstream deletes it": Case(
        "layout and notes only",
        {"api/a.py": "x = 1  # \x1b[31mred\x07\r\ny = 2\n"},
        {"api/a.py": None},
        {"api/a.py": "x = 1   # \x1b[31mred\x07\r\ny = 2\n"},
        "api/a.py",
        None,
        absent=("upstream", "result"),
    ),
    "you delete it": Case(
        "texts taken away",
        {"web/i18n/uk-UA/app.json": json_of(**_TEXTS)},
        {"web/i18n/uk-UA/app.json": json_of(title="New", button="Button")},
        {"web/i18n/uk-UA/app.json": None},
        "web/i18n/uk-UA/app.json",
        None,
        absent=("yours", "result"),
    ),
    "upstream moves and rewrites it": Case(
        "rename followed, another diff",
        {"api/a/mod.py": CODE},
        {
            "api/a/mod.py": None,
            "api/b/mod.py": _RENAMED + CODE.replace("import a\n\n\n", "").replace("g1(x)", "g1(x, 1)"),
        },
        {"api/a/mod.py": CODE.replace("g6(x)", "g6(x, 6)")},
        "api/b/mod.py",
        _RENAMED + CODE.replace("import a\n\n\n", "").replace("g1(x)", "g1(x, 1)").replace("g6(x)", "g6(x, 6)"),
        was="api/a/mod.py",
    ),
    "a module of texts becomes json": Case(
        "i18n ts to json",
        {"web/i18n/en-US/app.ts": module(**_TEXTS)},
        {"web/i18n/en-US/app.ts": None, "web/i18n/en-US/app.json": json_of(**_TEXTS)},
        {"web/i18n/en-US/app.ts": module(title="Mine", button="Button")},
        "web/i18n/en-US/app.json",
        json_of(title="Mine", button="Button"),
        was="web/i18n/en-US/app.ts",
        kinds=("patch", "overlay"),
    ),
    "no text, in a folder that upstream moves": Case(
        "folder renamed",
        {f"api/old/{name}.py": text([f"{name} {line}" for line in LINES]) for name in "abc"},
        {
            **{f"api/old/{name}.py": None for name in "abc"},
            **{f"api/new/{name}.py": text([f"{name} {line}" for line in LINES]) for name in "abc"},
        },
        {"api/old/own.bin": "\0own"},
        "api/new/own.bin",
        "\0own",
        absent=("base", "upstream"),
    ),
}


def workspace_of(folder: Path, case: Case, kind: str = "patch") -> Moving:
    """A workspace on 1.0.0 with a patch, or an overlay, of the case's file; another patch is merged by git."""
    plain = {"api/long.py": text()}
    old: dict[str, Content] = {**{path: t for path, t in case.old.items() if t is not None}, **plain}
    new: dict[str, Content] = {**case.new, "api/long.py": "head\n" + text()}
    space = Moving(folder / "ws", upstream_of(folder, ("1.0.0", old), ("1.1.0", new)))
    space.patch("0001-plain.patch", patch_of({"api/long.py": (text(), text(l15="mine"))}))
    if kind == "patch":
        pairs = {path: (case.old.get(path), content) for path, content in case.yours.items()}
        space.patch("0002-beyond.patch", patch_of(pairs, message="Why: to see it\n"))
    else:
        space.overlay("beyond", {path: content or "" for path, content in case.yours.items()})
    return space


def review_of(space: Moving, *words: str) -> dict[str, Any]:
    """What `upgrade.review --json` prints."""
    ran = inv("upgrade.review", "--json", *words, cwd=space.root)
    assert ran.code == 0, ran.err
    assert ran.out.count("\n") == 1
    value: dict[str, Any] = json.loads(ran.out)
    return value


def well(ran: Ran) -> Ran:
    """A run that went well."""
    assert ran.code == 0, ran.err
    return ran
