"""Merges of Python and TypeScript after which something is dead, doubled or unbound, and their neighbours that are well.

Each row is a file and what each side replaces in it; most of them git merges without a conflict.
"""
# ruff: noqa: E501, Q003 - a row of a table is one line

from __future__ import annotations

import pytest

from difykit.git import Changes, Commit, Person, Store, write_chain
from tests.support.mixed import CALLS, CLASS, LOOP, PAGE, RUN, SWITCH, TRY, TS_CLASS, TS_RUN
from tests.support.tree_merges import MergeOutcome, three_way

WHO = Person("test", "test@example.invalid", 1_700_000_000)
Swap = tuple[str, str]

SLIDERS = """\
import { Slider } from './slider'

export const Panel = ({ one, two, own }: Props) => (
  <>
    <Slider onChange={one} />
    <p>one</p>
    <p>two</p>
    <Slider onChange={two} />
    <p>three</p>
    <hr />
  </>
)
"""
CALLED = """\
import api


def one(name):
    return api.fetch(name, limit=1)


def two(name):
    first = api.fetch(name, limit=2)
    check(first)
    check(name)
    log(name)
    return first


check = log = print
"""
TABS = """\
export const TABS = {
  one: 'one',
  two: 'two',
}

export const isTab = (tab: string) => {
  if (!tab)
    return false
  return Object.values(TABS).includes(tab)
}
"""
DOCKER = (
    "FROM a AS base\nWORKDIR /app\nCOPY pyproject.toml ./\nRUN sync\n\nENV A=1\nCOPY . /app\nENV B=2\n\nEXPOSE 80\n"
)
FIELDS = (
    "from a import Field\n\n\nclass Mine:\n    size = Field(\n        default=1,\n    )\n\n\nclass Last:\n    pass\n"
)

