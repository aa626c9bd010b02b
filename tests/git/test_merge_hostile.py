"""No content of a file ends a forecast or an upgrade: what cannot be judged is a conflict that names its file.

Each row is a file as it was, as the release has it, and as a patch makes it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from difykit.porting.strategies import bounded_judgement, table
from difykit.porting.strategies.model import MergedText, MergeTexts, Trees
from tests.support.cli import inv
from tests.support.upgrades import Moving, patch_of, upstream_of

PY = "".join(f"v{number} = {number}\n" for number in range(14))
JS = "".join(f"const v{number} = {number}\n" for number in range(14))
BODY = "export function f() {\n" + "".join(f"  const v{number} = {number}\n" for number in range(14)) + "}\n"
READ = PY + "def f(b):\n    q = 1\n    a(b)\n    b(a)\n    c(b)\n    return run(q)\n"
HEAD = PY + "def f(\n    a,\n    b,\n    c,\n    d,\n    e,\n    g,\n):\n    return a\n"
CALL = (
    PY
    + "def f():\n    run(\n        a=1,\n        b=2,\n        c=3,\n        d=4,\n        e=5,\n        g=6,\n    )\n"
)
JSON = '{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}\n'
YAML = "a: 1\nb: 2\nc: 3\n"
TOML = "[a]\nb = 1\n"
DIGITS = "9" * 5000
BOMB = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 8)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


def third(text: str, new: str) -> str:
    """The text with its line about `v3` replaced: both sides' change of it is git's conflict."""
    before, _, after = text.partition("v3 = 3")
    return f"{before}{new}{after}"


ROWS = {
    "a parameter of one name, merged by git": (
        "api/a.py",
        HEAD,
        HEAD.replace("    a,\n", "    a,\n    extra,\n"),
        HEAD.replace("    g,\n", "    g,\n    extra,\n"),
    ),
    "a parameter of one name, in one line": (
        "api/a.py",
        "def f(a, b):\n    return a\n",
        "def f(a, b, x, y=1):\n    return a\n",
        "def f(a, b, y=2, x=3):\n    return a\n",
    ),
    "an argument of one name, merged by git": (
        "api/a.py",
        CALL,
        CALL.replace("        a=1,\n", "        a=1,\n        extras=extras,\n"),
        CALL.replace("        g=6,\n", "        g=6,\n        extras=extras,\n"),
    ),
    "a null byte": ("api/a.py", PY, third(PY, "v3 = 4\0"), third(PY, "v3 = 5")),
    "a null byte far down": (
        "api/a.py",
        PY * 100,
        PY * 99 + PY.replace("v13 = 13", "v13 = 14 #\0"),
        PY * 99 + PY.replace("v13 = 13", "v13 = 15"),
    ),
    "signs without end": ("api/a.py", PY, third(PY, "v3 = " + "-" * 100_000 + "1"), third(PY, "v3 = 5")),
    "attributes without end": ("api/a.py", PY, third(PY, "v3 = a" + ".a" * 50_000), third(PY, "v3 = 5")),
    "a sum without end": ("api/a.py", PY, third(PY, "v3 = " + "+".join("a" * 30_000)), third(PY, "v3 = 5")),
    "branches without end": ("api/a.py", PY, third(PY, "if a: x\n" + "elif b: x\n" * 9000), third(PY, "v3 = 5")),
    "a number without end": ("api/a.py", PY, third(PY, f"v3 = {DIGITS}"), third(PY, "v3 = 5")),
    "another margin": ("api/a.py", PY, third(PY, "v3 = 5\n\tif 1:\n  x"), third(PY, "v3 = 6")),
    "a return at the margin": ("api/a.py", PY, third(PY, "return 3"), third(PY, "v3 = 6")),
    "an await at the margin": ("api/a.py", PY, third(PY, "v3 = 6"), third(PY, "def g(): await x")),
    "nonlocal at the margin": ("api/a.py", PY, third(PY, "v3 = 6"), third(PY, "nonlocal x")),
    "a text without end": ("api/a.py", PY, third(PY, 'v3 = """'), third(PY, "v3 = 5")),
    "an unknown coding": ("api/a.py", f"# coding: a\n{PY}", f"# coding: nope\n{PY}", f"# coding: latin-1\n{PY}"),
    "marks of a conflict": ("api/a.py", PY, third(PY, "<<<<<<< a\n=======\n>>>>>>> b"), third(PY, "v3 = 5")),
    "a terminal's codes": ("api/a.py", PY, third(PY, "v3 = '\x1b[31m\x07'"), third(PY, "v3 = 5 +")),
    "JSON: a number without end": (
        "web/a.json",
        JSON,
        JSON.replace("2", DIGITS),
        JSON.replace("2", "5"),
    ),
    "JSON: lists without end": ("web/a.json", JSON, JSON.replace("2", "[" * 50_000), JSON.replace("2", "5")),
    "JSON: cut off": ("web/a.json", JSON, '{\n  "a": 1,\n  "b": 5', JSON.replace("2", "6")),
    "JSON: a key twice": ("web/a.json", JSON, JSON.replace("2", '5,\n  "b": 6'), JSON.replace("2", "7")),
    "JSON: nothing": ("web/a.json", JSON, "", JSON.replace("2", "7")),
    "YAML: lists without end": ("docker/a.yaml", YAML, YAML.replace("2", "[" * 3000), YAML.replace("2", "5")),
    "YAML: aliases that multiply": ("docker/a.yaml", YAML, BOMB, YAML.replace("2", "5")),
    "YAML: a mapping in itself": ("docker/a.yaml", YAML, "a: &a\n  b: *a\n", YAML.replace("2", "5")),
    "YAML: a tag of Python's": ("docker/a.yaml", YAML, "a: !!python/object:os.system 1\n", YAML.replace("2", "5")),
    "YAML: a list": ("docker/a.yaml", YAML, "- a\n- b\n", YAML.replace("2", "5")),
    "YAML: a key that is a list": ("docker/a.yaml", YAML, "? [a, b]\n: 1\nb: 3\n", YAML.replace("2", "5")),
    "YAML: a number without end": ("docker/a.yaml", YAML, YAML.replace("2", DIGITS), YAML.replace("2", "5")),
    "TOML: a number without end": ("api/a.toml", TOML, TOML.replace("1", DIGITS), TOML.replace("1", "2")),
    "TOML: lists without end": ("api/a.toml", TOML, TOML.replace("1", "[" * 3000), TOML.replace("1", "2")),
    "TypeScript: brackets without end": ("web/a.ts", JS, third(JS, "v3 = " + "(" * 50_000), third(JS, "v3 = 5")),
    "TypeScript: texts without end": ("web/a.ts", JS, third(JS, "v3 = `${`${`"), third(JS, "v3 = 'a\\\\")),
    "TypeScript: marks without end": ("web/a.ts", JS, third(JS, "v3 = " + "`\\" * 9000), third(JS, "v3 = 5")),
    "TypeScript: a chain without end, merged by git": (
        "web/a.ts",
        BODY,
        third(BODY, "v3 = a" + ".b()" * 20_000),
        BODY.replace("v9 = 9", "v9 = 5"),
    ),
    "Python: a value that nothing reads, merged by git": (
        "api/a.py",
        READ,
        READ.replace("return run(q)", "return run(b)"),
        READ.replace("    a(b)\n", "    if b:\n        q = b\n    a(b)\n"),
    ),
    "env: a text without end": ("docker/.env.example", "A=1\nB=2\n", 'A="1\nB=2\n', "A=2\nB=3\n"),
    "Dockerfile: words without a rest": ("api/Dockerfile", "FROM a\nRUN x\n", "FROM\nRUN\n", "FROM a AS\nRUN z\n"),
    "a shell's ends": ("docker/a.sh", "if a; then\n b\nfi\n", "fi\n" * 500, "if a; then\n c\nfi\n"),
    "a style's ends": ("web/a.css", "a { b: c; }\n", "}" * 500 + "\n", "a { b: d; }\n"),
}


