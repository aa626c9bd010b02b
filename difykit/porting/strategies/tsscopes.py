"""Names of a TypeScript module: where each is declared, where it is used, and what nothing declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from difykit.core.syntax_tree import Grammar, Node, parsed, said, walk

Pending = list[tuple[Node, "Scope"]]
FUNCTIONS = frozenset(
    {
        "function_declaration",
        "generator_function_declaration",
        "function_expression",
        "generator_function",
        "arrow_function",
        "method_definition",
    }
)
_SIGNATURES = frozenset(
    {
        "function_signature",
        "method_signature",
        "abstract_method_signature",
        "call_signature",
        "construct_signature",
        "function_type",
        "constructor_type",
    }
)
_BLOCKS = frozenset(
    {
        "statement_block",
        "for_statement",
        "for_in_statement",
        "switch_body",
        "catch_clause",
        "class",
        "class_declaration",
        "abstract_class_declaration",
        "interface_declaration",
        "type_alias_declaration",
        "enum_declaration",
        "conditional_type",
        "index_signature",
    }
)
_DECLARES = {
    "function_declaration": "function",
    "generator_function_declaration": "function",
    "class_declaration": "class",
    "abstract_class_declaration": "class",
    "interface_declaration": "interface",
    "type_alias_declaration": "type",
    "enum_declaration": "enum",
    "function_signature": "signature",
    "internal_module": "namespace",
    "type_parameter": "type parameter",
    "mapped_type_clause": "type parameter",
}
_USES = frozenset({"identifier", "type_identifier", "shorthand_property_identifier"})
_TAGS = frozenset({"jsx_opening_element", "jsx_closing_element", "jsx_self_closing_element"})


@dataclass(frozen=True)
class Declared:
    """One declaration of a name: what kind of thing it makes, and where."""

    kind: str
    node: Node


@dataclass(eq=False)
class Scope:
    """A stretch of a module with names of its own; `path` are the functions and classes around it."""

    path: str
    node: Node
    above: Scope | None
    function: bool
    names: dict[str, list[Declared]] = field(default_factory=dict)

    def owner(self, name: str) -> Scope | None:
        """The scope that declares the name for whoever uses it here, or None."""
        scope: Scope | None = self
        while scope and name not in scope.names:
            scope = scope.above
        return scope

    def holder(self) -> Scope:
        """The function, or the module, that a `var` here belongs to."""
        scope = self
        while not scope.function and scope.above:
            scope = scope.above
        return scope


@dataclass(frozen=True)
class NameUse:
    """A place that names something."""

    node: Node
    name: str
    scope: Scope


@dataclass(frozen=True)
class Module:
    """A module's tree and its names."""

    root: Node
    scopes: tuple[Scope, ...]
    uses: tuple[NameUse, ...]

    def unbound(self) -> set[tuple[str, str]]:
        """What is used and nothing in the module declares, as (the functions around it, name)."""
        return {(use.scope.path, use.name) for use in self.uses if use.scope.owner(use.name) is None}

    def bound(self) -> set[str]:
        """Every name that the module declares anywhere."""
        return {name for scope in self.scopes for name in scope.names}


@lru_cache(maxsize=8)
def module(text: str, grammar: Grammar) -> Module:
    """The names of a module's text, as far as the grammar reads it."""
    return _Reader(parsed(text, grammar)).read()


def names_of(pattern: Node | None) -> Iterator[Node]:
    """The places of a pattern that get a value: plain names, or what they are set in."""
    pending = [pattern] if pattern else []
    while pending:
        node = pending.pop()
        if node.type in {"object_pattern", "array_pattern", "rest_pattern"}:
            pending += reversed(node.named_children)
        elif node.type == "pair_pattern":
            pending += filter(None, [node.child_by_field_name("value")])
        elif node.type in {"assignment_pattern", "object_assignment_pattern"}:
            pending += filter(None, [node.child_by_field_name("left")])
        elif node.type != "comment":
            yield node


def values_of(pattern: Node | None) -> Iterator[Node]:
    """What a pattern reads: the defaults in it, and its computed keys."""
    pending = [pattern] if pattern else []
    while pending:
        node = pending.pop()
        if node.type in {"assignment_pattern", "object_assignment_pattern"}:
            yield from filter(None, [node.child_by_field_name("right")])
            pending += filter(None, [node.child_by_field_name("left")])
        elif node.type == "computed_property_name":
            yield node
        elif node.type in {"object_pattern", "array_pattern", "rest_pattern", "pair_pattern"}:
            pending += node.named_children