# path, base, upstream's change, yours, and what a conflict over it says
LEFT = [
    # what one side sets, and the other side reads no more
    ("a.py", RUN, [('    q = "A"\n', "    stmt = sel()\n"), ("run(q)", "run(stmt)")], [("    audit(user)\n", "    audit(user)\n    if mine:\n        q = \"B\"\n")], "q is set there by your side, and nothing reads it any more"),
    ("a.py", RUN, [("    return run(q)\n", "    return run(sel())\n")], [("    log(user)\n", "    log(user)\n    q = user.q\n")], "q is set there by your side, and nothing reads it"),
    ("a.py", RUN, [('    q = "A"\n', '    q = "A2"\n')], [("    return run(q)\n", "    return run(mine)\n")], "q is set there by upstream, and nothing reads it"),
    ("a.py", RUN, [("    audit(user)\n", "    audit(user)\n    q = sel()\n")], [("    log(user)\n", '    log(user)\n    q = "mine"\n')], "q is set there by your side, and nothing reads it"),
    ("a.py", RUN, [("    return run(q)\n", "    return run(sel())\n")], [("    log(user)\n", "    log(user)\n    for q in mine:\n        pass\n")], "q is set there by your side"),
    ("a.py", RUN, [("    return run(q)\n", "    return run(sel())\n")], [("    log(user)\n", "    log(user)\n    q, r = mine\n    log(r)\n")], "q is set there by your side"),
    ("a.py", RUN, [("    return run(q)\n", "    return run(sel())\n")], [("    log(user)\n", "    log(user)\n    with mine as q:\n        pass\n")], "q is set there by your side"),
    ("a.py", LOOP, [("    send(note)\n", "    send(rows)\n")], [("        if row.last:\n", "        if row.mine:\n            note = row.mine\n        if row.last:\n")], "note is set there by your side"),
    ("a.py", TRY, [("    return text, size\n", "    return text\n")], [("    size = len(text)\n", "    size = len(text) * 2\n")], "size is set there by your side"),
    ("a.py", TRY, [('    text = ""\n', '    text = ""\n    text2 = path.name\n'), ("return text, size", "return text2, size"), ("size = len(text)", "size = len(text2)")], [("        warn(error)\n", "        warn(error)\n        text = str(error)\n")], "text is set there by your side"),
    ("a.ts", TS_RUN, [("  return run(q)\n", "  return run(sel())\n")], [("  log(user)\n", "  log(user)\n  if (mine)\n    q = 'B'\n")], "q is set there by your side, and nothing reads it any more"),
    ("a.ts", TS_RUN, [("  let q = 'A'\n", "  let q = 'A2'\n")], [("  return run(q)\n", "  return run(mine)\n")], "q is set there by upstream"),
    ("a.ts", TS_RUN, [("  return run(q)\n", "  return run(sel())\n")], [("  log(user)\n", "  log(user);\n  [q] = [user.name]\n")], "q is set there by your side"),
    ("a.ts", SWITCH, [("  return base * rate\n", "  return base\n")], [("      rate = 3\n", "      rate = 33\n")], "rate is set there by your side"),
    ("a.tsx", PAGE, [("<List items={shown} />", "<List items={items} />")], [("item => item.on)\n", "item => item.on)\n    .slice(0, 5)\n")], "shown is set there by your side"),
    ("a.tsx", PAGE, [(" onClose={close} />", " />")], [("() => setOpen(false)\n", "() => {\n    setOpen(false)\n    track('close')\n  }\n"), ("import { Title", "import { track } from './track'\nimport { Title")], "close is set there by your side"),
    ("a.tsx", PAGE, [("  const title = label(name)\n", "  const title = name\n")], [("  const short = name.slice(0, 9)\n", "  const short = name.slice(0, 99)\n")], "label is set there by your side, and nothing reads it any more"),
    # what one side cannot get to any more
    ("a.py", RUN, [("    log(user)\n", "    return run(sel())\n")], [("    audit(user)\n", "    audit(user)\n    audit(mine)\n")], "nothing gets to what your side has there"),
    ("a.py", LOOP, [("        if row.last:\n            break\n", "        continue\n")], [("        row.seen = True\n", "        row.seen = mark(row)\n")], "nothing gets to what your side has there"),
    ("a.ts", TS_RUN, [("  log(user)\n", "  return run(sel())\n")], [("  audit(user)\n", "  audit(user)\n  audit(mine)\n")], "nothing gets to what your side has there"),
    ("a.ts", SWITCH, [("  let text = ''\n", "  throw new Error(kind)\n")], [("  store(text)\n", "  store(text)\n  store(kind)\n")], "nothing gets to what your side has there"),
    # what nothing defines any more
    ("a.py", RUN, [("from a import run, sel\n", "from a import run\n")], [("    log(user)\n", "    log(user)\n    sel(mine)\n")], "nothing defines sel"),
    ("a.py", RUN, [("def answer(user, mine):\n", "def answer(user):\n")], [("    audit(user)\n", "    audit(user)\n    audit(mine)\n")], "nothing defines mine"),
    ("a.py", TRY, [("def warn(error):\n", "def warned(error):\n"), ("        warn(error)\n", "        warned(error)\n")], [("    size = len(text)\n", "    size = len(text) or warn(path)\n")], "nothing defines warn"),
    ("a.py", RUN, [('    q = "A"\n', ""), ("    return run(q)\n", "    q = sel()\n    return run(q)\n")], [("    check(user)\n", "    check(user)\n    check(q)\n")], "q is read there before anything sets it"),
    ("a.ts", TS_RUN, [("import { run, sel } from './a'\n", "import { run } from './a'\n")], [("  log(user)\n", "  log(user)\n  sel(mine)\n")], "nothing defines sel"),
    ("a.ts", TS_RUN, [("type User = {", "type Person = {"), ("user: User, mine", "user: Person, mine"), ("(user: User) =>", "(user: Person) =>")], [("const check = log\n", "const check = log\nexport const own = (user: User) => user\n")], "nothing defines User"),
    ("a.tsx", PAGE, [("  const [open, setOpen] = useState(false)\n", "  const [open, setShown] = useState(false)\n"), ("() => setOpen(false)", "() => setShown(false)")], [("      <hr />\n", "      <hr onClick={() => setOpen(true)} />\n")], "nothing defines setOpen"),
    ("a.tsx", PAGE, [("({ items, name }: Props)", "({ items }: Props)"), ("label(name)", "label('')")], [("      <p>text</p>\n", "      <p>{name}</p>\n")], "nothing defines name"),
    ("a.py", CALLS, [("def fetch(url, *, timeout=3, retries=1):\n", "def fetch(url, key, *, timeout=3, retries=1):\n"), ("def page(url):\n    first = fetch(url)\n", "def page(url):\n    first = fetch(url, 1)\n"), ("def feed(url):\n    first = fetch(url)\n", "def feed(url):\n    first = fetch(url, 2)\n")], [("import functools\n", "import functools\n\n\ndef own(url):\n    return fetch(url)\n")], "fetch does not take what is given to it there"),
    # what stands there twice
    ("a.py", CALLS, [("def fetch(url, *, timeout=3, retries=1):\n", "def fetch(url, *, timeout=3, retries=1):\n    seen = {\"a\": 1, \"b\": url}\n    log(seen)\n"), ("import functools\n", "import functools\nfrom a import log\n")], [("def feed(url):\n", "from b import log\n\n\ndef feed(url):\n")], "the name log stands there again"),
    ("a.py", CLASS, [("    limit = 10\n", "    limit = 10\n\n    def own(self):\n        return 1\n")], [("        return item\n\n    def check", "        return item\n\n    def own(self):\n        return 2\n\n    def check")], "the name own in Service stands there again"),
    ("a.ts", TS_CLASS, [("  private limit = 10\n", "  private limit = 10\n\n  own() {\n    return 1\n  }\n")], [("    return item\n  }\n\n  check", "    return item\n  }\n\n  own() {\n    return 2\n  }\n\n  check")], "the member own of Service stands there again"),
    ("a.tsx", PAGE, [("  items: Item[]\n", "  items: Item[]\n  own: string\n")], [("  name: string\n}", "  name: string\n  own?: string\n}")], "the key own stands there again"),
    ("a.tsx", PAGE, [("  const [open,", "  const own = 1\n  const [open,")], [("  const title = label(name)\n", "  const title = label(name)\n  const own = title\n")], "the declaration own stands there again"),
    ("a.tsx", PAGE, [("import { useState } from 'react'\n", "import { useState } from 'react'\nimport { own } from './own'\n")], [("type Item = {", "const own = 1\nexport const twice = own\ntype Item = {")], "the import own stands there again"),
    ("a.ts", SWITCH, [("    case 'a':\n", "    case 'c':\n      rate = 9\n      break\n    case 'a':\n")], [("    default:\n", "    case 'c':\n      rate = 8\n      break\n    default:\n")], "the case 'c' stands there again"),
    ("a.ts", TS_RUN, [("export function answer(user: User, mine: boolean) {\n", "export function answer(user: User, mine: boolean) {\n  const own = mine\n  log(own)\n")], [("  return run(q)\n", "  const { own } = user\n  return run(q)\n")], "the declaration own stands there again"),
    ("a.ts", "export default {\n  a: 1,\n  b: 2,\n  c: 3,\n}\n", [("  a: 1,\n", "  own: 1,\n  a: 1,\n")], [("  c: 3,\n", "  c: 3,\n  own: 2,\n")], "the key own stands there again"),
]  # fmt: skip

