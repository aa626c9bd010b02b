"""What a function's values do: which assignments nothing reads, which reads nothing sets, which lines nothing reaches.

Each row is a function with marks behind its lines: `dead`, `bare` and `never`; lines without a mark have none of it.
"""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import re

import pytest

from difykit.porting.strategies import pyflow, tsflow
from difykit.porting.strategies.dead_changes import label
from difykit.porting.strategies.flow import Flow, flow_of
from difykit.porting.strategies.tsscopes import module

PYTHON = {
    "the last of two": "def f(a):\n    x = a  # dead\n    x = 2\n    return x\n",
    "one of two ways": "def f(a):\n    x = 1\n    if a:\n        x = 2\n    return x\n",
    "both ways": "def f(a):\n    x = 1  # dead\n    if a:\n        x = 2\n    else:\n        x = 3\n    return x\n",
    "round the loop": "def f(a):\n    x = 1\n    for b in a:\n        b(x)\n        x = b\n",
    "out of the loop": "def f(a):\n    x = 1  # dead\n    while True:\n        x = a()\n        if x:\n            break\n    return x\n",
    "never out": "def f(a):\n    while True:\n        a()\n    a(1)  # never\n",
    "behind a return": "def f(a):\n    return a\n    a()  # never\n",
    "behind a continue": "def f(a):\n    for b in a:  # dead\n        continue\n        b()  # never\n",
    "a handler": "def f(a):\n    x = 1\n    try:\n        x = a()\n        x = a(x)\n    except E:\n        a(x)\n    return x\n",
    "finally": "def f(a):\n    x = 1\n    try:\n        return a()\n    finally:\n        a(x)\n",
    "else of a try": "def f(a):\n    try:\n        x = a()\n    except E:\n        return 1\n    return x\n",
    "a manager": "def f(a):\n    x = 1\n    with a:\n        x = a()\n    return x\n",
    "a match": "def f(a):\n    x = 1\n    match a:\n        case 1:\n            x = 2\n        case [y, *z]:\n            a(y, z)\n    return x\n",
    "a lambda": "def f(a):\n    x = 1\n    g = lambda: x\n    x = 2\n    return a(g)\n",
    "a function that nobody runs": "def f(a):\n    x = 1  # dead\n    def g():  # dead\n        return x\n    return a\n",
    "its own former self": "def f(a):\n    x = a()  # dead\n    x += 1  # dead\n    x = x.b(2)  # dead\n    return a\n",
    "what only fills it": "def f(a):\n    x = {}\n    x['b'] = a  # dead\n    return a\n",
    "what fills what is given": "def f(a):\n    a['b'] = 1\n    return 2\n",
    "before it is set": "def f(a):\n    a(x)  # bare\n    x = 1\n    return x\n",
    "taken in a comprehension": "def f(a):\n    x = 1\n    return [x for y in a if y]\n",
    "a comprehension's own": "def f(a):\n    x = 1  # dead\n    return [x for x in a]\n",
    "asked for on the way": "def f(a):\n    if (x := a()):\n        return x\n    return 1\n",
    "global": "def f(a):\n    global x\n    x = 1\n",
    "all names handed out": "def f(a):\n    x = 1\n    return locals()\n",
    "a module's own": "import a\nx = 1  # dead\ny = 2\na(y)\n",
}  # fmt: skip
TYPESCRIPT = {
    "the last of two": "function f(a) {\n  let x = a // dead\n  x = 2\n  return x\n}\n",
    "one of two ways": "function f(a) {\n  let x = 1\n  if (a) x = 2\n  return x\n}\n",
    "a way not gone": "function f(a) {\n  let x = 1\n  a && (x = 2)\n  return a ? x : 1\n}\n",
    "another one of that name": "function f(a) {\n  let x = 1 // dead\n  { let x = 2\n    a(x) }\n  return a\n}\n",
    "round the loop": "function f(a) {\n  let x = 1\n  for (const b of a) {\n    b(x)\n    x = b\n  }\n}\n",
    "cases fall through": "function f(a) {\n  let x = 1\n  switch (a) {\n    case 1:\n      x = 2\n    case 2:\n      a(x)\n  }\n}\n",
    "cases that end": "function f(a) {\n  let x = 1 // dead\n  switch (a) {\n    case 1:\n      x = 2\n      break\n    default:\n      x = 3\n  }\n  return x\n}\n",
    "on with the loop around": "function f(a) {\n  let x = 1\n  for (const b of a) {\n    a(x)\n    switch (b) {\n      case 1:\n        x = b\n        continue\n    }\n    x = 2\n  }\n}\n",
    "out by a label": "function f(a) {\n  let x = 1\n  out: for (const b of a) {\n    for (const c of b) {\n      x = c\n      break out\n    }\n  }\n  return x\n}\n",
    "behind a throw": "function f(a) {\n  throw a\n  a() // never\n}\n",
    "never out": "function f(a) {\n  for (;;) {\n    a()\n  }\n  a(1) // never\n}\n",
    "a handler": "function f(a) {\n  let x = 1\n  try {\n    x = a()\n    a(x)\n  } catch {\n    a(x)\n  }\n}\n",
    "an arrow": "const f = (a) => {\n  let x = 1\n  const g = () => x\n  x = 2\n  return g\n}\nf()\n",
    "an arrow that nobody runs": "function f(a) {\n  const x = 1 // dead\n  const g = () => x // dead\n  return a\n}\n",
    "of those around": "let x = 1\nexport function f(a) {\n  x = a\n}\nexport const g = () => x\n",
    "exported": "let x = 1\nx = 2\nexport { x }\n",
    "taken apart": "function f(a) {\n  const { x, y: [z], ...r } = a // dead\n  return z + r.b\n}\n",
    "a default of another": "function f({ a, b = a.c }) {\n  return b\n}\n",
    "its own former self": "function f(a) {\n  let x = a() // dead\n  x += 1 // dead\n  x = x.b(2) // dead\n  return a\n}\n",
    "counted": "function f(a) {\n  let n = 0\n  for (const b of a) { n++; b() }\n  return n\n}\n",
    "called before it stands there": "function f(a) {\n  return g(a)\n  function g(b) { return b }\n}\n",
    "in a page": "const F = ({ a }) => {\n  const x = a.b\n  return <B c={x} {...a} />\n}\nF()\n",
}  # fmt: skip


def marks(text: str, word: str) -> list[int]:
    return [at for at, line in enumerate(text.split("\n"), 1) if re.search(rf"(#|//) {word}\b", line)]


def check(text: str, flow: Flow) -> None:
    dead = {bind.first for bind in flow.binds if not bind.external and not flow.is_read(bind)}
    never = {stand.line for stand in flow.stands} - {stand.line for stand in flow.reached}
    bare = {read.line for read in flow.sources if flow.is_bare(read) and label(read.name) == "x"}
    assert (sorted(dead), sorted(bare), sorted(never)) == tuple(marks(text, word) for word in ("dead", "bare", "never"))


@pytest.mark.parametrize("name", PYTHON)
def test_values_of_python(name: str) -> None:
    check(PYTHON[name], flow_of(pyflow.parts(PYTHON[name])))


@pytest.mark.parametrize("name", TYPESCRIPT)
def test_values_of_typescript(name: str) -> None:
    check(TYPESCRIPT[name], flow_of(tsflow.parts(module(TYPESCRIPT[name], "tsx"))))
