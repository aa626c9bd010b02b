"""Python that other people wrote, as a tree: whatever a file holds, it is read, or it is refused with one error."""

from __future__ import annotations

import ast
import symtable
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


class NotPython(ValueError):
    """A text that this Python cannot read; `line` is 0 where no line applies."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.reason = reason
        self.line = line


def parse(text: str | bytes) -> ast.Module:
    """The module that a text is. Raises NotPython."""
    with _reading():
        return ast.parse(text)


def compiled(text: str) -> ast.Module:
    """The module that a text is, which also compiles: that finds an argument twice, or a `return` outside a function.

    Raises NotPython.
    """
    with _reading():
        module = ast.parse(text)
        compile(module, "<text>", "exec", dont_inherit=True)
        return module


def symbols(text: str) -> symtable.SymbolTable:
    """The names of a module by scope. Raises NotPython."""
    with _reading():
        return symtable.symtable(text, "<text>", "exec")


@contextmanager
def _reading() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an old escape in somebody else's text
            yield
    except SyntaxError as error:
        raise NotPython(error.msg or "invalid syntax", error.lineno or 0) from error
    except (RecursionError, MemoryError) as error:  # Python's parser ends with either, by its version
        raise NotPython("nested too deeply") from error
    except (ValueError, OverflowError) as error:  # a null byte, half a character, a number without an end
        raise NotPython(str(error).splitlines()[0]) from error
