"""The Dockerfile that is built, from one that is given: with caches and mirrors for its steps.

Nothing of them is in the image. A cache is mounted for the time of a step whose layer does not end up in it, at a place
that nothing copies from: with it and without it the image is the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import join, normpath

from difykit.images.definition.mirrors import CONTEXT, PRELUDE, SEEN, TURBOPACK, BuildMirrors
from difykit.images.definition.stages import DockerfileStage, RunStep, lineage, read_stages, taken_from

_ROOT = frozenset({"", "root", "0", "root:root", "0:0"})
# What speaks to a registry, or runs a program of difykit's that does.
_GOES_OUT = re.compile(
    r"(?<![\w./-])(?:apt-get|apt|apk|pip3?|uv|poetry|npm|npx|pnpm|yarn|corepack|next)(?![\w.-])|-m pip\b|/tmp/difykit/"
)
_BUILDS = re.compile(r"\b(?:pnpm|yarn|npm|npx|next)(?: run| exec)?(?: next)? build\b")
_PLAIN = re.compile(r"/[\w./-]+")
_OURS = r"export (?:npm_config_store_dir|UV_LINK_MODE|NODE_OPTIONS|COREPACK_DEFAULT_TO_LATEST)=[^;]*; "
_HIDDEN = re.compile(rf"--mount=type=(?:cache,id=difykit-|bind,from={CONTEXT},)\S+ |{re.escape(PRELUDE)}; |{_OURS}")


@dataclass(frozen=True)
class _Cache:
    """A cache that a kind of command profits from."""

    name: str
    command: re.Pattern[str]
    path: Callable[[RunStep], str]
    environment: Callable[[str], str] = lambda _: ""


def _pnpm(run: RunStep) -> str:
    return join(run.env.get("PNPM_HOME") or "/root/.local/share/pnpm", "store")


_CACHES = (
    _Cache(
        "corepack",
        re.compile(r"\b(?:corepack install|pnpm|yarn)\b"),
        lambda run: run.env.get("COREPACK_HOME") or "/root/.cache/node/corepack",
    ),
    # Told by name: with the store on another disk than the project pnpm takes a third place. 11 renamed the variable.
    _Cache(
        "pnpm",
        re.compile(r"\bpnpm (?:install|i|fetch)\b"),
        _pnpm,
        lambda store: f"npm_config_store_dir={store} pnpm_config_store_dir={store}",
    ),
    _Cache("npm", re.compile(r"\bnpm (?:install|ci)\b"), lambda run: run.env.get("NPM_CONFIG_CACHE") or "/root/.npm"),
    _Cache(
        "uv",
        re.compile(r"\buv sync\b"),
        lambda run: run.env.get("UV_CACHE_DIR") or "/root/.cache/uv",
        lambda _: "UV_LINK_MODE=copy",
    ),
    _Cache(
        "next",
        _BUILDS,
        lambda run: join(run.workdir, ".next/cache"),
        lambda _: f'NODE_OPTIONS="${{NODE_OPTIONS:-}} --require={TURBOPACK}"',
    ),
)


# Outside of a project corepack takes the newest pnpm there is: the web of releases up to 1.13.0, whose image gets pm2
# in that way, cannot be built since pnpm 12. Told not to ask, corepack takes the one that it was made with.
_UNPINNED = re.compile(r"\bpnpm (?:add|install|i) (?:-g|--global)\b")
_COREPACK = "COREPACK_DEFAULT_TO_LATEST=0"


def generate(text: str, args: Mapping[str, str], *, caches: str = "", mirrors: bool = False) -> str:
    """The Dockerfile with caches whose names start with `caches`, and with the mirrors' prelude before what goes out.

    Steps that hold a here-document, or whose flags go over several lines, stay as they are.
    """
    stages = read_stages(text, args)
    ancestry = lineage(stages)
    steady = bool(caches) and any(
        "corepack enable" in run.instruction.arguments for stage in stages for run in stage.runs
    )
    lines = text.splitlines()
    for number, stage in enumerate(stages):
        for run in stage.runs:
            mounts, environment = ("", "")
            if caches and number not in ancestry:
                mounts, environment = _mounted(caches, stages, number, run)
            if steady and _UNPINNED.search(run.instruction.arguments):
                environment = f"{environment} {_COREPACK}".strip()
            _edit(lines, run, mounts, environment, mirrors=mirrors and goes_out(run))
    return "\n".join(lines) + "\n"


def with_settings(text: str, names: Iterable[str], args: Mapping[str, str]) -> str:
    """The Dockerfile whose steps that build Next.js see the arguments `names` as variables.

    An ARG that stands already, and an ENV that empties it (1.8.1 to 1.11.2), stand above these lines and lose.
    """
    lines = text.splitlines()
    stages = read_stages(text, args)
    steps = [run.instruction for stage in stages for run in stage.runs if _BUILDS.search(run.instruction.arguments)]
    for step in reversed(steps):
        lines[step.first : step.first] = [line for name in names for line in (f"ARG {name}", f'ENV {name}="${name}"')]
    return "\n".join(lines) + "\n"


def shown(step: str) -> str:
    """A step as it stood in the Dockerfile before: messages show no mounts that nobody wrote."""
    return _HIDDEN.sub("", step)


def goes_out(run: RunStep) -> bool:
    """Whether the step may ask a registry."""
    return bool(_GOES_OUT.search(run.instruction.arguments))


def builds_next(text: str, args: Mapping[str, str]) -> bool:
    """Whether a stage that the image only copies from builds Next.js."""
    stages = read_stages(text, args)
    ancestry = lineage(stages)
    return any(
        _BUILDS.search(run.instruction.arguments) and _takes_next(run, taken_from(stages, number))
        for number, stage in enumerate(stages)
        for run in stage.runs
        if number not in ancestry
    )


def unmirrored(text: str, args: Mapping[str, str], mirrors: BuildMirrors) -> Iterator[str]:
    """What the steps of a Dockerfile download for which the mirrors are no help, as words that follow its name."""
    if not mirrors.in_steps:
        return
    steps = [run.instruction.arguments for stage in read_stages(text, args) for run in stage.runs]
    script = "\n".join(steps)
    if mirrors.pypi and re.search(r"\bpoetry install\b", script):
        yield "installs with poetry, which knows no mirror: mirrors.pypi has an effect on pip alone"
    hosts = dict.fromkeys(re.findall(r"https?://([\w.-]+)", script))
    hosts |= dict.fromkeys(f"the place of {name}'s data" for name in ("nltk", "tiktoken") if f"import {name}" in script)
    if hosts:
        yield f"also downloads from {', '.join(hosts)}, which no mirror stands for"


def _mounted(caches: str, stages: tuple[DockerfileStage, ...], number: int, run: RunStep) -> tuple[str, str]:
    mounts, environment = [], []
    for cache in _CACHES:
        folder_path = normpath(cache.path(run))
        if (
            run.user not in _ROOT
            or not cache.command.search(run.instruction.arguments)
            or not _PLAIN.fullmatch(folder_path)
        ):
            continue
        copied_paths = list(taken_from(stages, number))
        if _within(folder_path, copied_paths) or (cache.name == "next" and not _takes_next(run, copied_paths)):
            continue
        # Locked: Next's cache and pnpm's store are not made for two writers.
        mounts.append(f"--mount=type=cache,id={caches}-{cache.name},target={folder_path},sharing=locked ")
        environment.append(cache.environment(folder_path))
    return "".join(mounts), " ".join(filter(None, environment))


def _within(path: str, folders: Iterable[str]) -> bool:
    return any(folder in {"", "/", path} or path.startswith(folder + "/") for folder in folders)


def _takes_next(run: RunStep, copied_paths: Iterable[str]) -> bool:
    return any(path.startswith(join(run.workdir, ".next/")) for path in copied_paths)


def _edit(lines: list[str], run: RunStep, mounts: str, environment: str, *, mirrors: bool) -> None:
    """Put into a RUN what it gets: flags right after the word, commands before its own."""
    if not mounts and not mirrors and not environment:
        return
    step = run.instruction
    head = re.match(r"(\s*RUN\s+)((?:--\S+\s+)*)", lines[step.first], re.IGNORECASE)
    if head is None or step.heredoc or len(head[2].split()) != len(step.flags):
        return
    command = lines[step.first][head.end() :]
    if mirrors or TURBOPACK in environment:
        mounts += f"--mount=type=bind,from={CONTEXT},target={SEEN} "
    before = (f"{PRELUDE}; " if mirrors else "") + (f"export {environment}; " if environment else "")
    if step.arguments.startswith("["):
        try:
            argv = [str(word) for word in json.loads(step.arguments)]
        except (ValueError, RecursionError):
            return
        command = json.dumps(["/bin/sh", "-c", f'{before}exec "$@"', "sh", *argv], ensure_ascii=False)
        lines[step.first : step.last] = [f"{head[1]}{mounts}{head[2]}{command}"] + [""] * (step.last - step.first - 1)
        return
    lines[step.first] = f"{head[1]}{mounts}{head[2]}{before}{command}"
