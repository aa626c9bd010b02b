"""TypeScript's functions, and a module's own statements, as the steps of `flow`."""

from __future__ import annotations

from dataclasses import replace

from difykit.core.syntax_tree import Node, said, walk
from difykit.porting.strategies.flow import (
    Bind,
    Block,
    Fork,
    Function,
    FunctionFlow,
    Guard,
    Leave,
    Loop,
    Read,
    Stand,
    Step,
    Switch,
    into,
)
from difykit.porting.strategies.tsnames import called_for_effect, first_name_of, root_of
from difykit.porting.strategies.tsscopes import FUNCTIONS, Module, Scope, names_of, values_of

_CLASSES = frozenset({"class", "class_declaration", "abstract_class_declaration"})
_HOISTED = frozenset({"function_declaration", "generator_function_declaration"})
_LAZY = frozenset({"&&", "||", "??"})
_LOOPS = frozenset({"for_statement", "for_in_statement", "while_statement", "do_statement"})


def parts(parsed: Module) -> list[FunctionFlow]:
    """The module's statements, each with the functions that it holds, and the module as what runs them."""
    scopes = {use.node.id: use.scope for use in parsed.uses}
    owners = {
        declared.node.id: scope
        for scope in parsed.scopes
        for declarations in scope.names.values()
        for declared in declarations
    }
    uses: dict[tuple[Scope | None, str], list[int]] = {}
    for use in parsed.uses:
        uses.setdefault((use.scope.owner(use.name), use.name), []).append(use.node.start_byte)
    names = _Names(scopes, owners, uses)
    own = FunctionFlow(1, parsed.root.end_point.row + 1, lambda: [_Steps(parsed.root, names).function()])
    return [
        own,
        *(
            FunctionFlow(node.start_point.row + 1, node.end_point.row + 1, _Inside(node, names))
            for node in parsed.root.named_children
            if node.type not in {"import_statement", "comment"}
        ),
    ]


class _Names:
    """Tells a variable by its name and the scope that declares it."""

    def __init__(
        self,
        scopes: dict[int, Scope],
        owners: dict[int, Scope],
        uses: dict[tuple[Scope | None, str], list[int]],
    ) -> None:
        self._scopes = scopes
        self._owners = owners
        self._uses = uses

    def of(self, node: Node) -> tuple[int, str]:
        scope = self.scope(node)
        return (scope.node.id if scope else 0), said(node)

    def uses(self, node: Node) -> list[int]:
        """Where the name that is declared here is used."""
        return self._uses.get((self.scope(node), said(node)), [])

    def scope(self, node: Node) -> Scope | None:
        """The scope that declares what is named here, or None."""
        used = self._scopes.get(node.id)
        return self._owners.get(node.id) or (used.owner(said(node)) if used else None)


class _Inside:
    """The steps of each function in a statement."""

    def __init__(self, node: Node, names: _Names) -> None:
        self.node = node
        self.names = names

    def __call__(self) -> list[Function]:
        return [_Steps(node, self.names).function() for node in walk(self.node) if node.type in FUNCTIONS]


