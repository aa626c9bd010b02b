"""What a TypeScript or JavaScript module says twice where once is meant: our own rules on the parser's tree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache

from difykit.core.syntax_tree import Grammar, Node, said, walk
from difykit.porting.strategies.tsscopes import Declared, Module, module

Doubles = dict[tuple[str, str], list[int]]
Names = Iterator[tuple[str, str, Node]]
"""Kind, name and place."""
_VALUES = frozenset({"const", "let", "class", "enum", "function", "import", "parameter", "catch"})
_TYPES = frozenset({"type", "interface", "class", "enum", "import"})
_FUNCTION_WIDE = frozenset({"var", "parameter", "function"})


@lru_cache(maxsize=64)  # a forecast asks the same of one side for every release
def doubles(text: str, grammar: Grammar) -> Doubles:
    """The lines on which a name stands again, by its kind and name."""
    parsed = module(text, grammar)
    repeated: Doubles = defaultdict(list)
    for node in walk(parsed.root):
        if group := _GROUPS.get(node.type):
            for kind, name, repeat in _again(group(node)):
                repeated[kind, name].append(repeat.start_point.row + 1)
    for kind, name, repeat in (*_declared(parsed), *_again(_exports(parsed.root))):
        repeated[kind, name].append(repeat.start_point.row + 1)
    return dict(repeated)


def _again(names: Names) -> Names:
    keys: set[tuple[str, str]] = set()
    for kind, name, node in names:
        if (kind, name) in keys:
            yield kind, name, node
        keys.add((kind, name))


def _declared(parsed: Module) -> Names:
    """What one scope declares again; a type and a value may share a name, and interfaces come together."""
    for scope in parsed.scopes:
        for name, places in scope.names.items():
            for at, declared in enumerate(places):
                if any(_meet(declared, other) for other in places[:at]):
                    yield _word(declared.kind), name, declared.node


def _word(kind: str) -> str:
    return kind if kind in {"import", "parameter"} else "type" if kind in {"type", "interface"} else "declaration"


def _meet(first: Declared, second: Declared) -> bool:
    kinds = {first.kind, second.kind}
    if "var" in kinds and kinds <= _FUNCTION_WIDE:
        return False
    if kinds in ({"interface"}, {"interface", "class"}, {"function", "parameter"}):
        return False
    return kinds <= _VALUES | {"var"} or kinds <= _TYPES


def _keys(node: Node) -> Names:
    for item in node.named_children:
        if item.type in {"shorthand_property_identifier", "shorthand_property_identifier_pattern"}:
            yield "key", said(item), item
        elif item.type == "object_assignment_pattern":
            yield "key", said(item.child_by_field_name("left")), item
        elif item.type in {"pair", "pair_pattern", "method_definition", "property_signature"}:
            yield "key", _marked(item), item


def _members(node: Node) -> Names:
    title = said(node.parent.child_by_field_name("name")) if node.parent else ""
    label = f"member of {title or 'class'}"
    for item in node.named_children:
        if item.type in {"method_definition", "public_field_definition", "property_signature", "enum_assignment"}:
            yield label, _marked(item), item
        elif item.type == "property_identifier":
            yield label, said(item), item


def _marked(item: Node) -> str:
    """The name of a property with what makes it another one: static, or only read or set."""
    words = {child.type for child in item.children} & {"static", "get", "set"}
    key = item.child_by_field_name("key") or item.child_by_field_name("name")
    return " ".join([*sorted(words, reverse=True), said(key).strip("'\"")])


def _attributes(node: Node) -> Names:
    for item in node.named_children:
        if item.type == "jsx_attribute":
            yield f"attribute of <{said(node.child_by_field_name('name'))}>", said(item.named_children[0]), item


def _cases(node: Node) -> Names:
    for item in node.named_children:
        if item.type == "switch_case":
            yield "case", said(item.child_by_field_name("value")), item
        elif item.type == "switch_default":
            yield "case", "default", item


def _calls(node: Node) -> Names:
    """Calls for their effect alone: the very same one."""
    for item in node.named_children:
        if item.type == "expression_statement" and item.named_children[0].type == "call_expression":
            yield "call", said(item).rstrip(";"), item


def _conditions(node: Node) -> Names:
    """The conditions of one chain, told at its head."""
    link: Node | None = node if not node.parent or node.parent.type != "else_clause" else None
    while link and link.type == "if_statement":
        yield "condition", said(link.child_by_field_name("condition"))[1:-1], link
        other = link.child_by_field_name("alternative")
        link = other.named_children[0] if other and other.named_children else None


def _decorators(node: Node) -> Names:
    for item in node.named_children:
        if item.type == "decorator":
            yield "decorator", said(item)[1:], item


def _children(node: Node) -> Names:
    """Elements that say the very same, side by side."""
    for item in node.named_children:
        if item.type in {"jsx_element", "jsx_self_closing_element"}:
            yield "element", said(item), item


def _exports(root: Node) -> Names:
    for node in root.named_children:
        if node.type != "export_statement":
            continue
        if any(child.type == "default" for child in node.children):
            yield "export", "default", node
        for part in walk(node):
            if part.type == "export_specifier":
                yield "export", said(part.child_by_field_name("alias") or part.child_by_field_name("name")), part


_GROUPS: dict[str, Callable[[Node], Names]] = {
    **dict.fromkeys(("object", "object_pattern", "object_type"), _keys),
    **dict.fromkeys(("class_body", "enum_body", "interface_body"), _members),
    **dict.fromkeys(("jsx_opening_element", "jsx_self_closing_element"), _attributes),
    **dict.fromkeys(("statement_block", "program"), _calls),
    **dict.fromkeys(("class_declaration", "method_definition"), _decorators),
    **dict.fromkeys(("jsx_element",), _children),
    "switch_body": _cases,
    "if_statement": _conditions,
}