# path, base, upstream's change, yours, and what a note says of what git merges
NOTED = [
    ("a.tsx", SLIDERS, [("onChange={one}", "onValueChange={one}"), ("onChange={two}", "onValueChange={two}")], [("    <hr />\n", "    <hr />\n    <Slider onChange={own} />\n")], "Slider is given onChange there by your side, as upstream gives it to none any more"),
    ("a.py", CALLED, [("limit=1", "size=1"), ("limit=2", "size=2")], [("    log(name)\n", "    log(name)\n    api.fetch(name, limit=3)\n")], "api.fetch is given limit there by your side"),
    ("a.ts", TABS, [("Object.values(TABS).includes(tab)", "SHOWN.includes(tab)"), ("export const is", "const SHOWN = [TABS.one]\n\nexport const is")], [("  two: 'two',\n", "  two: 'two',\n  own: 'own',\n")], "your side changes members of TABS, which nothing in the file goes through any more"),
    ("api/Dockerfile", DOCKER, [("COPY pyproject.toml", "COPY api/pyproject.toml"), ("COPY . /app", "COPY api /app")], [("EXPOSE 80\n", "EXPOSE 80\nADD own.sh /own.sh\n")], "own.sh is looked for in another folder than before"),
    ("a.py", CALLS, [("def fetch(url, *, timeout=3, retries=1):\n", "def fetch(url, *, retries=1):\n"), ("head, timeout, retries", "head, retries")], [("def feed(url):\n    first = fetch(url)\n", "def feed(url):\n    first = fetch(url, timeout=9)\n")], "fetch does not take what is given to it there"),
    ("a.py", CALLS, [("def fetch(url, *, timeout=3, retries=1):\n", "@functools.cache\ndef fetch(url, *, retries=1):\n"), ("head, timeout, retries", "head, retries")], [("def feed(url):\n    first = fetch(url)\n", "def feed(url):\n    first = fetch(url, timeout=9)\n")], "fetch does not take what is given to it there"),
    ("a.py", CALLS, [("def fetch(url, *, timeout=3, retries=1):\n", "def fetch(url, *, retries=1):\n"), ("head, timeout, retries", "head, retries")], [("def feed(url):\n    first = fetch(url)\n", "def feed(url):\n    get = functools.partial(fetch, timeout=9)\n    first = get(url)\n")], "fetch has no parameter timeout any more"),
    ("a.py", CLASS, [("    def check(self, item):\n        return item\n", "    def verify(self, item):\n        return item\n"), ("        self.check(item)\n", "        self.verify(item)\n")], [("    limit = 10\n", "    limit = 10\n\n    def own(self):\n        return self.check(1)\n")], "your side uses .check there, which the file does not define any more"),
    ("a.py", CLASS, [("    def build(self, name, size):\n", "    def build(self, name):\n"), ("name * size", "name"), ("self.build(name, self.limit)", "self.build(name)")], [("        self.check(item)\n", "        self.check(item)\n        self.build(item, 2)\n")], "build does not take what is given to it there"),
    ("a.py", CLASS, [("        self.check(item)\n", "")], [("    def check(self, item):\n        return item\n", "    def check(self, item):\n        return item.mine\n")], "your side changes check, which nothing in the file uses any more"),
    ("a.ts", TS_CLASS, [("  check(item: string) {\n", "  verify(item: string) {\n"), ("this.check(item)", "this.verify(item)")], [("  private limit = 10\n", "  private limit = 10\n\n  own() {\n    return this.check('1')\n  }\n")], "your side uses .check there, which the file does not define any more"),
    ("a.ts", TS_RUN, [("const log = (user: User) => user\n", "const log = (user: User, more: number) => user\n"), ("  log(user)\n", "  log(user, 1)\n")], [("const audit = check\n", "const audit = check\nexport const own = (user: User) => log(user)\n")], "log does not take what is given to it there"),
    ("a.py", "def f(app):\n    app.one()\n    app.two()\n    app.three()\n", [("    app.one()\n", "    app.own()\n    app.one()\n")], [("    app.three()\n", "    app.three()\n    app.own()\n")], "the call app.own() in f stands there again"),
    ("a.tsx", PAGE, [("      <hr />\n", "      <Own />\n      <hr />\n")], [("      <p>text</p>\n", "      <p>text</p>\n      <Own />\n")], "the element <Own /> stands there again"),
]  # fmt: skip