class _Steps:
    """Writes one function, or the module, as steps."""

    def __init__(self, node: Node, names: _Names) -> None:
        self.node = node
        self.names = names
        self.shared: set[object] = set()

    def function(self) -> Function:
        steps: list[Step] = []
        parameters = self.node.child_by_field_name("parameters") or self.node.child_by_field_name("parameter")
        for item in (
            parameters.named_children
            if parameters and parameters.type == "formal_parameters"
            else filter(None, [parameters])
        ):
            pattern = item.child_by_field_name("pattern") or item
            value = item.child_by_field_name("value")
            steps += [
                *(self.expression(value) if value else ()),
                *(
                    replace(step, external=True) if isinstance(step, Bind) else step
                    for step in self.pattern(pattern, pattern)
                ),
            ]
        body = self.node if self.node.type == "program" else self.node.child_by_field_name("body")
        if body:
            steps += self.block(body) if body.type in {"statement_block", "program"} else self.expression(body)
        return Function(steps, frozenset(self.shared))

    def block(self, node: Node) -> Block:
        """The statements of a block; its functions have their values from its start."""
        hoisted = [self.bind(child, child.child_by_field_name("name")) for child in node.named_children
                   if child.type in _HOISTED]  # fmt: skip
        return [*hoisted, *(step for child in node.named_children for step in self.statement(child))]

    def bind(self, span: Node, name: Node | None) -> Bind:
        scope = self.names.scope(name) if name else None
        if name and (scope is None or scope.holder().node != self.node):
            self.shared.add(self.names.of(name))  # it is of those around it, who read it when they like
        return Bind(self.names.of(name) if name else "", span.start_point.row + 1, span.end_point.row + 1)

    def statement(self, node: Node) -> Block:
        if node.type == "comment":
            return []
        return [Stand(node.start_point.row + 1), *self._statement(node)]

    def _statement(self, node: Node) -> Block:  # noqa: C901, PLR0911 - one way for each kind
        kind = node.type
        if kind == "import_statement":
            return []
        if kind == "export_statement":
            declared = node.child_by_field_name("declaration")
            steps = self.statement(declared) if declared else self.children(node)
            self.shared |= {step.name for step in steps if isinstance(step, Bind if declared else Read)}
            return steps
        if kind == "statement_block":
            return self.block(node)
        if kind == "if_statement":
            ways = tuple(self.maybe(node.child_by_field_name(name)) for name in ("consequence", "alternative"))
            return [*self.value(node, "condition"), Fork(ways)]
        if kind == "else_clause":
            return self.block(node)
        if kind in _LOOPS:
            return self.loop(node)
        if kind == "switch_statement":
            return [*self.value(node, "value"), self.switch(node)]
        if kind == "try_statement":
            handler, final = node.child_by_field_name("handler"), node.child_by_field_name("finalizer")
            caught = (self.handler(handler),) if handler else ()
            return [Guard(self.maybe(node.child_by_field_name("body")), caught, (), self.block(final) if final else ())]
        if kind == "labeled_statement":  # a `break` to a label may end here: nothing in it is sure
            return [Guard(self.maybe(node.child_by_field_name("body")), ((),))]
        if kind in {"return_statement", "throw_statement"}:
            return [*self.children(node), Leave()]
        if kind in {"break_statement", "continue_statement"}:
            how = "break" if kind == "break_statement" else "continue"
            return [Leave("label" if node.child_by_field_name("label") else how)]
        return self.expression(node)

    def maybe(self, node: Node | None) -> Block:
        if node is None:
            return ()
        return self._statement(node) if node.type in {"statement_block", "else_clause"} else self.statement(node)

    def value(self, node: Node, name: str) -> Block:
        value = node.child_by_field_name(name)
        return self.expression(value) if value else ()

    def loop(self, node: Node) -> Block:
        body = self.maybe(node.child_by_field_name("body"))
        if node.type == "for_in_statement":
            pattern = node.child_by_field_name("left")
            return [*self.value(node, "right"), Loop((), [*self.pattern(pattern, pattern), *body])]
        condition = self.value(node, "condition")
        if node.type == "do_statement":
            return [Loop((), [*body, *condition])]
        start = node.child_by_field_name("initializer")
        tested = node.child_by_field_name("condition")
        endless = tested is not None and said(tested).strip("()") in {"true", "1", ";"}
        return [
            *(self.statement(start) if start else ()),
            Loop(condition, [*body, *self.value(node, "increment")], (), endless),
        ]

    def switch(self, node: Node) -> Switch:
        body = node.child_by_field_name("body")
        cases = [case for case in body.named_children if case.type != "comment"] if body else []
        ways = tuple(
            [
                *self.value(case, "value"),
                *(step for child in case.children_by_field_name("body") for step in self.statement(child)),
            ]
            for case in cases
        )
        return Switch(ways, any(case.type == "switch_default" for case in cases))

    def handler(self, node: Node) -> Block:
        pattern, body = node.child_by_field_name("parameter"), node.child_by_field_name("body")
        return [*self.pattern(pattern, pattern), *(self.block(body) if body else ())]

    def pattern(self, pattern: Node | None, span: Node | None) -> Block:
        """What gets a value, in the lines of `span`."""
        if pattern is None or span is None:
            return []
        steps: list[Step] = []
        for name in names_of(pattern):
            if name.type.endswith(("identifier", "identifier_pattern")):
                steps.append(self.bind(span, name))
            else:
                root = root_of(name)
                steps += self.expression(name, touching=root)
                steps += [replace(self.bind(span, root), touches=True)] if root else []
        # A default may read what the same pattern names before it.
        return [*steps, *(step for value in values_of(pattern) for step in self.expression(value))]

    def children(self, node: Node, touching: Node | None = None) -> Block:
        return [step for child in node.named_children for step in self.expression(child, touching)]

    def expression(self, node: Node, touching: Node | None = None) -> Block:  # noqa: PLR0911 - one way for each kind
        kind = node.type
        if kind in {"identifier", "shorthand_property_identifier"}:
            return [Read(self.names.of(node), node.start_point.row + 1, node == touching)]
        if kind in FUNCTIONS or kind in _CLASSES:
            return self.defined(node)
        if kind == "comment":
            return []
        if kind == "variable_declarator":
            pattern = node.child_by_field_name("name") if node.child_by_field_name("value") else None
            return [*self.value(node, "value"), *self.pattern(pattern, node)]
        if kind in {"assignment_expression", "augmented_assignment_expression", "update_expression"}:
            return self.assignment(node)
        if kind == "ternary_expression":
            ways = (self.value(node, "consequence"), self.value(node, "alternative"))
            return [*self.value(node, "condition"), Fork(ways)]
        if kind == "binary_expression" and said(node.child_by_field_name("operator")) in _LAZY:
            return [*self.value(node, "left"), Fork((self.value(node, "right"), ()))]
        if kind == "expression_statement" and (root := called_for_effect(node.named_children[0])):
            return [*self.children(node, root), replace(self.bind(node, root), touches=True)]
        return self.children(node, touching)

    def assignment(self, node: Node) -> Block:
        pattern = node.child_by_field_name("left") or node.child_by_field_name("argument")
        plain = node.type == "assignment_expression"
        binds = self.pattern(pattern, node)
        begin = first_name_of(node.child_by_field_name("right")) if plain else pattern
        root = self.names.of(begin) if begin else ""
        was = () if plain or pattern is None else self.expression(pattern)
        value = self.value(node, "right")
        return [*into(binds, was, root), *(into(binds, value, root) if plain else value), *binds]

    def is_idle(self, node: Node) -> bool:
        """Whether a function stands in this one that nothing but itself names: nobody runs it."""
        name = node.child_by_field_name("name") if node.type in _HOISTED else None
        if name is None and node.parent and node.parent.type == "variable_declarator":
            name = node.parent.child_by_field_name("name")
        scope = self.names.scope(name) if name else None
        if name is None or scope is None or scope.holder().node != self.node or self.node.type == "program":
            return False
        return all(node.start_byte <= use < node.end_byte for use in self.names.uses(name))

    def defined(self, node: Node) -> Block:
        """A function or a class: what it names of those around it may be read and set at any time."""
        for part in () if self.is_idle(node) else walk(node):
            if part.type in {"identifier", "shorthand_property_identifier"}:
                self.shared.add(self.names.of(part))
        named = node.type in _CLASSES and node.type != "class"
        return [self.bind(node, node.child_by_field_name("name"))] if named else []
