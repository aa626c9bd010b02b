"""The facts of a TypeScript module."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from difykit.core.syntax_tree import Grammar, Node, said, walk
from difykit.porting.strategies.facts import Call, Definition, ModuleFacts, Named, Signature
from difykit.porting.strategies.tsscopes import FUNCTIONS, Module, module, names_of

_OWNED = frozenset({"property_signature", "method_signature", "method_definition", "public_field_definition"})
_ELEMENTS = frozenset({"jsx_opening_element", "jsx_self_closing_element"})
_KEYED = frozenset({"pair", "pair_pattern", "enum_assignment"})


@lru_cache(maxsize=64)  # a forecast asks the same of one side for every release
def facts(text: str, grammar: Grammar) -> ModuleFacts:
    """The facts of a module's text."""
    parsed = module(text, grammar)
    nodes = list(walk(parsed.root))
    top = parsed.scopes[0]
    used = {use.name for use in parsed.uses if use.scope.owner(use.name) is top}
    used |= {f".{said(node.child_by_field_name('property'))}" for node in nodes if node.type == "member_expression"}
    functions = list(_functions(parsed.root))
    titles = [title for title, _ in functions]
    return ModuleFacts(
        {title: _signature(node) for title, node in functions if titles.count(title) == 1},
        [_call(node) for node in nodes if node.type == "call_expression"],
        frozenset(_owned(nodes)),
        [(said(node.child_by_field_name("property")), node.start_point.row + 1) for node in nodes
         if node.type == "member_expression"],
        [*_definitions(parsed), *(of for node in nodes for of in _methods(node))],
        frozenset(used),
        [_named(node) for node in nodes if node.type in _ELEMENTS],
        list(_collections(parsed.root)),
        frozenset(_iterated(nodes)),
    )  # fmt: skip


def _functions(root: Node) -> Iterator[tuple[str, Node]]:
    """The functions at the top of a module, by name."""
    for node in _top(root):
        if node.type in FUNCTIONS:
            yield said(node.child_by_field_name("name")), node
        for part in node.named_children if node.type == "lexical_declaration" else ():
            value = part.child_by_field_name("value")
            if value and value.type in FUNCTIONS:
                yield said(part.child_by_field_name("name")), value


def _top(root: Node) -> Iterator[Node]:
    for node in root.named_children:
        yield (node.child_by_field_name("declaration") or node) if node.type == "export_statement" else node


def _signature(node: Node) -> Signature:
    parameters = node.child_by_field_name("parameters")
    items = [item for item in parameters.named_children if item.type != "comment"] if parameters else [node]
    places: list[str] = []
    needed: set[str] = set()
    more = False
    for at, item in enumerate(items):
        pattern = item.child_by_field_name("pattern")
        more = more or (pattern is not None and pattern.type == "rest_pattern")
        places.append(f"{at}")
        if item.type == "required_parameter" and not item.child_by_field_name("value"):
            needed.add(f"{at}")
    return Signature(tuple(places), frozenset(), frozenset() if more else frozenset(needed), more)


def _call(node: Node) -> Call:
    arguments = node.child_by_field_name("arguments")
    args = [item for item in arguments.named_children if item.type != "comment"] if arguments else []
    opened = any(item.type == "spread_element" for item in args)
    places = sum(item.type != "spread_element" for item in args)
    return Call(said(node.child_by_field_name("function")), node.start_point.row + 1, places, (), opened)


def _owned(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        if node.type in _OWNED or node.type in _KEYED:
            yield said(node.child_by_field_name("name") or node.child_by_field_name("key")).strip("'\"")
        elif node.type.startswith("shorthand_property_identifier"):
            yield said(node)
        elif node.type == "enum_body":
            yield from (said(item) for item in node.named_children if item.type == "property_identifier")


def _definitions(parsed: Module) -> Iterator[Definition]:
    """What a module declares at its top and does not export: that is its own for sure."""
    outside = [node for node in parsed.root.named_children if node.type == "export_statement"]
    is_module = bool(outside) or any(node.type == "import_statement" for node in parsed.root.named_children)
    named = [node for node in outside if not node.child_by_field_name("declaration")]
    exported = {said(part) for node in named for part in walk(node) if part.type == "identifier"}
    for node in _top(parsed.root):
        for part in (node, *(part for part in node.named_children if part.type == "variable_declarator")):
            for name in names_of(part.child_by_field_name("name")):
                if is_module and node.parent == parsed.root and said(name) not in exported:
                    yield Definition(said(name), node.start_point.row + 1, node.end_point.row + 1, private=True)


def _methods(node: Node) -> Iterator[Definition]:
    for item in node.named_children if node.type == "class_body" else ():
        name = item.child_by_field_name("name")
        if name and name.type != "computed_property_name":
            yield Definition(f".{said(name)}", item.start_point.row + 1, item.end_point.row + 1)


def _named(node: Node) -> Named:
    """An element with its attributes."""
    items = node.children_by_field_name("attribute")
    names = frozenset(said(item.named_child(0)) for item in items if item.type == "jsx_attribute")
    opened = any(item.type != "jsx_attribute" for item in items)
    return Named(said(node.child_by_field_name("name")), names, node.start_point.row + 1, opened)


def _collections(root: Node) -> Iterator[Definition]:
    """Objects and lists at the top of a module, also those that are said to be constant."""
    for node in _top(root):
        for part in node.named_children if node.type == "lexical_declaration" else ():
            value = part.child_by_field_name("value")
            while value and value.type in {"as_expression", "satisfies_expression"}:
                value = value.named_child(0)
            if value and value.type in {"object", "array"}:
                name = said(part.child_by_field_name("name"))
                yield Definition(name, node.start_point.row + 1, node.end_point.row + 1)


def _iterated(nodes: list[Node]) -> Iterator[str]:
    """Names that are handed on, spread or gone through."""
    for node in nodes:
        if node.type in {"arguments", "spread_element"}:
            yield from (said(part) for part in node.named_children if part.type == "identifier")
        elif node.type == "for_in_statement" and (right := node.child_by_field_name("right")):
            yield said(right)
        elif node.type == "call_expression":
            of = node.child_by_field_name("function")
            yield said(of.child_by_field_name("object") if of and of.type == "member_expression" else None)