def space(tmp_path: Path, path: str, texts: tuple[str, str, str]) -> Moving:
    """A workspace whose patch makes the third text of the first, where the release has the second."""
    base, ours, theirs = texts
    upstream = upstream_of(tmp_path, ("1.0.0", {path: base, "api/z": "z\n"}), ("1.1.0", {path: ours}))
    made = Moving(tmp_path / "ws", upstream)
    made.patch("0001-a.patch", patch_of({path: (base, theirs)}))
    return made


@pytest.mark.parametrize("name", ROWS)
def test_no_content_ends_a_run_and_forecast_and_upgrade_agree(tmp_path: Path, name: str) -> None:
    path, *texts = ROWS[name]
    here = space(tmp_path, path, (texts[0], texts[1], texts[2]))
    before = here.mine()
    looked = inv("upgrade.forecast", "--to", "1.1.0", "--json", cwd=here.root)
    assert looked.code == 0, looked.err
    [release] = json.loads(looked.out)["releases"]
    [cell] = release["customisations"]
    assert (cell["state"], cell["work"]) == ("conflicts", True)
    assert [part["what"] for part in cell["parts"] if part["note"]] == [path]
    started = inv("upgrade.start", "--to", "1.1.0", cwd=here.root)
    assert started.code == 1, started.err
    assert f"\n  {path}: " in started.err
    assert "a bug" not in started.err + looked.out
    assert inv("upgrade.abort", cwd=here.root).code == 0
    assert here.mine() == before