# path, base, upstream's change, yours: what git leaves, and why difykit does not merge it either
REFUSED = [
    # what upstream's own lines do otherwise now
    ("a.tsx", SLIDERS, [("onChange={one}", "onValueChange={one}"), ("onChange={two}", "onValueChange={two}"), ("    <hr />\n", '    <hr className="a" />\n')], [("    <hr />\n", "    <hr />\n    <Slider onChange={own} />\n")], "Slider is given onChange there by your side, as upstream gives it to none any more"),
    ("a.py", CALLED, [("limit=1", "size=1"), ("limit=2", "size=2"), ("    log(name)\n", "    log(name, 1)\n")], [("    log(name)\n", "    log(name)\n    api.fetch(name, limit=3)\n")], "api.fetch is given limit there by your side, as upstream gives it to none any more"),
    ("a.ts", TABS, [("Object.values(TABS).includes(tab)", "SHOWN.includes(tab)"), ("  two: 'two',\n", "  two: 'two',\n  more: 'more',\n"), ("export const is", "const SHOWN = [TABS.one, TABS.two]\n\nexport const is")], [("  two: 'two',\n", "  two: 'two',\n  own: 'own',\n")], "your side changes members of TABS, which nothing in the file goes through any more"),
    ("a.py", 'KINDS = {\n    "one": 1,\n    "two": 2,\n}\n\n\ndef known(kind):\n    return kind in KINDS\n', [("kind in KINDS", "kind in SHOWN"), ('    "two": 2,\n', '    "two": 2,\n    "more": 3,\n'), ("def known", 'SHOWN = [KINDS["one"]]\n\n\ndef known')], [('    "two": 2,\n', '    "two": 2,\n    "own": 3,\n')], "your side changes members of KINDS"),
    ("api/Dockerfile", DOCKER, [("COPY pyproject.toml", "COPY api/pyproject.toml"), ("COPY . /app", "COPY --chown=a api /app")], [("COPY . /app", "COPY ./routes /routes\nCOPY . /app")], "routes is looked for in another folder than before: what was pyproject.toml is api/pyproject.toml now"),
    # what both sides do, each in its own words
    ("a.py", RUN, [("    log(user)\n", '    log(user)\n    logger.warning("Failed to load the model %s, keeping what is set", user)\n')], [("    log(user)\n", '    log(user)\n    logging.warning(f"Failed to load the model {user}, keeping what is set")\n')], ""),
    # a note that would stand in another class
    ("a.py", FIELDS, [("    default=1,\n    )\n", "    default=int(1),\n    )\n\n\nclass Other:\n    size = Field(\n        default=2,\n    )\n")], [("    default=1,\n", "    default=1,\n        # default=9,\n")], "in another block: # default=9,"),
]  # fmt: skip

