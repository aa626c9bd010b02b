"""The names of TypeScript's expressions: what something is picked out of, made of, or called on."""

from __future__ import annotations

from difykit.core.syntax_tree import Node


def root_of(node: Node | None) -> Node | None:
    """The name that something is picked out of."""
    while node and node.type in {"member_expression", "subscript_expression", "non_null_expression"}:
        node = node.named_children[0]
    return node if node and node.type == "identifier" else None


def first_name_of(node: Node | None) -> Node | None:
    """The name that a value is made of, step by step, as `q` in `q.filter(a).slice(1)` and `q + 1`."""
    steps = {"call_expression": "function", "member_expression": "object", "binary_expression": "left"}
    while node and node.type in steps:
        called = node.child_by_field_name("function")
        if called and called.type != "member_expression":
            return None
        node = node.child_by_field_name(steps[node.type])
    return node if node and node.type == "identifier" else None


def called_for_effect(node: Node) -> Node | None:
    """The name whose method is called for its effect alone."""
    if node.type == "await_expression":
        node = node.named_children[0]
    called = node.child_by_field_name("function") if node.type == "call_expression" else None
    return root_of(called) if called and called.type == "member_expression" else None
