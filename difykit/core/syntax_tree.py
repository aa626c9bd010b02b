"""Source text as the tree of a parser, tree-sitter: it takes whatever it is given, and marks what it cannot read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Literal

from tree_sitter import Language, Node, Parser

__all__ = ["Grammar", "Node", "grammar_of", "parsed", "said", "unread", "walk"]

Grammar = Literal["python", "typescript", "tsx"]
_BY_ENDING: dict[str, Grammar] = {
    "py": "python",
    **dict.fromkeys(("ts", "mts", "cts"), "typescript"),
    **dict.fromkeys(("tsx", "js", "jsx", "mjs", "cjs"), "tsx"),
}


def grammar_of(path: str) -> Grammar | None:
    """The grammar that a file of this name is written in; JavaScript is TSX that has no types."""
    return _BY_ENDING.get(path.rpartition("/")[2].rpartition(".")[2])


@lru_cache(maxsize=8)
def parsed(text: str, grammar: Grammar) -> Node:
    """The tree of a text, whatever it holds; `unread` are the places that the grammar does not know."""
    return _parser(grammar).parse(text.encode("utf-8", "surrogateescape")).root_node


@cache
def _parser(grammar: Grammar) -> Parser:
    if grammar == "python":
        from tree_sitter_python import language  # noqa: PLC0415 - the grammars are loaded where a text is read
    elif grammar == "tsx":
        from tree_sitter_typescript import language_tsx as language  # noqa: PLC0415
    else:
        from tree_sitter_typescript import language_typescript as language  # noqa: PLC0415
    return Parser(Language(language()))


def unread(root: Node) -> list[tuple[int, int]]:
    """The lines from 0, first and last, of each place that the grammar cannot read or that lacks something."""
    places: list[tuple[int, int]] = []
    pending = [root] if root.has_error else []
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            places.append((node.start_point.row, node.end_point.row))
        else:
            pending += [child for child in node.children if child.has_error]
    return sorted(places)


def walk(root: Node) -> Iterator[Node]:
    """Every node, each before those in it; without recursion, since trees can be deep."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending += reversed(node.children)


def said(node: Node | None) -> str:
    """The text of a node; "" where there is none."""
    return (node.text or b"").decode("utf-8", "surrogateescape") if node else ""
