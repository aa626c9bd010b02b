"""Whether what a person made of a conflict may stand: it is looked at like what a machine merged. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from difykit.core.syntax_tree import grammar_of, parsed, unread
from difykit.git import Blob
from difykit.porting.strategies.bounded_judgement import LIMIT, Unjudged, judged
from difykit.porting.strategies.model import FindingWeight
from difykit.porting.strategies.refused import judges, refused

LINK = "120000"
_MARK = re.compile(rb"<{7}(?!<)|>{7}(?!>)|\|{7}(?!\|)|={7}(?=\s|$)")
_BREAK = re.compile(rb"\r\n|\n|\r")
_LINE = re.compile(r"\bline[ :](\d+)")
_TWICE = re.compile(r"(?:the|a) .*?(\S+)(?: (?:in|of) \S+)? stands there again")


@dataclass(frozen=True)
class Flaw:
    """Why a file may not stand as a person left it; `line` is 0 where no line applies."""

    reason: str
    line: int = 0

    def at(self, path: str) -> str:
        """The flaw with its place."""
        return f"{path}:{self.line}: {self.reason}" if self.line else f"{path}: {self.reason}"


def flaws(path: str, blob: Blob, sides: Sequence[Blob], base: Blob | None = None) -> tuple[Flaw, ...]:
    """What is wrong with a resolved file that is wrong on no side; `sides` are ours and theirs, as far as they exist.

    A file without a side is new: it has to be sound by itself. What is sound is not thereby right.
    """
    content, texts = blob[1], [side[1] for side in sides if side[0] != LINK]
    if sides and (blob[0] == LINK) not in {side[0] == LINK for side in sides}:
        problem = (
            "it is a link, and a file on each side" if blob[0] == LINK else "it is a file, and a link on each side"
        )
        return (Flaw(problem),)
    if blob[0] == LINK or content in texts:
        return ()
    if wrong := next(_no_text(content, texts), None):
        return (wrong,)
    if b"\0" in content:
        return ()
    was = base[1] if base and base[0] != LINK else b""
    return tuple(_marks(content, texts, was)) or tuple(_language(path, content, texts))


def _no_text(content: bytes, texts: Sequence[bytes]) -> Iterator[Flaw]:
    if not texts:
        return
    if not content.strip() and all(text.strip() for text in texts):
        yield Flaw("it is empty, and on no side is it")
    if (at := content.find(b"\0")) >= 0 and not any(b"\0" in text for text in texts):
        yield Flaw("it holds a NUL byte, and is text on each side", _line(content, at))
    bad = _not_utf8(content)
    if bad is not None and all(_not_utf8(text) is None for text in texts):
        yield Flaw("it is not UTF-8 text, and on each side it is", _line(content, bad))


def _not_utf8(content: bytes) -> int | None:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def _line(content: bytes, at: int) -> int:
    return content.count(b"\n", 0, at) + 1


def _marks(content: bytes, texts: Sequence[bytes], base: bytes) -> Iterator[Flaw]:
    """Lines that begin as git's marks do, where no side has them; below the same line they are as a side has them."""
    sides = [_BREAK.split(text) for text in texts]
    rows = _BREAK.split(content)
    marks = [at for at, row in enumerate(rows) if _MARK.match(row)]
    if not texts and not any(rows[at][:1] in b"<>" for at in marks):
        return  # a new file may underline a heading
    counts = [Counter(row for row in side if _MARK.match(row)) for side in (*sides, _BREAK.split(base))]
    pairs = {pair for side in sides for pair in zip([b"", *side], side, strict=False) if _MARK.match(pair[1])}
    new = Counter(rows[at] for at in marks)
    for at in marks:
        row = rows[at]
        most = max([*(side[row] for side in counts[:-1]), sum(side[row] for side in counts[:-1]) - counts[-1][row], 0])
        if new[row] > most and ((rows[at - 1] if at else b""), row) not in pairs:
            shown = row[:7].decode()
            yield Flaw(f"a mark of a conflict, {shown}, which no side has there", at + 1)


def _language(path: str, content: bytes, texts: Sequence[bytes]) -> Iterator[Flaw]:
    if not judges(path) or any(b"\0" in text or len(text) > LIMIT for text in texts):
        return
    if len(content) > LIMIT:
        yield Flaw(f"it has {len(content)} bytes, more than difykit can judge, and no side has so many")
        return
    merged, *sides = (text.decode("utf-8", "surrogateescape") for text in (content, *texts))
    if lines := _unparsed(path, merged, sides):
        yield Flaw("it is no TypeScript: the parser cannot read this line", lines[0][0] + 1)
        return
    reason = _refusal(path, merged, sides)
    if reason is None and path.endswith(".json") and all(_json_fault(side) is None for side in sides):
        reason = _json_fault(merged)  # a comma too many is read past where a side has one
    if reason is None or any(_refusal(path, side, [side]) for side in sides):
        return
    reason = re.sub(r"^the merge is no ", "it is no ", reason)
    match = _LINE.search(reason)
    line = int(match[1]) if match else _again(merged, reason)
    yield Flaw(re.sub(r"^(it is no [^:]*: )?line[ :]\d+: ", r"\1", reason), line)


def _unparsed(path: str, merged: str, sides: Sequence[str]) -> Sequence[tuple[int, int]]:
    """The lines of TypeScript that the parser cannot read, where it reads both sides; Python is read by Python."""
    grammar = grammar_of(path)
    if grammar is None or grammar == "python" or any(unread(parsed(side, grammar)) for side in sides):
        return ()
    return unread(parsed(merged, grammar))


def _refusal(path: str, text: str, sides: Sequence[str]) -> str | None:
    try:
        findings = judged(lambda: list(refused(path, text, sides)))
    except Unjudged as error:
        return str(error)
    return next((finding.text for finding in findings if finding.weight is FindingWeight.SURE), None)


def _json_fault(text: str) -> str | None:
    try:
        json.loads(text, parse_int=str)
    except (ValueError, RecursionError) as error:
        return f"it is no JSON: {error}"
    return None


def _again(text: str, reason: str) -> int:
    """The line on which the name of a reason stands last; 0 where there is none."""
    name = _TWICE.match(reason)
    lines = [at for at, row in enumerate(text.splitlines(), 1) if name and name[1] in row]
    return lines[-1] if lines else 0
