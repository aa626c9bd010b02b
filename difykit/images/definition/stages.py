"""The stages of a Dockerfile: what each stands on, what it runs and where, and which of them the image is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from posixpath import isabs, join, normpath

from difykit.images.definition.dockerfile import (
    Copy,
    Instruction,
    Walk,
    assign,
    begin,
    expand,
    read_instructions,
    take,
)


@dataclass(frozen=True)
class RunStep:
    """A RUN, and where it runs."""

    instruction: Instruction
    workdir: str
    user: str
    env: Mapping[str, str]


@dataclass(frozen=True)
class DockerfileStage:
    """From one FROM to the next."""

    name: str
    base: str  # the image or stage it stands on, with its variables filled in
    parent: int  # the index of that stage, -1 where it is an image
    start: Instruction  # its FROM
    end: int  # the line after its last
    runs: tuple[RunStep, ...]
    copies: tuple[Copy, ...]


def read_stages(text: str, args: Mapping[str, str] | None = None) -> tuple[DockerfileStage, ...]:
    """The stages of a Dockerfile, when it is built with the arguments `args`."""
    args = args or {}
    stages: list[DockerfileStage] = []
    walks: list[Walk] = []
    before = Walk("", args)
    for instruction in read_instructions(text):
        if instruction.keyword == "FROM":
            walks.append(begin(instruction.arguments, walks, args))
            base = expand((instruction.arguments.split() or [""])[0], before.env)
            parent = next(
                (number for number, stage in enumerate(stages) if stage.name.lower() == base.lower() != ""), -1
            )
            if stages:
                stages[-1] = replace(stages[-1], end=instruction.first)
            stages.append(DockerfileStage(walks[-1].name, base, parent, instruction, len(text.splitlines()), (), ()))
        elif not walks:
            if instruction.keyword == "ARG":
                assign(instruction, before)
        else:
            walk = walks[-1]
            if instruction.keyword == "RUN":
                run = RunStep(instruction, walk.workdir or "/", walk.user, dict(walk.env))
                stages[-1] = replace(stages[-1], runs=(*stages[-1].runs, run))
            take(instruction, walk)
            stages[-1] = replace(stages[-1], copies=tuple(walk.copies))
    return tuple(stages)


def lineage(stages: tuple[DockerfileStage, ...]) -> frozenset[int]:
    """The stages whose layers the image has: the last one, and what it stands on."""
    ancestry = set()
    number = len(stages) - 1
    while number >= 0:
        ancestry.add(number)
        number = stages[number].parent
    return frozenset(ancestry)


def foreign_images(stages: tuple[DockerfileStage, ...]) -> Iterator[str]:
    """The images that the stages stand on or copy from, as they are named there."""
    names = {stage.name.lower() for stage in stages if stage.name}
    for stage in stages:
        if stage.parent < 0 and stage.base not in {"", "scratch"}:
            yield stage.base
        for copy in stage.copies:
            if copy.origin and not copy.origin.isdigit() and copy.origin.lower() not in names:
                yield copy.origin


def taken_from(stages: tuple[DockerfileStage, ...], number: int) -> Iterator[str]:
    """The absolute paths that stages copy out of the stage `number`; "" for one that cannot be known."""
    for stage in stages:
        for copy in stage.copies:
            if copy.origin and copy.origin.lower() in {str(number), stages[number].name.lower()}:
                for source in copy.sources:
                    yield normpath(join("/", source)) if isabs(source) or "$" not in source else ""
