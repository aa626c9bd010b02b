"""Reading a Dockerfile as far as needed to know what it copies from where to where.

What upstream's Dockerfiles use is in facts §3: comments, continuation lines, ARG, ENV, WORKDIR, stages, COPY's flags.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from posixpath import isabs, join, normpath

_HEREDOC = re.compile(r"(?<!<)<<-?[\"']?([A-Za-z_]\w*)[\"']?")
_VARIABLE = re.compile(r"\\(.)|\$(?:(\w+)|\{(\w+)(?::?([-+])([^}]*))?\})")
_MOUNT = re.compile(r"^--mount=(\S+)$")
# What such a command does to a copied file (owner, mode) is read from the official image itself.
_HARMLESS = re.compile(
    r"(?:chmod|chown|chgrp|mkdir|ln|groupadd|useradd|addgroup|adduser)\b[^;|&`$(]*(?:\$\{\w+\}[^;|&`$(]*)*"
)


@dataclass(frozen=True)
class Instruction:
    """One instruction: its keyword, its flags (`--from=x`), and the rest of it as one line."""

    keyword: str
    flags: tuple[str, ...]
    arguments: str
    first: int = field(default=0, compare=False)  # the lines it stands in, from 0; the last one is not of it
    last: int = field(default=0, compare=False)

    @property
    def heredoc(self) -> bool:
        """Whether lines of text follow it that belong to it."""
        return self.keyword in {"RUN", "COPY", "ADD"} and bool(
            _HEREDOC.search(f"{' '.join(self.flags)} {self.arguments}")
        )


@dataclass(frozen=True)
class Copy:
    """What one COPY (or ADD, or bind mount) takes from where to where."""

    sources: tuple[str, ...]  # in the context, "" is all of it; or in `origin`
    dest: str  # absolute; "" where it cannot be known
    into: bool  # dest is a folder
    origin: str  # "" is the build context, else a stage or an image
    final: bool  # in the stage that becomes the image
    plain: bool  # copies bytes as they are, with nothing about it that difykit does not know
    chmod: str = ""
    used: bool = False  # a later step of the same stage may read what it brought

    @property
    def verbatim(self) -> bool:
        """Whether a file of the context lies in the image as it is."""
        return self.final and self.plain and not self.origin and bool(self.dest)


@dataclass(frozen=True)
class Dockerfile:
    """The copies of a Dockerfile, in their order."""

    copies: tuple[Copy, ...]
    instructions: tuple[Instruction, ...]
    user: str = ""  # whom the image runs as, "" where that is left to the image it stands on
    arguments: frozenset[str] = frozenset()  # what its ARGs declare


@dataclass
class Walk:
    """A stage as far as its instructions were taken."""

    name: str
    args: Mapping[str, str]
    env: dict[str, str] = field(default_factory=dict)
    workdir: str = ""
    user: str = ""
    copies: list[Copy] = field(default_factory=list)


def parse(text: str, args: Mapping[str, str] | None = None) -> Dockerfile:
    """The copies that a Dockerfile makes, when it is built with the arguments `args`.

    Instructions that it does not know are passed over, as they copy nothing.
    """
    instructions = tuple(read_instructions(text))
    stages: list[Walk] = []
    for instruction in instructions:
        if instruction.keyword == "FROM":
            stages.append(begin(instruction.arguments, stages, args or {}))
        elif stages:
            take(instruction, stages[-1])
    last = stages[-1] if stages else Walk("", {})
    copies = [copy for stage in stages[:-1] for copy in stage.copies]
    final = [replace(copy, final=True) for copy in last.copies]
    declared = [instruction.arguments for instruction in instructions if instruction.keyword == "ARG"]
    names = frozenset(word.partition("=")[0] for declaration in declared for word in _shell_words(declaration))
    return Dockerfile((*copies, *final), instructions, last.user, names)


def read_instructions(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile, in their order, with the lines that they stand in."""
    instructions: list[Instruction] = []
    pending, first = "", 0
    lines = enumerate(text.splitlines())
    for line_number, line in lines:
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        first = first if pending else line_number
        if stripped.endswith("\\"):
            pending += stripped[:-1] + " "
            continue
        joined, pending, last = (pending + stripped).strip(), "", line_number
        instruction = _instruction(joined)
        for end in _HEREDOC.findall(joined) if instruction.heredoc else ():
            last = next((number for number, body in lines if body.strip() == end), last)
        instructions.append(replace(instruction, first=first, last=last + 1))
    return instructions


def _instruction(joined: str) -> Instruction:
    keyword, _, arguments = joined.partition(" ")
    flags: list[str] = []
    arguments = arguments.strip()
    while arguments.startswith("--"):
        flag, _, arguments = arguments.partition(" ")
        flags.append(flag)
        arguments = arguments.strip()
    return Instruction(keyword.upper(), tuple(flags), arguments)


