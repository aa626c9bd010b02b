"""Python that other people wrote, as a tree: whatever a file holds, it is read, or it is refused with one error.

What the host's Python is too old for is read as `pyolder` writes it.
"""

from __future__ import annotations

import ast
import io
import symtable
import tokenize
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

T = TypeVar("T")
_MARK = "\ufeff"


class NotPython(ValueError):
    """A text that this Python cannot read; `line` is 0 where no line applies."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.reason = reason
        self.line = line


def decoded(raw: bytes) -> str:
    """The text of a file, in the encoding that it names itself, as Python reads it. Raises NotPython."""
    try:
        return raw.decode(_encoding(raw)).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise NotPython(f"its text is not in {error.encoding}, and it names no other encoding", line) from error
    except (SyntaxError, LookupError, UnicodeError) as error:  # some encodings end with nothing better than the last
        raise NotPython(str(error)) from error


def _encoding(raw: bytes) -> str:
    try:
        return tokenize.detect_encoding(io.BytesIO(raw).readline)[0]
    except SyntaxError:
        raw.decode()  # which says where, if the first lines are no UTF-8
        raise


def parse(text: str | bytes) -> ast.Module:
    """The module that a text is. Raises NotPython."""
    return _read(text, ast.parse)


def compiled(text: str) -> ast.Module:
    """The module that a text is, which also compiles: that finds an argument twice, or a `return` outside a function.

    Raises NotPython.
    """

    def compile_too(text: str | bytes) -> ast.Module:
        module = ast.parse(text)
        compile(module, "<text>", "exec", dont_inherit=True)
        return module

    return _read(text, compile_too)


def symbols(text: str) -> symtable.SymbolTable:
    """The names of a module by scope. Raises NotPython."""
    return _read(text, lambda text: symtable.symtable(text, "<text>", "exec"))  # type: ignore[arg-type] # takes bytes


def _read(text: str | bytes, read: Callable[[str | bytes], T]) -> T:
    if isinstance(text, str):
        text = text.removeprefix(_MARK)  # Python takes it at the start of a file
    try:
        with _reading():
            return read(text)
    except NotPython as error:
        if isinstance(error.__cause__, SyntaxError):
            for older in _older(text):
                with suppress(NotPython), _reading():
                    return read(older)
        raise


def _older(text: str | bytes) -> Iterator[str]:
    """The text as an older Python may read it; f-strings lose their words, and so are rewritten last."""
    from difykit.core.older_python import older  # noqa: PLC0415 - the parser is loaded where it is needed

    with suppress(UnicodeError, RecursionError):
        decoded = text if isinstance(text, str) else text.decode("utf-8-sig")
        yield from (rewritten for texts in (False, True) if (rewritten := older(decoded, texts=texts)) != decoded)


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
