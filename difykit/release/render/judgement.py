"""Whether Docker Compose takes a release folder, asked of Compose itself before the folder is put in its place.

What it refuses is told with the file and the line of the overlay that brings it: by what difykit knows of Compose files
where that says the same, else by Compose's own words. Where there is no Compose, difykit's own knowledge decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from difykit import docker
from difykit.core import files, yaml
from difykit.core.errors import ConfigError, MissingTool, Problem, TimedOut
from difykit.release import compose
from difykit.release.render.inputs import RenderInputs
from difykit.release.render.plan import Planner, RenderPlan
from difykit.release.render.preview import completed, previewed

NOT_ASKED = (
    "Docker Compose is not installed here, so it was not asked whether it takes the release folder; what difykit knows"
    " of Compose files stands nothing against it"
)
_TRIAL = ".trial.yaml"
_PATH = re.compile(r"\b(?:services|networks|volumes|secrets|configs)(?:\.[^\s:'\"]+|\[[^\]]+\])+")
_ADDITIONAL = re.compile(r"Additional property (\S+) is not allowed")


def judge(folder: Path, plan: RenderPlan, project: str) -> str:
    """See that Compose takes the folder that holds the plan; what is to be said of it, "" where it was asked.

    Raises ConfigError with what it refuses.
    """
    if not plan.composed:
        return ""
    if not _compose_is_there():
        if plan.doubts:
            raise ConfigError(plan.doubts, hint="mend it, then render again; Docker Compose was not asked")
        return NOT_ASKED
    if refusal := docker.compose_refusal(folder, project):
        hint = f"Docker Compose says: {refusal}" if plan.doubts else "mend it, then: difykit render --check"
        raise ConfigError(_problems(folder, plan, project, refusal), hint=hint)
    return ""


def judge_plan(inputs: RenderInputs, plan: RenderPlan, planner: Planner) -> str:
    """As `judge`, of a folder that is not there: it is written where it is thrown away, with secrets for nobody."""
    plan = completed(inputs, plan, planner)
    with previewed(plan) as folder:
        return judge(folder, plan, inputs.project)


def _compose_is_there() -> bool:
    try:
        docker.need_compose()
    except (MissingTool, TimedOut):
        return False
    return True


def _problems(folder: Path, plan: RenderPlan, project: str, refusal: str) -> Sequence[Problem]:
    """Where what Compose refuses stands."""
    if plan.doubts:
        return plan.doubts
    file = _named(refusal, plan.joined) or _culprit(folder, plan, project)
    if file is None:
        return [Problem("compose.yaml", 0, f"Docker Compose refuses it: {refusal}")]
    return [Problem(file.label, _line(refusal, file), f"Docker Compose refuses it: {refusal}")]


def _named(refusal: str, joined: Iterable[compose.OverlayFile]) -> compose.OverlayFile | None:
    return next((file for file in joined if file.label in refusal), None)


def _culprit(folder: Path, plan: RenderPlan, project: str) -> compose.OverlayFile | None:
    """The first overlay's file with which the files that are joined are refused; None where they are without any."""
    entry = yaml.load("compose.yaml", plan.files["compose.yaml"][1].decode()).value["include"][0]
    labels = {file.label: file for file in plan.joined}
    trial = folder / _TRIAL
    try:
        for count in range(1, len(entry["path"]) + 1):
            paths = entry["path"][:count]
            files.write(trial, compose.joined(project, paths, entry.get("env_file", ())))
            if docker.compose_refusal(folder, project, _TRIAL):
                return labels.get(paths[-1])
    finally:
        trial.unlink(missing_ok=True)
    return None


def _line(refusal: str, file: compose.OverlayFile) -> int:
    """The line of what Compose's words name: the longest path that the file has, else a word of them that it holds."""
    path = max(_paths(refusal), key=lambda path: _depth(path, file), default=())
    words = dict.fromkeys(filter(None, re.split(r"[^\w./:$-]+", refusal)))
    inner = next(((*path, word) for word in words if (*path, word) in file.lines), path)
    if _depth(inner, file) > 2:
        return file.line(inner)
    body: Any = file.value
    for step in path[: _depth(path, file)]:
        body = body.get(step) or {}
    texts = [*compose.strings(body)]
    lines = [text.line for text in texts if words.keys() & {text, *re.split(r"[:=]", text)}]
    lines += [text.line for text in texts if any(part in text for part in map(_trimmed, words) if part)]
    return lines[0] if lines else file.line(path)


def _trimmed(word: str) -> str:
    """A word of Compose's that is a part of a value, without the marks around it; "" for a word of its sentence."""
    part = word.strip(".:/-$")
    return part if re.search(r"[\d:/]", part) and len(part) > 1 else ""


def _paths(refusal: str) -> Iterator[yaml.Path]:
    extra = _ADDITIONAL.search(refusal)
    for match in _PATH.finditer(refusal):
        steps = [step for step in re.split(r"[.\[\]]+", match[0]) if step]
        yield (*steps, *([extra[1]] if extra else []))
    if named := re.search(r'service "?([\w.-]+)"?', refusal):
        yield ("services", named[1])


def _depth(path: yaml.Path, file: compose.OverlayFile) -> int:
    return next((count for count in range(len(path), 0, -1) if path[:count] in file.lines), 0)
