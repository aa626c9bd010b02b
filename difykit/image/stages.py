"""The stages of a Dockerfile: what each stands on, what it runs and where, and which of them the image is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from posixpath import isabs, join, normpath

from difykit.image.dockerfile import Copy, Instruction, Walk, assign, begin, expand, read_instructions, take


@dataclass(frozen=True)
class Run:
    """A RUN, and where it runs."""

    instruction: Instruction
    workdir: str
    user: str
    env: Mapping[str, str]


@dataclass(frozen=True)
class Stage:
    """From one FROM to the next."""

    name: str
    base: str  # the image or stage it stands on, with its variables filled in
    parent: int  # the index of that stage, -1 where it is an image
    start: Instruction  # its FROM
    end: int  # the line after its last
    runs: tuple[Run, ...]
    copies: tuple[Copy, ...]


def read_stages(text: str, args: Mapping[str, str] | None = None) -> tuple[Stage, ...]:
    """The stages of a Dockerfile, when it is built with the arguments `args`."""
    args = args or {}
    found: list[Stage] = []
    walks: list[Walk] = []
    before = Walk("", args)
    for each in read_instructions(text):
        if each.keyword == "FROM":
            walks.append(begin(each.rest, walks, args))
            base = expand((each.rest.split() or [""])[0], before.env)
            parent = next((at for at, other in enumerate(found) if other.name.lower() == base.lower() != ""), -1)
            if found:
                found[-1] = replace(found[-1], end=each.first)
            found.append(Stage(walks[-1].name, base, parent, each, len(text.splitlines()), (), ()))
        elif not walks:
            if each.keyword == "ARG":
                assign(each, before)
        else:
            walk = walks[-1]
            if each.keyword == "RUN":
                run = Run(each, walk.workdir or "/", walk.user, dict(walk.env))
                found[-1] = replace(found[-1], runs=(*found[-1].runs, run))
            take(each, walk)
            found[-1] = replace(found[-1], copies=tuple(walk.copies))
    return tuple(found)


def lineage(stages: tuple[Stage, ...]) -> frozenset[int]:
    """The stages whose layers the image has: the last one, and what it stands on."""
    found = set()
    at = len(stages) - 1
    while at >= 0:
        found.add(at)
        at = stages[at].parent
    return frozenset(found)


def foreign_images(stages: tuple[Stage, ...]) -> Iterator[str]:
    """The images that the stages stand on or copy from, as they are named there."""
    names = {stage.name.lower() for stage in stages if stage.name}
    for stage in stages:
        if stage.parent < 0 and stage.base not in {"", "scratch"}:
            yield stage.base
        for copy in stage.copies:
            if copy.origin and not copy.origin.isdigit() and copy.origin.lower() not in names:
                yield copy.origin


def taken_from(stages: tuple[Stage, ...], at: int) -> Iterator[str]:
    """The absolute paths that stages copy out of the stage `at`; "" for one that cannot be known."""
    for stage in stages:
        for copy in stage.copies:
            if copy.origin and copy.origin.lower() in {str(at), stages[at].name.lower()}:
                for source in copy.sources:
                    yield normpath(join("/", source)) if isabs(source) or "$" not in source else ""
