"""`build`."""

from __future__ import annotations

from invoke.context import Context

from difykit.commands.base import command, workspace
from difykit.console import Screen, document, result


@command(
    check="only say which strategy each image gets, and why",
    json="print the outcome as one line of JSON",
)
def build(_: Context, check: bool = False, json: bool = False) -> None:
    """Build dify-api-custom and dify-web-custom from the source."""
    from difykit import build as verb
    from difykit.git import Store
    from difykit.state import need_source

    here = workspace()
    if here.settings.deploy.target == "process":
        Screen().skip("the process target runs without images")
        return
    if not check:
        images = verb.build(here, Screen())
        if json:
            document(images.model_dump())
        return
    with Store(here.store) as store:
        plan = verb.plan_build(here, need_source(here.derived), store)
    if json:
        document(plan.describe())
        return
    for image in plan.images:
        result(f"{image.name}: {image.strategy}, {image.choice.reason}\n  {image.reference}")
