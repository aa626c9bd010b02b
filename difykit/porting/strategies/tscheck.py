"""Whether a merged TypeScript or JavaScript file still hangs together: tags, declarations, blocks and imports."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from difykit.core.syntax_tree import Grammar, Node, grammar_of, parsed, said, walk
from difykit.porting.strategies.model import MergeTexts, Trees
from difykit.porting.strategies.scope_check import Place, moved
from difykit.porting.strategies.tokens import CLOSE, OPEN, bare
from difykit.porting.strategies.tsscopes import module

_OPAQUE = frozenset({"string", "regex", "comment", "jsx_text"})
_ENDS = ("", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".json", ".d.ts", "/index.ts", "/index.tsx", "/index.js")


def faults(sides: MergeTexts, merged: str, trees: Trees) -> Iterator[str]:
    """What is wrong with a merged file that is not wrong with ours or theirs."""
    grammar = grammar_of(sides.path)
    if grammar is None:
        return
    roots = [parsed(text, grammar) for text in (merged, sides.ours, sides.theirs)]
    merged_tags, ours, theirs = ({(name, end) for name, end in _tags(root) if name != end} for root in roots)
    if wrong := merged_tags - ours - theirs:
        yield f"its tags do not pair: {', '.join(sorted(name or 'fragment' for name, _ in wrong))}"
    if names := _wrong_names(sides, merged, grammar):
        yield f"gone or too many: {', '.join(sorted(names))}"
    if line := moved(sides, merged, partial(_places, grammar=grammar)):
        yield f"in another block: {line}"
    for name, source in sorted(_imported(roots[0]) - _imported(roots[1])):
        if not _resolves(sides.path, name, source, trees):
            yield f"{source} has no {name}"


def _tags(root: Node) -> Iterator[tuple[str, str]]:
    """The name with which each JSX element begins, and the one with which it ends."""
    for node in walk(root):
        if node.type == "jsx_element":
            start, end = node.child_by_field_name("open_tag"), node.child_by_field_name("close_tag")
            yield said(start and start.child_by_field_name("name")), said(end and end.child_by_field_name("name"))


def _wrong_names(sides: MergeTexts, merged: str, grammar: Grammar) -> set[str]:
    """Names of the module that it lacks or has too many of: what either side added or took away must show."""
    base, ours, theirs, merged_names = (
        set(module(text, grammar).scopes[0].names) for text in (sides.base, sides.ours, sides.theirs, merged)
    )
    return ((ours | (theirs - base)) - (base - theirs)) ^ merged_names


def _places(text: str, grammar: Grammar) -> dict[int, Place]:
    """The open brackets around each line that says something, each with the word before it."""
    places: dict[int, Place] = {}
    opened: list[str] = []
    word = ""
    for leaf in _leaves(parsed(text, grammar)):
        kind = leaf.type
        shown = [at for at, row in enumerate(said(leaf).split("\n")) if row.strip()] if kind == "jsx_text" else [0]
        for at in shown:
            places.setdefault(leaf.start_point.row + at, tuple(opened))
        if kind in OPEN or kind == "${":
            opened.append(f"{word}{kind[-1]}")
        elif kind in CLOSE and opened:
            opened.pop()
        word = "" if kind in _OPAQUE else said(leaf)
    return places


def _leaves(root: Node) -> Iterator[Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.type in _OPAQUE or not node.child_count:
            yield node
        else:
            pending += reversed(node.children)


def _imported(root: Node) -> set[tuple[str, str]]:
    """Every thing taken from another module as (its name there, the module); a whole module has no name."""
    imports: set[tuple[str, str]] = set()
    for node in root.named_children:
        source = node.child_by_field_name("source")
        if source is None or node.type not in {"import_statement", "export_statement"}:
            continue
        parts = [part for part in walk(node) if part.type in {"import_specifier", "export_specifier"}]
        named = {said(part.child_by_field_name("name")) for part in parts}
        imports |= {(name, said(source).strip("'\"")) for name in named or {""}}
    return imports


def _resolves(path: str, name: str, source: str, trees: Trees) -> bool:
    """Whether the merged tree has what is imported; a package's own things are taken to be there."""
    if source.startswith("@/"):
        start = f"{path.split('/', maxsplit=1)[0]}/{source[2:]}"
    elif source.startswith("."):
        start = _joined(path, source)
    else:
        return True
    candidates = [start + end for end in _ENDS if trees.has(start + end)]
    if not candidates:
        return False
    text = trees.read(candidates[0]) or ""
    return name in {"", "default"} or "export *" in text or name in set(bare(text, "c"))


def _joined(path: str, source: str) -> str:
    parts = path.split("/")[:-1]
    for step in source.split("/"):
        if step == "..":
            parts = parts[:-1]
        elif step != ".":
            parts.append(step)
    return "/".join(parts)
