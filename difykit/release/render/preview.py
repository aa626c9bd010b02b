"""A release folder that nobody keeps: what a plan comes to, for those who ask Compose about it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from difykit.core import files
from difykit.release.render.inputs import RenderInputs
from difykit.release.render.plan import Planner, RenderPlan
from difykit.workspace import dotenv


@contextmanager
def previewed(plan: RenderPlan, scratch: Path | None = None) -> Iterator[Path]:
    """The planned folder, in one below `scratch`, or where temporary files are, that goes at the end of the block."""
    with tempfile.TemporaryDirectory(prefix=".plan-" if scratch else "difykit-", dir=scratch) as name:
        folder = Path(name).resolve()
        files.write_all(folder, plan.files)
        yield folder


def preview_plan(inputs: RenderInputs, planner: Planner) -> RenderPlan:
    """A plan that is whole, as `render` would carry it out: with secrets that are made for the looking alone."""
    return completed(inputs, planner(inputs), planner)


def completed(inputs: RenderInputs, plan: RenderPlan, planner: Planner) -> RenderPlan:
    """The same of a plan that is there, which may lack secrets."""
    if not plan.generate:
        return plan
    return planner(replace(inputs, user_env=dotenv.with_made(inputs.user_env, plan.generate)))
