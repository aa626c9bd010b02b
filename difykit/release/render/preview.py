"""A release folder that nobody keeps: what a plan comes to, for those who ask Compose about it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from difykit.core import files
from difykit.release.render.inputs import RenderInputs
from difykit.release.render.plan import RenderPlan
from difykit.release.render.write import Planner
from difykit.workspace import dotenv


@contextmanager
def previewed(plan: RenderPlan, scratch: Path) -> Iterator[Path]:
    """The planned folder, in a folder below `scratch` that goes at the end of the block."""
    with tempfile.TemporaryDirectory(prefix=".plan-", dir=scratch) as name:
        folder = Path(name).resolve()
        for path, (mode, content) in plan.files.items():
            files.write(folder / path, content, mode=mode)
        yield folder


def preview_plan(inputs: RenderInputs, planner: Planner) -> RenderPlan:
    """A plan that is whole, as `render` would carry it out: with secrets that are made for the looking alone."""
    plan = planner(inputs)
    if not plan.generate:
        return plan
    return planner(replace(inputs, user_env=dotenv.with_made(inputs.user_env, plan.generate)))