# path, base, upstream's change, yours: merged, and nothing to say
WELL = [
    ("a.tsx", SLIDERS, [("onChange={one}", "onValueChange={one}")], [("    <hr />\n", "    <hr />\n    <Slider onChange={own} />\n")]),
    ("a.tsx", SLIDERS, [("<Slider onChange={one} />", "<Slider {...one} />"), ("onChange={two}", "onValueChange={two}")], [("    <hr />\n", "    <hr />\n    <Track onChange={own} />\n")]),
    ("a.py", CALLED, [("limit=1", "size=1"), ("limit=2", "size=2")], [("    log(name)\n", "    log(name)\n    api.fetch(name, size=3)\n")]),
    ("a.ts", TABS, [("    return false\n", "    return !tab\n")], [("  two: 'two',\n", "  two: 'two',\n  own: 'own',\n")]),
    ("api/Dockerfile", DOCKER, [("COPY pyproject.toml", "COPY api/pyproject.toml"), ("COPY . /app", "COPY api /app")], [("EXPOSE 80\n", "EXPOSE 80\nCOPY --from=base /own /own\nCOPY api/own.sh /own.sh\nRUN own\n")]),
    ("api/Dockerfile", DOCKER, [("COPY pyproject.toml", "COPY uv.lock pyproject.toml")], [("EXPOSE 80\n", "EXPOSE 80\nADD own.sh /own.sh\n")]),
    ("a.py", RUN, [("    log(user)\n", '    log(user)\n    logger.warning("Failed to load the model %s, keeping what is set", user)\n')], [("    audit(user)\n", '    audit(user)\n    logging.info("answered")\n')]),
    ("a.py", RUN, [("    return run(q)\n", "    return run(q, user)\n")], [("    log(user)\n", '    log(user)\n    if mine:\n        q = "B"\n')]),
    ("a.py", RUN, [('    q = "A"\n', '    q = "A2"\n')], [("    audit(user)\n", "    audit(user)\n    audit(mine)\n")]),
    ("a.py", RUN, [("    return run(q)\n", "    return run(lambda: q)\n")], [("    log(user)\n", '    log(user)\n    q = "B"\n')]),
    ("a.py", LOOP, [("    send(note)\n", "    send(note, rows)\n")], [("        if row.last:\n", "        if row.mine:\n            note = row.mine\n        if row.last:\n")]),
    ("a.py", LOOP, [("        row.seen = True\n", "        row.seen = sum_\n")], [("    report(rows)\n", "    report(rows)\n    report(note)\n")]),
    ("a.py", TRY, [("        path.close()\n", "        path.close(text)\n")], [("        warn(error)\n", "        warn(error)\n        text = str(error)\n")]),
    ("a.py", CALLS, [("def fetch(url, *, timeout=3, retries=1):\n", "def fetch(url, *, timeout=3, retries=1, key=None):\n")], [("def feed(url):\n    first = fetch(url)\n", "def feed(url):\n    first = fetch(url, timeout=9)\n")]),
    ("a.py", CLASS, [("    limit = 10\n", "    limit = 20\n")], [("        self.check(item)\n", "        self.check(item)\n        self.load(item)\n")]),
    ("a.ts", TS_RUN, [("  return run(q)\n", "  return run(q, user)\n")], [("  log(user)\n", "  log(user)\n  if (mine)\n    q = 'B'\n")]),
    ("a.ts", TS_RUN, [("  return run(q)\n", "  return run(() => q)\n")], [("  log(user)\n", "  log(user)\n  q = user.name\n")]),
    ("a.ts", SWITCH, [("  return base * rate\n", "  return base * rate * 2\n")], [("      rate = 3\n", "      rate = 33\n")]),
    ("a.tsx", PAGE, [("<List items={shown} />", "<List items={shown} name={name} />")], [("item => item.on)\n", "item => item.on)\n    .slice(0, 5)\n")]),
    ("a.tsx", PAGE, [("  const close = () => setOpen(false)\n", "  const close = () => setOpen(!open)\n")], [("      <p>text</p>\n", "      <p onClick={() => setOpen(true)}>{title}</p>\n")]),
    ("a.tsx", PAGE, [("      <hr />\n", "      <hr className=\"a\" />\n")], [("      <List items={shown} />\n", "      <List items={shown} />\n      <p>own</p>\n")]),
    ("a.ts", TS_CLASS, [("  private limit = 10\n", "  private limit = 20\n")], [("    this.check(item)\n", "    this.check(item)\n    this.load(item)\n")]),
    ("a.ts", "export const a = (x: number) => x\n\nfoo<<<x\n\nexport const b = 1\nexport const c = 2\n", [("x: number) => x\n", "x: number) => x + 1\n")], [("c = 2\n", "c = 3\n")]),
]  # fmt: skip


