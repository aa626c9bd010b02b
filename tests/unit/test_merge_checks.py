"""What a merged file must not be: every check finds its fault, and none where there is none."""

from __future__ import annotations

import pytest

from difykit.porting.strategies import pycheck, tscheck
from difykit.porting.strategies.model import MergeTexts
from difykit.porting.strategies.tsscopes import module
from tests.support.merges import fault, no_trees, trees

PY = "import a\n\n\ndef f(x):\n    if x:\n        a.b(x)\n    return x\n"
TS = (
    "import { a } from 'a'\n\nexport const F = ({ x }: Props) => {\n  if (x) {\n    a(x)\n  }\n  return <b>{x}</b>\n}\n"
)


@pytest.mark.parametrize(
    ("ours", "theirs", "merged", "said"),
    [
        (PY, PY, PY + "}\n", "the merge is no Python"),
        (PY.replace("import a\n", "import b as a\n"), PY, PY.replace("import a\n", "import b\n"), "nothing defines a"),
        (PY + "\n\ndef g():\n    pass\n", PY, PY, "gone or too many: g"),
        (
            PY + "\n\ndef g():\n    pass\n",
            PY,
            PY + "\n\ndef g():\n    pass\n\n\ndef g():\n    pass\n",
            "the name g stands there again",
        ),
        (
            PY,
            PY.replace("        a.b(x)\n", "        a.b(x)\n        a.c(x)\n"),
            PY.replace("    return", "    a.c(x)\n    return"),
            "another block: a.c(x)",
        ),
        (
            PY.replace("(x):", "(*, x):"),
            PY.replace("(x):", "(x, y):"),
            PY.replace("(x):", "(*, x, y):"),
            "given otherwise: f(y)",
        ),
        (
            PY.replace("(x):", "(z, x):"),
            PY.replace("(x):", "(x, y):"),
            PY.replace("(x):", "(z, x, y):"),
            "given otherwise: f(y)",
        ),
    ],
)
def test_each_fault_of_python_is_found(ours: str, theirs: str, merged: str, said: str) -> None:
    assert said in (fault(MergeTexts("api/m.py", PY, ours, theirs), merged, no_trees()) or "")


@pytest.mark.parametrize(
    ("ours", "theirs", "merged", "said"),
    [
        (TS, TS, TS + "}\n", "the merge is no TypeScript"),
        (TS, TS, TS.replace("</b>", "</i>"), "tags"),
        (
            TS.replace("{ x }", "{ y }").replace("(x)", "(y)").replace("{x}", "{y}"),
            TS,
            TS.replace("{ x }", "{ y }"),
            "nothing defines x",
        ),
        (TS + "const G = 1\n", TS, TS + "const G = 1\nconst G = 1\n", "the declaration G stands there again"),
        (TS + "const G = 1\n", TS, TS, "gone or too many: G"),
        (
            TS,
            TS.replace("    a(x)\n", "    a(x)\n    a.c(x)\n"),
            TS.replace("  return", "  a.c(x)\n  return"),
            "another block",
        ),
    ],
)
def test_each_fault_of_typescript_is_found(ours: str, theirs: str, merged: str, said: str) -> None:
    assert said in (fault(MergeTexts("web/m.tsx", TS, ours, theirs), merged, no_trees()) or "")


def test_a_file_without_a_fault_passes() -> None:
    ours, theirs = PY.replace("return x", "return [x]"), "import c\n" + PY + "\n\ndef g():\n    return c\n"
    made = theirs.replace("return x", "return [x]")
    assert fault(MergeTexts("api/m.py", PY, ours, theirs), made, no_trees()) is None
    both = TS.replace("a(x)", "a(x, 1)")
    assert fault(MergeTexts("web/m.tsx", TS, both, TS + "const G = 1\n"), both + "const G = 1\n", no_trees()) is None


def test_a_local_name_that_upstream_renamed_is_missed() -> None:
    ours = PY.replace("x", "value")
    theirs = PY.replace("    return", "    a.log(x)\n    return")
    made = ours.replace("    return", "    a.log(x)\n    return")
    assert "nothing defines x" in (fault(MergeTexts("api/m.py", PY, ours, theirs), made, no_trees()) or "")


def test_code_for_a_newer_python_is_checked_as_well() -> None:
    new = "type A = int\n\n\ndef f[T](x: T) -> T:\n    return x\n\n\nclass C[T: (int, str)]:\n    pass\n"
    assert fault(MergeTexts("api/m.py", new, new, new), new, no_trees()) is None
    assert fault(MergeTexts("api/m.py", new, new, new), new + "y = z\n", no_trees())


def test_an_import_of_the_tree_must_be_there_after_the_merge() -> None:
    here = {"api/core/a.py": "def f(): ...\n", "api/core/__init__.py": "", "api/m.py": ""}
    moved = {"api/core/b.py": "def f(): ...\n", "api/core/__init__.py": "", "api/m.py": ""}
    around = trees(here, moved, here)
    for text, good in (
        ("from core.b import f\n", True),
        ("from core.a import f\n", False),
        ("from core.b import g\n", False),
        ("import core.b\n", True),
        ("from core import b\n", True),
        ("from requests import get\n", True),
        ("from .core.b import f\n", True),
        ("from .core.a import f\n", False),
    ):
        sides = MergeTexts("api/m.py", "", "", text)
        assert (next(pycheck.faults(sides, text, around), None) is None) is good, text


def test_a_module_that_the_customised_side_added_is_there() -> None:
    around = trees({"api/core/a.py": ""}, {"api/core/a.py": ""}, {"api/core/a.py": "", "api/core/mine.py": "X = 1\n"})
    text = "from core.mine import X\n"
    assert next(pycheck.faults(MergeTexts("api/m.py", "", "", text), text, around), None) is None


def test_a_typescript_import_must_be_there_after_the_merge() -> None:
    here = {"web/app/a.tsx": "export const A = 1\n", "web/lib/index.ts": "export { B } from './b'\n"}
    around = trees(here, {"web/lib/index.ts": here["web/lib/index.ts"]}, here)
    for text, good in (
        ("import { B } from '@/lib'\n", True),
        ("import { C } from '@/lib'\n", False),
        ("import { A } from './a'\n", False),
        ("import { x } from 'react'\n", True),
        ("import { B } from '../lib'\n", True),
    ):
        sides = MergeTexts("web/app/m.tsx", "", "", text)
        assert (next(tscheck.faults(sides, text, around), None) is None) is good, text


def test_names_in_typescript_are_known_by_how_they_are_brought() -> None:
    text = """\
import D, { a as b } from 'x'
const top = ({ one, two: deux = 1 }: { key: string }, ...rest) => {
  const [s, setS] = useS()
  const { k: v } = D
  for (const i of rest) b(i, one, deux, s, setS, v)
  try { go(e => e + `${missing}`) } catch (error) { log(error) }
  return <Tag attr={s} on={(ev: Event) => b(ev)} />
}
"""
    names = {name for _, name in module(text, "tsx").unbound()}
    assert {"missing", "useS", "go", "log", "Tag"} <= names
    assert not names & {"one", "deux", "rest", "s", "setS", "v", "i", "e", "error", "ev", "b", "D", "attr"}


def test_conflict_markers_are_never_a_merge() -> None:
    assert fault(MergeTexts("a.txt", "", "", ""), "<<<<<<< ours\n", no_trees())
