"""Source text as tokens, for languages that are merged without a parser of their own."""

from __future__ import annotations

import re
from typing import NamedTuple

_C_LIKE = r"""
    (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<text>`(?:[^`\\]|\\.)*`|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
"""
_PYTHON = r"""
    (?P<comment>\#[^\n]*)
  | (?P<text>[rRbBuUfF]{0,2}(?:\"\"\".*?\"\"\"|'''.*?'''|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
"""
_PLAIN = r"(?P<comment>(?!))|(?P<text>[^\s]+)"
_REST = r"|(?P<word>[\w$]+)|(?P<mark>=>|===|!==|\?\?|\?\.|&&|\|\||\.\.\.|[^\s\w])"
_LEXERS = {
    name: re.compile(pattern + _REST, re.VERBOSE | re.DOTALL)
    for name, pattern in (("c", _C_LIKE), ("python", _PYTHON), ("plain", _PLAIN))
}
_LANGUAGES = {"py": "python", "ts": "c", "tsx": "c", "js": "c", "jsx": "c", "mjs": "c", "css": "c"}
OPEN = {"(": ")", "[": "]", "{": "}"}
CLOSE = frozenset(OPEN.values())


class Token(NamedTuple):
    """One token: its kind (comment, text, word or mark), what it says, and the blanks before it."""

    kind: str
    text: str
    space: str
    start: int


def language(path: str) -> str:
    """The lexer for a file: `python`, `c` for what is written like C, `plain` for all else."""
    return _LANGUAGES.get(path.rsplit(".", 1)[-1], "plain")


def tokens(text: str, lexer: str) -> list[Token]:
    """The tokens of `text`; with `plain`, words between blanks."""
    parts: list[Token] = []
    at = 0
    for match in _LEXERS[lexer].finditer(text):
        parts.append(Token(match.lastgroup or "", match.group(), text[at : match.start()], match.start()))
        at = match.end()
    return parts


def open_brackets(text: str, lexer: str) -> list[str] | None:
    """The brackets that are open at the end of `text`, or None where they do not pair."""
    opened: list[str] = []
    for token in tokens(text, lexer):
        if token.kind != "mark":
            continue
        if token.text in OPEN:
            opened.append(token.text)
        elif token.text in CLOSE and (not opened or OPEN[opened.pop()] != token.text):
            return None
    return opened


def bare(text: str, lexer: str) -> list[str]:
    """What the tokens of `text` say, without comments and blanks."""
    return [token.text for token in tokens(text, lexer) if token.kind != "comment"]