def merged(store: Store, path: str, base: str, upstream: list[Swap], yours: list[Swap]) -> MergeOutcome:
    commits = []
    for swaps in ([], upstream, yours):
        text = base
        for old, new in swaps:
            assert old in text, old
            text = text.replace(old, new)
        changes: Changes = {path: ("100644", text.encode())}
        commits += write_chain(store, "", [Commit("a tree\n", WHO, WHO, changes)])
    return three_way(store, commits[0], commits[1], commits[2])


@pytest.mark.parametrize(("path", "base", "upstream", "yours", "said"), LEFT)
def test_what_one_side_took_the_use_of_away_is_left_to_a_person(
    *, store: Store, path: str, base: str, upstream: list[Swap], yours: list[Swap], said: str
) -> None:
    outcome = merged(store, path, base, upstream, yours)
    assert [conflict.path for conflict in outcome.conflicts] == [path]
    assert said in outcome.conflicts[0].note


@pytest.mark.parametrize(("path", "base", "upstream", "yours", "said"), REFUSED)
def test_beyond_git_nothing_is_merged_that_may_be_wrong(
    *, store: Store, path: str, base: str, upstream: list[Swap], yours: list[Swap], said: str
) -> None:
    outcome = merged(store, path, base, upstream, yours)
    assert [(conflict.path, conflict.kind) for conflict in outcome.conflicts] == [(path, "content")]
    assert said in outcome.conflicts[0].note


@pytest.mark.parametrize(("path", "base", "upstream", "yours", "said"), NOTED)
def test_what_may_be_wrong_is_said_of_gits_merge(
    *, store: Store, path: str, base: str, upstream: list[Swap], yours: list[Swap], said: str
) -> None:
    outcome = merged(store, path, base, upstream, yours)
    assert outcome.clean
    assert said in "; ".join(remark.text for remark in outcome.remarks)


@pytest.mark.parametrize(("path", "base", "upstream", "yours"), WELL)
def test_what_is_well_is_merged_without_a_word(
    *, store: Store, path: str, base: str, upstream: list[Swap], yours: list[Swap]
) -> None:
    outcome = merged(store, path, base, upstream, yours)
    assert (outcome.conflicts, outcome.remarks) == ((), ())


BROKEN = "export const a = (x: number) => x\n\nlet = = 3\n\nexport const b = 1\n"
FAR = "".join(f"\nexport const v{number} = {number}\n" for number in range(6))


@pytest.mark.parametrize(("text", "said"), [(BROKEN, "the parser cannot read line 3 of"), (BROKEN + FAR, None)])
def test_beyond_git_nothing_is_merged_near_what_the_parser_cannot_read(
    store: Store, text: str, said: str | None
) -> None:
    last = text.rstrip("\n").rpartition("\n")[2]
    outcome = merged(
        store, "a.ts", text, [(last, last + "\nexport const n = 1")], [(last, last + "\nexport const m = 2")]
    )
    assert [said in conflict.note for conflict in outcome.conflicts if said] == ([True] if said else [])
    assert len(outcome.solved) == (not said)
