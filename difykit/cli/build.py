"""`build`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from invoke.context import Context

from difykit.cli.screen import Screen, document, in_ci, result
from difykit.cli.task import command, find_workspace
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from difykit.images.build import ImageOrigin, ImagePlan

_SHOWN = 20


@command(
    check="only say which strategy each image gets, and why",
    json="print the outcome as one line of JSON",
    locked="fail instead of changing difykit.lock (the default where CI is set)",
    no_locked="change difykit.lock also where CI is set",
)
def build(_: Context, check: bool = False, json: bool = False, locked: bool = False, no_locked: bool = False) -> None:
    """Build dify-api-custom and dify-web-custom."""
    from difykit.git import Store
    from difykit.images import build as verb
    from difykit.targets import target_of
    from difykit.workspace.state import need_source

    workspace = find_workspace()
    if not target_of(workspace).uses_images:
        Screen().skip(f"the {workspace.settings.deploy.target} target runs without images")
        return
    if not check:
        images = verb.build(workspace, Screen(), keep_lock=locked or (in_ci() and not no_locked))
        if json:
            document(images.model_dump())
        return
    with Store(workspace.store) as store:
        source = need_source(workspace.derived, workspace.settings.upstream.ref)
        plan = verb.plan_build(workspace, source, store, verb.locked_digests(workspace))
        origins = verb.origins(workspace, source, store, plan)
    if json:
        shown = plan.describe()
        shown["images"] = [{**entry, "origin": asdict(origins[entry["name"]])} for entry in shown["images"]]
        document(shown)
        return
    result(Lines([*(in_words(image_plan, origins[image_plan.name]) for image_plan in plan.images), *plan.notes]))


def in_words(image: ImagePlan, origin: ImageOrigin) -> str:
    """The plan of one image in words."""
    shown = image.describe()
    lines = _cut([_change(change) for change in shown["changed"]] + shown["files"])
    lines += _cut([f"removed: {path}" for path in shown["removed"]])
    lines += [f"{key}: {' '.join(shown[key])}" for key in ("apt", "python") if shown[key]]
    if image.stands_on_official:
        lines.append(f"on {image.official}" + (f"@{image.digest}" if image.digest else ""))
    below = (f"  {line}" for line in (*lines, f"{image.reference} {origin}"))
    return Lines([f"{image.name}: {image.strategy}, {image.choice.reason}", *below])


def _change(change: Mapping[str, Any]) -> str:
    """The status letter of a file, and where it lands in the image or else why it cannot be laid there."""
    lands = f" → {', '.join(change['lands'])}" if change["lands"] else ""
    why = f" ({change['rebuilds']})" if change["rebuilds"] else ""
    return f"{change['status']} {change['path']}{lands}{why}"


def _cut(lines: list[str]) -> list[str]:
    more = len(lines) - _SHOWN
    return [*lines[:_SHOWN], f"and {more} more"] if more > 0 else lines