class _Reader:
    """Goes through a tree once; a name is looked up when all of them are declared."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.scopes = [Scope("", root, None, function=True)]
        self.uses: list[NameUse] = []

    def read(self) -> Module:
        pending: Pending = [(child, self.scopes[0]) for child in self.root.children]
        while pending:
            node, scope = pending.pop()
            pending += self._visit(node, scope)
        return Module(self.root, tuple(self.scopes), tuple(self.uses))

    def _visit(self, node: Node, scope: Scope) -> Pending:  # noqa: PLR0911 - one way for each kind
        """What is to be looked at in a node, each with its scope."""
        kind = node.type
        if kind in _USES:
            self.uses.append(NameUse(node, said(node), scope))
            return []
        if kind in {"variable_declarator", "required_parameter", "optional_parameter"}:
            return self._bound(node, scope)
        if kind in {"import_statement", "export_statement"}:
            return self._module(node, scope)
        if kind in _TAGS:
            tag = node.child_by_field_name("name")
            intrinsic = tag is not None and tag.type == "identifier" and (said(tag)[:1].islower() or "-" in said(tag))
            return _all((child for child in node.children if not intrinsic or child != tag), scope)
        if kind in {"nested_type_identifier", "nested_identifier"}:
            return _all(node.named_children[:1], scope)
        if kind in {"tuple_parameter", "optional_tuple_parameter"}:
            return _all(node.named_children[1:], scope)
        if kind == "jsx_namespace_name":
            return []
        return self._scoped(node, scope)

    def _scoped(self, node: Node, scope: Scope) -> Pending:
        kind = node.type
        inner = self._inner(node, scope)
        name = node.child_by_field_name("name") if kind in _DECLARES else None
        if name:
            self._declare(inner if kind in {"type_parameter", "mapped_type_clause"} else scope, _DECLARES[kind], name)
        elif kind in {"function_expression", "generator_function", "class", "index_signature"}:
            name = node.child_by_field_name("name")
            self._declare(inner, "own name", name)
        elif kind == "infer_type":
            name = node.named_children[0]
            self._declare(scope, "type parameter", name)
        elif kind == "enum_body":
            for member in node.children:
                of = member.child_by_field_name("name") if member.type == "enum_assignment" else member
                self._declare(scope, "member", of if of and of.type == "property_identifier" else None)
        parameter = node.child_by_field_name("parameter") if kind in {"arrow_function", "catch_clause"} else None
        if kind == "for_in_statement" and node.child_by_field_name("kind"):
            parameter = node.child_by_field_name("left")
        label = {"catch_clause": "catch", "for_in_statement": "let"}.get(kind, "parameter")
        for name_node in names_of(parameter):
            self._declare(inner, label, name_node)
        siblings = [child for child in node.children if child not in (name, parameter)]
        return [*self._opened(siblings, node, inner), *_all(values_of(parameter), inner)]

    def _opened(self, children: Iterable[Node], node: Node, inner: Scope) -> Pending:
        """The children, a body's own ones in its place: it shares the names of what it is the body of."""
        pending: Pending = []
        for child in children:
            body = child.type == "statement_block" and (node.type in FUNCTIONS or node.type == "catch_clause")
            pending += _all(child.children if body else [child], inner)
        return pending

    def _inner(self, node: Node, scope: Scope) -> Scope:
        function = node.type in FUNCTIONS or node.type in _SIGNATURES
        if not function and node.type not in _BLOCKS:
            return scope
        named = function or "class" in node.type
        inner = Scope(f"{scope.path}.{_title(node)}" if named else scope.path, node, scope, function)
        self.scopes.append(inner)
        return inner

    def _bound(self, node: Node, scope: Scope) -> Pending:
        """A variable or a parameter: what it names, and what else stands in it."""
        if node.type == "variable_declarator":
            pattern, above = node.child_by_field_name("name"), node.parent
            kind = said(above.children[0]) if above else ""
            holder = scope.holder() if kind == "var" else scope
        else:
            pattern, kind, holder = node.child_by_field_name("pattern"), "parameter", scope
        for name_node in names_of(pattern):
            self._declare(holder, kind, name_node)
        return _all([*(child for child in node.children if child != pattern), *values_of(pattern)], scope)

    def _module(self, node: Node, scope: Scope) -> Pending:
        if node.type == "import_statement":
            for name_node in imported(node):
                self._declare(scope, "import", name_node)
            return []
        if node.child_by_field_name("source"):
            return []
        names = [part.child_by_field_name("name") for part in walk(node) if part.type == "export_specifier"]
        if names:
            return _all(filter(None, names), scope)
        return _all(node.children, scope)

    def _declare(self, scope: Scope, kind: str, name_node: Node | None) -> None:
        if name_node is not None and name_node.type.endswith(("identifier", "identifier_pattern")):
            scope.names.setdefault(said(name_node), []).append(Declared(kind, name_node))


def imported(statement: Node) -> Iterator[Node]:
    """The local names that an import brings."""
    for node in walk(statement):
        if node.type == "import_specifier":
            yield from filter(None, [node.child_by_field_name("alias") or node.child_by_field_name("name")])
        elif node.type == "identifier" and node.parent and node.parent.type != "import_specifier":
            yield node


def _title(node: Node) -> str:
    """What a function or class is called, or what its value is given to."""
    above = node.parent
    name = node.child_by_field_name("name")
    if name is None and above and above.type in {"variable_declarator", "pair", "public_field_definition"}:
        name = above.child_by_field_name("name") or above.child_by_field_name("key")
    return said(name)


def _all(nodes: Iterable[Node], scope: Scope) -> Pending:
    return [(node, scope) for node in nodes]
