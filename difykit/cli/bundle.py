"""`bundle.save` and `bundle.load`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.context import Context

from difykit.cli.screen import Screen, document, result
from difykit.cli.task import command, find_workspace
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from difykit.bundle import LoadPlan, SavePlan


@command(
    positional=("file",),
    file="the bundle to write",
    platform="such as linux/arm64, out of registries; the engine's own if left out",
    no_wheels="leave the toolkit itself out",
    check="only say what would be in it",
    json="print the outcome as one line of JSON",
)
def save(
    _: Context, file: str, platform: str = "", no_wheels: bool = False, check: bool = False, json: bool = False
) -> None:
    """Write one file with all that a closed network needs."""
    from difykit.bundle import plan_save
    from difykit.bundle import save as verb

    workspace, screen = find_workspace(), Screen()
    if check:
        plan = plan_save(workspace, platform, wheels=not no_wheels)
        for warning in plan.warnings:
            screen.warn(warning)
        document(plan.describe()) if json else result(Lines(_saving(plan)))
        return
    saved = verb(workspace, Path(file), screen, platform=platform, wheels=not no_wheels)
    document({"file": file, **saved.describe()}) if json else result(f"seal: {saved.seal}")


def _saving(plan: SavePlan) -> list[str]:
    described = plan.describe()
    lines = [f"Dify {described['release']}, source {described['source'][:12]}, for {described['platform']}"]
    lines += [
        f"{entry['reference']}: {entry['from']}" + (f" ({', '.join(entry['services'])})" if entry["services"] else "")
        for entry in described["images"]
    ]
    lines.append(f"workspace: {len(described['workspace'])} files")
    lines += [f"not in it: {', '.join(described['left'])}"] if described["left"] else []
    return [*lines, "the toolkit and what it needs" if plan.wheels else "without the toolkit"]


@command(
    positional=("file",),
    file="the bundle",
    into="the workspace's folder: a new one, or one of an earlier bundle",
    to="a registry path that ends in '/': the images go there, and are run from there",
    seal="what bundle.save said of it; another bundle is refused",
    replace="take the bundle's files also where they were changed here; the changed ones are kept",
    check="look at every byte, and only say what would happen",
    json="print the outcome as one line of JSON",
)
def load(
    _: Context,
    file: str,
    into: str = "",
    to: str = "",
    seal: str = "",
    replace: bool = False,
    check: bool = False,
    json: bool = False,
) -> None:
    """Bring a bundle's images and workspace here."""
    from difykit.bundle import load as verb
    from difykit.bundle import look, plan_load

    screen = Screen()
    plan = plan_load(look(Path(file), screen, seal=seal), Path(into) if into else None, to)
    if check:
        document(plan.describe()) if json else result(Lines(_loading(plan)))
        return
    loaded = verb(plan, screen, replace=replace)
    if json:
        document(plan.describe())
        return
    screen.hint(f"cd {loaded.root} && difykit deploy")


def _loading(plan: LoadPlan) -> list[str]:
    described = plan.describe()
    lines = [f"every byte is right: {described['seal']}"]
    lines.append(f"Dify {described['release']}, source {described['source'][:12]}, for {described['platform']}")
    lines += [f"would load {entry}" for entry in described.get("load", ())]
    lines += [f"would send what is missing of {len(described['images'])} images to {plan.to}"] if plan.to else []
    lines.append(f"{described['folder']}: " + ("would be made" if described["new"] else "is there"))
    if not described["new"]:
        lines += [f"would write {path}" for path in described["write"]]
        lines += [f"would remove {path}" for path in described["remove"]]
    return lines + [f"was changed here: {path}" for path in described["changed"]]


collection = Collection("bundle")
collection.add_task(save, name="save")
collection.add_task(load, name="load")
