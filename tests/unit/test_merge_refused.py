"""What a merge of lines must not make: what the language refuses, and what names twice what each side names once.

Each row is a text and where a line goes in on each side; git would merge all of them without a conflict.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from difykit.porting.strategies.refused import refused as findings

CALL = "def f(a, b):\n    run(\n        a=1,\n        b=2,\n        c=3,\n    )\n"
HEAD = "def f(\n    a,\n    b,\n    c,\n):\n    return a\n"
DICT = 'X = {\n    "a": 1,\n    "b": 2,\n    "c": 3,\n}\n'
CLASS = "class A(B):\n    x: int = 1\n\n    def one(self):\n        return 1\n\n    def two(self):\n        return 2\n"
CHAIN = "def f(x):\n    if x == 1:\n        return 1\n    elif x == 2:\n        return 2\n    else:\n        return 3\n"
MODULE = "import os\nimport re\n\nLIMIT = 1\n\n\ndef one():\n    return os, re\n"
ENUM = 'class K(StrEnum):\n    A = "a"\n    B = "b"\n    C = "c"\n'
CALLS = "def init(app):\n    app.add(one)\n    app.add(two)\n    app.add(three)\n"
TRY = "try:\n    go()\nexcept A:\n    pass\nexcept B:\n    pass\n"
MATCH = "match x:\n    case 1:\n        pass\n    case 2:\n        pass\n"
ROUTE = "@login\n@setup\ndef f():\n    return 1\n"
OBJECT = "const a = {\n  x: 1,\n  y: 2,\n  z: 3,\n}\n"
JSX = 'const A = () => (\n  <B\n    x={1}\n    onClick={() => go(1)}\n    data-y="1"\n  />\n)\n'
IMPORTS = "import { a } from 'a'\nimport { b } from 'b'\n\nexport const c = a(b)\n"
FACE = "interface A {\n  x: string\n  y?: number\n  z: boolean\n}\n"
TYPE = "export type A = {\n  x: string\n  y: number\n  z: boolean\n}\n"
TSCLASS = "class A {\n  x = 1\n\n  one() { return 1 }\n\n  two() { return 2 }\n}\n"
TSENUM = "export enum A {\n  x = 'x',\n  y = 'y',\n  z = 'z',\n}\n"
PARAMS = "function f(\n  a: string,\n  b = 1,\n  c?: number,\n) {\n  return a\n}\n"
FIELDS = "const F = ({\n  a,\n  b = 1,\n  c,\n}: Props) => a\n"
SWITCH = "switch (x) {\n  case 'a':\n    return 1\n  case 'b':\n    return 2\n  default:\n    return 3\n}\n"
BODY = "function f() {\n  const a = one()\n  go(a)\n  const b = two()\n  return b\n}\n"
EXPORTS = "export { a } from './a'\nexport { b } from './b'\nexport { c } from './c'\n"
JSON = '{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}\n'
YAML = "a: 1\nb: 2\nc: 3\n"
TOML = '[project]\na = 1\nb = 2\ndependencies = [\n  "x==1",\n  "y==1",\n]\n'
ENV = "A=1\nB=2\nC=3\n"
INI = "[a]\nx = 1\ny = 2\n\n[b]\nx = 1\n"
PO = 'msgid "a"\nmsgstr "1"\n\nmsgid "b"\nmsgstr "2"\n'
DOCKER = 'FROM a AS base\nENV X=1\nENV Y=2\nCMD ["x"]\n\nFROM base AS end\nENV X=3\n'
CSS = ".a {\n  color: red;\n  margin: 0;\n  padding: 0;\n}\n"

# path, base, after which text ours adds what, after which text theirs adds what, and what is said
DOUBLED = [
    ("m.py", CALL, ("a=1,\n", "        extras=extras,\n"), ("c=3,\n", "        extras=extras,\n"), "repeated: extras"),
    ("m.py", HEAD, ("    a,\n", "    new,\n"), ("    c,\n", "    new,\n"), "duplicate argument 'new'"),
    ("m.py", HEAD, ("    a,\n", "    new,\n"), ("    c,\n", "    *,\n    new=1,\n"), "duplicate argument 'new'"),
    ("m.py", DICT, ('"a": 1,\n', '    "d": 4,\n'), ('"c": 3,\n', '    "d": 5,\n'), "the key 'd'"),
    ("m.py", CLASS, ("= 1\n", "    y: int = 2\n"), ("return 2\n", "\n    y: int = 3\n"), "the name y in A"),
    ("m.py", CLASS, ("= 1\n", "\n    def new(self):\n        return 3\n"), ("return 2\n", "\n    def new(self):\n        return 4\n"), "the name new in A"),  # noqa: E501 - a row of a table
    ("m.py", CLASS, ("= 1\n", "    new = 1\n"), ("return 2\n", "\n    def new(self):\n        return 4\n"), "the name new in A"),  # noqa: E501 - a row of a table
    ("m.py", CHAIN, ("return 1\n", "    elif x == 9:\n        return 9\n"), ("return 2\n", "    elif x == 9:\n        return 8\n"), "the condition x == 9 in f"),  # noqa: E501 - a row of a table
    ("m.py", MODULE, ("import os\n", "import new\n"), ("LIMIT = 1\n", "import new\n"), "the name new"),
    ("m.py", MODULE, ("import os\n", "from a import new\n"), ("LIMIT = 1\n", "from b import new\n"), "the name new"),
    ("m.py", MODULE, ("import os\n", "from a import new\n"), ("os, re\n", "\n\nclass new:\n    pass\n"), "the name new"),  # noqa: E501 - a row of a table
    ("m.py", MODULE, ("LIMIT = 1\n", "NEW = 1\n"), ("os, re\n", "\n\nNEW = 2\n"), "the name NEW"),
    ("m.py", ENUM, ('"a"\n', '    D = "d"\n'), ('"c"\n', '    D = "e"\n'), "the name D in K"),
    ("m.py", CALLS, ("(one)\n", "    app.add(new)\n"), ("(three)\n", "    app.add(new)\n"), "the call app.add(new) in init"),  # noqa: E501 - a row of a table
    ("m.py", TRY, ("go()\n", "except C:\n    pass\n"), ("B:\n    pass\n", "except C:\n    raise\n"), "the except C"),
    ("m.py", MATCH, ("1:\n        pass\n", "    case 9:\n        pass\n"), ("2:\n        pass\n", "    case 9:\n        go()\n"), "the case 9"),  # noqa: E501 - a row of a table
    ("m.py", ROUTE, ("@login\n", "@new\n"), ("@setup\n", "@new\n"), "the decorator new in f"),
    ("m.py", "class A(\n    B,\n    C,\n    D,\n): ...\n", ("B,\n", "    N,\n"), ("D,\n", "    N,\n"), "the base class N in A"),  # noqa: E501 - a row of a table
    ("m.ts", OBJECT, ("x: 1,\n", "  n: 1,\n"), ("z: 3,\n", "  n: 2,\n"), "the key n"),
    ("m.ts", OBJECT, ("x: 1,\n", "  'n': 1,\n"), ("z: 3,\n", "  n,\n"), "the key n"),
    ("m.ts", OBJECT, ("x: 1,\n", "  n: 1,\n"), ("z: 3,\n", "  async n() {},\n"), "the key n"),
    ("m.tsx", JSX, ("x={1}\n", "    n={1}\n"), ('"1"\n', "    n={2}\n"), "the attribute n of <B>"),
    ("m.tsx", JSX, ("x={1}\n", '    data-n="1"\n'), ('y="1"\n', '    data-n="2"\n'), "the attribute data-n of <B>"),
    ("m.ts", IMPORTS, ("'a'\n", "import { n } from 'n'\n"), ("'b'\n", "import { n } from 'm'\n"), "the import n"),
    ("m.ts", IMPORTS, ("'a'\n", "import n from 'n'\n"), ("'b'\n", "import { m as n } from 'm'\n"), "the import n"),
    ("m.ts", FACE, ("x: string\n", "  n: string\n"), ("z: boolean\n", "  n?: number\n"), "the member n of A"),
    ("m.ts", TYPE, ("x: string\n", "  n: string\n"), ("z: boolean\n", "  n?: number\n"), "the key n"),
    ("m.ts", TSCLASS, ("x = 1\n", "\n  n() { return 3 }\n"), ("{ return 2 }\n", "\n  n() { return 4 }\n"), "the member n of A"),  # noqa: E501 - a row of a table
    ("m.ts", TSENUM, ("'x',\n", "  n = 'n',\n"), ("'z',\n", "  n = 'm',\n"), "the member n of A"),
    ("m.ts", PARAMS, ("a: string,\n", "  n: string,\n"), ("c?: number,\n", "  n?: number,\n"), "the parameter n"),
    ("m.tsx", FIELDS, ("a,\n", "  n,\n"), ("c,\n", "  n = 1,\n"), "the key n"),
    ("m.ts", SWITCH, ("return 1\n", "  case 'n':\n    return 8\n"), ("return 2\n", "  case 'n':\n    return 9\n"), "the case 'n'"),  # noqa: E501 - a row of a table
    ("m.ts", BODY, ("one()\n", "  const n = 1\n"), ("two()\n", "  const n = 2\n"), "the declaration n"),
    ("m.ts", BODY, ("one()\n", "  const { n } = a\n"), ("two()\n", "  const [n, m] = b\n"), "the declaration n"),
    ("m.ts", EXPORTS, ("'./a'\n", "export { n } from './n'\n"), ("'./c'\n", "export { n } from './m'\n"), "the export n"),  # noqa: E501 - a row of a table
    ("m.json", JSON, ('"a": 1,\n', '  "n": 1,\n'), ('"b": 2,\n', '  "n": 2,\n'), "the key n"),
    ("m.yaml", YAML, ("a: 1\n", "n: 1\n"), ("c: 3\n", "n: 2\n"), "the merge is no YAML"),
    ("m.toml", TOML, ("a = 1\n", "n = 1\n"), ("b = 2\n", "n = 2\n"), "the merge is no TOML"),
    ("m.toml", TOML, ("[\n", '  "n==1",\n'), ('"y==1",\n', '  "n==2",\n'), "the package n in project.dependencies"),
    (".env.example", ENV, ("A=1\n", "N=1\n"), ("C=3\n", "N=2\n"), "the key N"),
    ("m.ini", INI, ("[a]\n", "n = 1\n"), ("y = 2\n", "n = 3\n"), "the option n in [a]"),
    ("m.po", PO, ('"1"\n', '\nmsgid "n"\nmsgstr "3"\n'), ('"2"\n', '\nmsgid "n"\nmsgstr "4"\n'), 'the text "n"'),
    ("Dockerfile", DOCKER, ("AS base\n", "ENV N=1\n"), ("ENV Y=2\n", "ENV N=2\n"), "the ENV N in a AS base"),
    ("m.css", CSS, ("red;\n", "  top: 0;\n"), ("padding: 0;\n", "  top: 1px;\n"), "the property top of . a"),
]  # fmt: skip


def refused(path: str, merged: str, sides: Sequence[str]) -> str | None:
    """What is said of a merged text first, or None."""
    return next((finding.text for finding in findings(path, merged, sides)), None)


def added(text: str, after: str, new: str) -> str:
    """The text with something put in behind the first place of `after`."""
    assert after in text, after
    return text.replace(after, after + new, 1)


@pytest.mark.parametrize(("path", "base", "mine", "other", "said"), DOUBLED)
def test_what_each_side_names_once_is_refused_where_the_merge_names_it_twice(
    path: str, base: str, mine: tuple[str, str], other: tuple[str, str], said: str
) -> None:
    ours, theirs = added(base, *mine), added(base, *other)
    assert refused(path, ours, (ours, theirs)) is None
    assert refused(path, theirs, (ours, theirs)) is None
    reason = refused(path, added(ours, *other), (ours, theirs))
    assert reason is not None
    assert said in reason


NEAR = [
    ("m.py", CLASS, ("= 1\n", "\n    @overload\n    def g(self, a: int): ...\n"), ("return 2\n", "\n    @overload\n    def g(self, a: str): ...\n")),  # noqa: E501 - a row of a table
    ("m.py", CLASS, ("= 1\n", "\n    @property\n    def n(self):\n        return 1\n"), ("return 2\n", "\n    @n.setter\n    def n(self, value):\n        pass\n")),  # noqa: E501 - a row of a table
    ("m.py", MODULE, ("import os\n", "import a.b\n"), ("LIMIT = 1\n", "import a.c\n")),
    ("m.py", MODULE, ("import os\n", "try:\n    import n\nexcept ImportError:\n    n = None\n"), ("os, re\n", "\n\ndef two():\n    import n\n\n    return n\n")),  # noqa: E501 - a row of a table
    ("m.py", CALL, ("a=1,\n", "        d=g(x=1),\n"), ("c=3,\n", "        e=g(x=2),\n")),
    ("m.py", DICT, ('"a": 1,\n', '    "d": {"x": 1},\n'), ('"c": 3,\n', '    "e": {"x": 2},\n')),
    ("m.py", "def f():\n    one()\n    two()\n    three()\n", ("one()\n", "    x = 1\n"), ("two()\n", "    x = 2\n")),
    ("m.py", CHAIN, ("return 1\n", "    elif x == 8:\n        return 9\n"), ("return 2\n", "    elif x == 9:\n        return 9\n")),  # noqa: E501 - a row of a table
    ("m.ts", OBJECT, ("x: 1,\n", "  d: { n: 1 },\n"), ("z: 3,\n", "  e: { n: 2 },\n")),
    ("m.tsx", JSX, ("x={1}\n", "    a={<C n={1} />}\n"), ('"1"\n', "    n={2}\n")),
    ("m.ts", IMPORTS, ("'a'\n", "import type { N } from 'n'\n"), ("a(b)\n", "\nexport const n = 1\n")),
    ("m.ts", BODY, ("one()\n", "  if (a) {\n    const n = 1\n  }\n"), ("two()\n", "  const n = 2\n")),
    ("m.ts", TSCLASS, ("x = 1\n", "\n  get n() { return 3 }\n"), ("{ return 2 }\n", "\n  set n(v) { go(v) }\n")),
    ("m.ts", TSCLASS, ("x = 1\n", "\n  static n() { return 3 }\n"), ("{ return 2 }\n", "\n  n() { return 4 }\n")),
    ("m.ts", IMPORTS, ("a(b)\n", "\nexport function n(a: string): void\n"), ("a(b)\n", "\nexport function n(a: number): void\n")),  # noqa: E501 - a row of a table
    ("m.ts", IMPORTS, ("'b'\n", "\nexport type N = string\n"), ("a(b)\n", "\nexport const N = 1\n")),
    ("m.ts", SWITCH, ("return 1\n", "  case 'n':\n    return 8\n"), ("return 2\n", "  case 'm':\n    return 9\n")),
    ("m.json", JSON, ('"a": 1,\n', '  "n": {"x": 1},\n'), ('"b": 2,\n', '  "m": {"x": 1},\n')),
    ("m.toml", TOML, ("[\n", '  "n==1; python_version < \'3\'",\n'), ('"y==1",\n', '  "n==2; python_version >= \'3\'",\n')),  # noqa: E501 - a row of a table
    ("Dockerfile", DOCKER, ("AS base\n", "ENV N=1\n"), ("AS end\n", "ENV N=2\n")),
    ("m.css", CSS + ".b {\n  x: y;\n}\n", ("red;\n", "  top: 0;\n"), ("x: y;\n", "  top: 1px;\n")),
    ("m.txt", "a\nb\nc\n", ("a\n", "n\n"), ("c\n", "n\n")),
]  # fmt: skip


@pytest.mark.parametrize(("path", "base", "mine", "other"), NEAR)
def test_what_only_looks_doubled_stays_merged(
    path: str, base: str, mine: tuple[str, str], other: tuple[str, str]
) -> None:
    ours, theirs = added(base, *mine), added(base, *other)
    assert refused(path, added(ours, *other), (ours, theirs)) is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("m.py", 'X = {"a": 1, "a": 2}\n'),
        ("m.py", "def f():\n    pass\n\n\ndef f():\n    pass\n"),
        ("m.py", "def f(a, a):\n    pass\n"),
        ("m.py", "this is no Python\n"),
        ("m.ts", "const a = { x: 1, x: 2 }\n"),
        ("m.ts", "const a = (\n"),
        ("m.json", '{"a": 1, "a": 2}\n'),
        ("m.json", "no JSON\n"),
        ("m.yaml", "a: [\n"),
    ],
)
def test_what_a_side_itself_has_twice_or_wrong_is_not_the_merges_fault(path: str, text: str) -> None:
    assert refused(path, text, (text, text)) is None
    assert refused(path, text + "\n", (text, text)) is None


@pytest.mark.parametrize("text", ['// why\n{\n  "a": 1, // here\n  /* b */ "b": [1, 2,],\n}\n'])
def test_json_with_comments_is_read_as_its_tools_do(text: str) -> None:
    twice = text.replace('"b"', '"a"')
    assert refused("tsconfig.json", text, (text, text)) is None
    assert refused("tsconfig.json", twice, (text, text)) == "the key a stands there again, as it does on neither side"


def test_code_of_a_newer_python_is_judged_as_well() -> None:
    text = "class A[\n    T: int,\n]:\n    def f[U](self, x: U) -> T: ...\n\n\ntype N = int\n"
    assert (
        refused("m.py", text + "A = 1\n", (text, text))
        == "line 8: the name A stands there again, as it does on neither side"
    )
