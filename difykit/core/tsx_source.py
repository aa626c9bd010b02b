"""Whether a text is TypeScript, TSX or JavaScript, as far as the grammar can tell.

The grammar does not know all that compilers take. What it is known to stumble over is written otherwise first, on the
same places: over all files of Dify's pages from 1.0.0 to 1.16.2 it then finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from difykit.core.syntax_tree import Grammar, Node, parsed, said, unread, walk

_OPERATOR = re.compile(r"(?m)^(\s*)in(?=\w*\??:)")  # a property whose name begins as an operator
# A run of text between tags or braces; an ampersand in it is no operator, which the grammar takes it for.
_BETWEEN = re.compile(r"(?<=[>}])[^<>{}]*(?=[<{])")
# Valid code that the grammar cannot read: variance of a type parameter, a type of an imported module, attributes of an
# `export … from`, an object as a template's type.
_VARIANCE = re.compile(r"(?<=[<,])(\s*)(?:in\s+out|in|out)(?=\s+[A-Za-z_$][\w$]*(?:\s+extends\b|\s*[,>=]))")
_IMPORTED = re.compile(r"\bimport\(\s*(?:'[^'\n]*'|\"[^\"\n]*\")\s*\)")
_ATTRIBUTES = re.compile(r"(\bfrom\s+(?:'[^'\n]*'|\"[^\"\n]*\")\s+)(?:with|assert)\s*\{[^{}]*\}")
_TEMPLATE_TYPE = re.compile(r"<\s*\{[^{}<>]*\}\s*>(?=\s*`)")
_TYPES = frozenset(
    {
        *("type_annotation", "interface_declaration", "type_alias_declaration", "enum_declaration", "type_arguments"),
        *("as_expression", "satisfies_expression", "non_null_expression", "type_parameters", "accessibility_modifier"),
    }
)
"""What of TypeScript JavaScript does not have, as the grammar calls it."""
_MOST = 50
"""How many ampersands are looked at one by one."""


def fault_in(text: str, grammar: Grammar) -> tuple[int, str] | None:
    """The line, from 1, and what is wrong there; None where nothing is."""
    plain = _OPERATOR.sub(r"\1xx", text)
    root = parsed(plain, grammar)
    if root.has_error:
        plain = _readable(plain)
        root = parsed(plain, grammar)
    if root.has_error:
        read = next((tree for tree in _otherwise(plain, grammar) if not tree.has_error), None)
        if read is None:
            line = unread(root)[0][0]
            row = text.split("\n")[line].strip() if line <= text.count("\n") else ""
            return line + 1, "is no valid code" + (f" near: {row[:80]}" if row else "")
        root = read
    return next(_odd_tags(root), None)


def _readable(text: str) -> str:
    """The text without what the grammar is known not to read, everything else on its place."""
    text = _VARIANCE.sub(lambda match: match[1] + " " * (len(match[0]) - len(match[1])), text)
    text = _ATTRIBUTES.sub(lambda match: match[1] + _blank(match[0][len(match[1]) :]), text)
    text = _TEMPLATE_TYPE.sub(lambda match: _blank(match[0]), text)
    return _IMPORTED.sub(lambda match: "x" * len(match[0]), text)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def types_in(text: str) -> int:
    """The line, from 1, where a text has types, which JavaScript does not know; 0 where it has none."""
    lines = (node.start_point.row + 1 for node in walk(parsed(text, "tsx")) if node.type in _TYPES)
    return min(lines, default=0)


def imported(text: str) -> list[tuple[int, str]]:
    """What a module needs of others whatever else is so: each with its line, from 1; types alone are none of it."""
    needed = []
    for node in parsed(text, "tsx").children:
        source = node.child_by_field_name("source")
        if (
            node.type in {"import_statement", "export_statement"}
            and source
            and "type" not in {child.type for child in node.children}
        ):
            needed.append((node.start_point.row + 1, said(source).strip("'\"")))
    return needed


def _otherwise(text: str, grammar: Grammar) -> Iterator[Node]:
    """The text with ampersands between tags written as blanks: those that the parser stops at, then all."""
    content = text.encode("utf-8", "surrogateescape")
    for _ in range(_MOST):
        root = parsed(content.decode("utf-8", "surrogateescape"), grammar)
        yield root
        error = next((node for node in walk(root) if node.is_error), None)
        ampersand = (error.text or b"").find(b"&") if error else -1
        if error is None or ampersand < 0 or error.parent is None or error.parent.type != "jsx_element":
            break
        place = error.start_byte + ampersand
        content = content[:place] + b" " + content[place + 1 :]
    yield parsed(_BETWEEN.sub(lambda match: match[0].replace("&", " "), text), grammar)


def exports_default(text: str) -> bool:
    """Whether a module has a default export, as a page of Next.js needs one."""
    for node in walk(parsed(text, "tsx")):
        if node.type == "export_statement":
            words = {child.type for child in node.children}
            specifiers = [part for part in walk(node) if part.type == "export_specifier"]
            if "default" in words or any(_exported(part) == "default" for part in specifiers):
                return True
            # `module.exports` and `export =` are other ways, which TypeScript takes too.
        elif node.type == "assignment_expression" and said(node.child_by_field_name("left")).startswith(
            ("module.exports", "exports.default")
        ):
            return True
    return False


def _exported(specifier: Node) -> str:
    return said(specifier.child_by_field_name("alias") or specifier.child_by_field_name("name"))


def _odd_tags(root: Node) -> Iterator[tuple[int, str]]:
    """Elements whose closing tag is of another name, which the grammar takes."""
    for node in walk(root):
        if node.type == "jsx_element":
            opening, closing = node.child_by_field_name("open_tag"), node.child_by_field_name("close_tag")
            if opening and closing:
                names = [said(tag.child_by_field_name("name")) for tag in (opening, closing)]
                if names[0] != names[1]:
                    line = closing.start_point.row + 1
                    yield line, f"closes <{names[0]}> of line {opening.start_point.row + 1} with </{names[1]}>"