def begin(arguments: str, before: list[Walk], args: Mapping[str, str]) -> Walk:
    """The stage that a FROM begins; `arguments` is what stands behind the word."""
    words = arguments.split()
    name = words[2] if len(words) == 3 and words[1].upper() == "AS" else ""
    parent = next((stage for stage in before if stage.name and stage.name.lower() == words[0].lower()), None)
    return Walk(name, args, dict(parent.env), parent.workdir, parent.user) if parent else Walk(name, args)


def take(instruction: Instruction, stage: Walk) -> None:
    """Go on by one instruction."""
    match instruction.keyword:
        case "ARG" | "ENV":
            assign(instruction, stage)
        case "USER":
            stage.user = expand(instruction.arguments, stage.env).strip("\"'")
        case "WORKDIR":
            target = expand(instruction.arguments, stage.env).strip("\"'")
            stage.workdir = normpath(join(stage.workdir or "/", target))
        case "COPY" | "ADD":
            stage.copies.append(_copy(instruction, stage))
        case "RUN":
            stage.copies += _mounts(instruction)
            if not _harmless(instruction.arguments):
                stage.copies[:] = [replace(copy, used=True) for copy in stage.copies]
        case _:
            pass


def assign(instruction: Instruction, stage: Walk) -> None:
    """Take an ARG or ENV."""
    words = _shell_words(instruction.arguments)
    if instruction.keyword == "ENV" and words and "=" not in words[0]:
        words = [f"{words[0]}={' '.join(words[1:])}"]
    before = dict(stage.env)
    for word in words:
        name, equals, value = word.partition("=")
        if instruction.keyword == "ARG" and name in stage.args:
            stage.env[name] = stage.args[name]
        elif equals:
            stage.env[name] = expand(value, before)


def _shell_words(arguments: str) -> list[str]:
    try:
        return shlex.split(arguments)
    except ValueError:
        return []


def _copy(instruction: Instruction, stage: Walk) -> Copy:
    flags = dict(flag[2:].partition("=")[::2] for flag in instruction.flags)
    words = [expand(word, stage.env) for word in _words(instruction.arguments)]
    origin = expand(flags.get("from", ""), stage.env)
    *sources, dest = words or [""]
    chmod = flags.get("chmod", "")
    plain = instruction.keyword == "COPY" and set(flags) <= {"from", "chown", "chmod", "link"}
    plain = plain and (not chmod or re.fullmatch(r"[0-7]{3,4}", chmod) is not None)
    is_known = isabs(dest) or bool(stage.workdir)
    absolute = normpath(join(stage.workdir, dest)) if is_known else ""
    local = [source for source in sources if not source.startswith("<<") and not _is_url(source)]
    return Copy(
        sources=tuple(local if origin else [_in_context(source) for source in local]),
        dest=absolute,
        into=dest.endswith("/") or len(sources) > 1 or absolute in {stage.workdir, "/"},
        origin=origin,
        final=False,
        plain=plain and len(local) == len(sources),
        chmod=chmod,
    )


def _mounts(instruction: Instruction) -> list[Copy]:
    """Bind mounts of the build context: a step reads these files, although nothing copies them."""
    mounts = []
    for flag in instruction.flags:
        if mount := _MOUNT.match(flag):
            options = dict(part.partition("=")[::2] for part in mount[1].split(","))
            if options.get("type", "bind") == "bind" and "from" not in options:
                source = options.get("source") or options.get("src") or "."
                mounts.append(Copy((_in_context(source),), "", into=False, origin="", final=False, plain=False))
    return mounts


def _harmless(command: str) -> bool:
    return all(_HARMLESS.fullmatch(part.strip()) for part in command.split("&&"))


def _words(arguments: str) -> list[str]:
    if arguments.startswith("["):
        try:
            return [str(word) for word in json.loads(arguments)]
        except (ValueError, RecursionError):
            pass
    return [word.strip("\"'") for word in arguments.split()]


def _in_context(source: str) -> str:
    plain = normpath("/" + source).strip("/")
    return "" if plain == "." else plain


def _is_url(source: str) -> bool:
    return "://" in source or source.startswith("git@")


def expand(text: str, env: Mapping[str, str]) -> str:
    """`$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}` as a Dockerfile means them."""

    def value(match: re.Match[str]) -> str:
        escaped, short, name, sign, alternative = match.groups()
        if escaped is not None:
            return str(escaped)
        current = env.get(short or name, "")
        if sign == "-":
            return current or expand(alternative, env)
        if sign == "+":
            return expand(alternative, env) if current else ""
        return current

    return _VARIABLE.sub(value, text)
