"""Whether a merged TypeScript or JavaScript file still hangs together: brackets, tags, names and imports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from difykit.merge import tsimports, tsnames
from difykit.merge.diff import edits
from difykit.merge.model import Sides, Trees
from difykit.merge.nest import bracket_places, moved
from difykit.merge.regions import lines_of
from difykit.merge.tokens import bare, open_brackets, tokens

_TAG = re.compile(r"(?<![\w$)\]])<(?P<end>/?)(?P<name>[A-Za-z][\w.]*)?(?=[\s/>])")
_TOP = re.compile(
    r"^(?:export\s+)?(?:default\s+)?(?:const|let|(?:async\s+)?function|type|interface|class|enum)\s+([\w$]+)",
    re.MULTILINE,
)
_NAMES = re.compile(r"[A-Za-z_$][\w$]*")
_KNOWN = """
globalThis window document console process navigator location localStorage sessionStorage fetch URL Set Map Promise
Object Array String Number Boolean JSON Math Date Error RegExp Symbol setTimeout clearTimeout undefined null true false
this super new try catch finally throw typeof instanceof in of return await async yield import export default from as
if else for while do switch case break continue const let var function class extends type interface enum
string number boolean any unknown never void readonly keyof Record Partial Omit Pick key className
"""
_GLOBALS = frozenset(_KNOWN.split())
_ENDS = ("", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".json", ".d.ts", "/index.ts", "/index.tsx", "/index.js")


def faults(sides: Sides, merged: str, trees: Trees) -> Iterator[str]:
    """What is wrong with a merged file that is not wrong with ours or theirs."""
    if open_brackets(merged, "c") != [] and open_brackets(sides.ours, "c") == []:
        yield "its brackets do not pair"
    if wrong := _tags(merged) - _tags(sides.ours) - _tags(sides.theirs):
        yield f"its tags do not pair: {', '.join(sorted(wrong))}"
    if twice := _twice(merged) - _twice(sides.ours) - _twice(sides.theirs):
        yield f"declared twice: {', '.join(sorted(twice))}"
    if wrong := _wrong_names(sides, merged):
        yield f"gone or too many: {', '.join(sorted(wrong))}"
    if new := tsnames.unbound(merged) - tsnames.unbound(sides.ours) - tsnames.unbound(sides.theirs):
        yield f"nothing declares {', '.join(sorted({name for _, name in new})[:5])}"
    if leans := _leans(sides, merged):
        yield f"nothing has {', '.join(sorted(leans)[:5])} any more"
    if line := moved(sides, merged, bracket_places):
        yield f"in another block: {line}"
    for name, module in sorted(_imported(merged) - _imported(sides.ours)):
        if not _resolves(sides.path, name, module, trees):
            yield f"{module} has no {name}"


def _tags(text: str) -> set[str]:
    """The names of JSX elements that are not closed as often as they are opened."""
    count: Counter[str] = Counter()
    for match in _TAG.finditer(text):
        name = match["name"] or ""
        if match["end"]:
            count[name] -= 1
        elif not _closes_itself(text, match.end()):
            count[name] += 1
    return {name or "fragment" for name, times in count.items() if times}


def _closes_itself(text: str, at: int) -> bool:
    depth = 0
    while at < len(text):
        char = text[at]
        depth += (char in "{(") - (char in "})")
        if char == ">" and depth <= 0 and text[at - 1] != "=":
            return text[at - 1] == "/"
        at += 1
    return False


def _twice(text: str) -> set[str]:
    names = Counter(_TOP.findall(text)) + Counter(name for name, _ in _bound(text))
    return {name for name, times in names.items() if times > 1}


def _bound(text: str) -> list[tuple[str, str]]:
    """Every name that an import brings here, and from where."""
    found: list[tuple[str, str]] = []
    for unit in tsimports.units(text):
        parsed = tsimports.read([unit]) if unit.startswith("import") else None
        for statement in parsed.statements if parsed else ():
            found += [(key[1], str(statement.head)) for key in statement.keys if key[1][:1] not in {"!", "*"}]
    return found


def _imported(text: str) -> set[tuple[str, str]]:
    """Every thing taken from another module as (its name there, the module)."""
    found: set[tuple[str, str]] = set()
    for unit in tsimports.units(text):
        parsed = tsimports.read([unit]) if unit.startswith(("import", "export")) else None
        for statement in parsed.statements if parsed else ():
            if isinstance(statement.head, tuple):
                module = str(statement.head[2]).strip("'\"")
                found |= {(key[0].removeprefix("type "), module) for key in statement.keys}
    return found


def _wrong_names(sides: Sides, merged: str) -> set[str]:
    base, ours, theirs, made = (
        {*_TOP.findall(text), *(name for name, _ in _bound(text))}
        for text in (sides.base, sides.ours, sides.theirs, merged)
    )
    return ((ours | (theirs - base)) - (base - theirs)) ^ made


def _leans(sides: Sides, merged: str) -> set[str]:
    """Names that one side's new code takes from the code around it, and the other side no longer has there."""
    have = Counter(_words(lines_of(merged)))
    found: set[str] = set()
    for side in (sides.ours, sides.theirs):
        new = [line for edit in edits(lines_of(sides.base), lines_of(side)) for line in edit.new]
        fresh = Counter(_words(new))
        whole = Counter(_words(lines_of(side)))
        # More uses on its side than its own new lines have: something there brings the name.
        found |= {name for name in fresh if whole[name] > fresh[name] and have[name] <= fresh[name]} - _GLOBALS
    return found


def _words(rows: Sequence[str]) -> list[str]:
    found: list[str] = []
    before = ""
    for token in tokens("".join(rows), "c"):
        if token.kind == "word" and before != "." and _NAMES.fullmatch(token.text):
            found.append(token.text)
        before = token.text
    return found


def _resolves(path: str, name: str, module: str, trees: Trees) -> bool:
    """Whether the merged tree has what is imported; a package's own things are taken to be there."""
    if module.startswith("@/"):
        start = f"{path.split('/', maxsplit=1)[0]}/{module[2:]}"
    elif module.startswith("."):
        start = _joined(path, module)
    else:
        return True
    found = [start + end for end in _ENDS if trees.has(start + end)]
    if not found:
        return False
    text = trees.read(found[0]) or ""
    return name in {"default!", "*", "!", "default"} or "export *" in text or name in set(bare(text, "c"))


def _joined(path: str, module: str) -> str:
    parts = path.split("/")[:-1]
    for step in module.split("/"):
        if step == "..":
            parts = parts[:-1]
        elif step != ".":
            parts.append(step)
    return "/".join(parts)