def test_what_git_merges_and_python_refuses_waits_for_a_person_who_mends_it(tmp_path: Path) -> None:
    path, base, ours, theirs = ROWS["an argument of one name, merged by git"]
    here = space(tmp_path, path, (base, ours, theirs))
    said = "git merges its lines, but the merge is no Python: line 24: keyword argument repeated: extras"
    ran = inv("upgrade.start", "--to", "1.1.0", cwd=here.root)
    assert f"  {path}: {said}" in ran.err
    shown = json.loads(inv("upgrade.status", "--json", cwd=here.root).out)["conflict"]
    assert shown["paths"] == [{"path": path, "kind": "invalid", "hunks": 0, "note": said}]
    assert inv("upgrade.continue", cwd=here.root).code == 1
    place = here.work / path
    assert place.read_text().count("extras=extras") == 2
    place.write_text(place.read_text().replace("        g=6,\n        extras=extras,\n", "        g=6,\n"))
    assert inv("upgrade.continue", cwd=here.root).code == 0
    assert not (here.root / "patches/0001-a.patch").exists()


def test_what_git_merges_and_python_refuses_can_be_kept_as_it_is(tmp_path: Path) -> None:
    path, base, ours, theirs = ROWS["a parameter of one name, merged by git"]
    here = space(tmp_path, path, (base, ours, theirs))
    assert inv("upgrade.start", "--to", "1.1.0", cwd=here.root).code == 1
    here.git_add(path)
    assert inv("upgrade.continue", cwd=here.root).code == 0


def test_a_doubled_key_of_json_that_git_merges_is_merged_by_key(tmp_path: Path) -> None:
    base = "{\n" + "".join(f'  "k{number}": {number},\n' for number in range(9)) + '  "z": 0\n}\n'
    ours = base.replace('  "k0"', '  "new": 1,\n  "k0"')
    theirs = base.replace('  "z"', '  "new": 1,\n  "z"')
    here = space(tmp_path, "web/a.json", (base, ours, theirs))
    looked = json.loads(inv("upgrade.forecast", "--to", "1.1.0", "--json", cwd=here.root).out)
    started = inv("upgrade.start", "--to", "1.1.0", cwd=here.root)
    assert started.code == 0
    assert looked["releases"][0]["work"] == 0
    assert "dropped" in started.err


def test_a_bug_of_difykits_own_is_a_conflict_that_names_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(sides: MergeTexts, trees: Trees) -> MergedText | None:
        raise TypeError(f"{sides.path} and {type(trees).__name__}")

    monkeypatch.setattr(table, "_strategies", lambda _path: (broken,))
    here = space(tmp_path, "api/a.py", (PY, third(PY, "v3 = 4"), third(PY, "v3 = 5")))
    started = inv("upgrade.start", "--to", "1.1.0", cwd=here.root)
    said = "api/a.py: one hunk; difykit could not judge it, which is a bug in difykit: TypeError: api/a.py and Trees"
    assert started.code == 1
    assert said in started.err
    assert "(difykit/porting/strategies/table.py:" in started.err


def test_a_file_that_takes_too_long_is_a_conflict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(_sides: MergeTexts, _trees: Trees) -> MergedText | None:
        while True:
            pass

    monkeypatch.setattr(table, "_strategies", lambda _path: (endless,))
    monkeypatch.setattr(bounded_judgement, "SECONDS", 1)
    here = space(tmp_path, "api/a.py", (PY, third(PY, "v3 = 4"), third(PY, "v3 = 5")))
    started = inv("upgrade.start", "--to", "1.1.0", cwd=here.root)
    assert "api/a.py: one hunk; difykit cannot judge it: that takes more than 1 s of processor time" in started.err
