"""`middleware.render`, `middleware.up`, `middleware.down` and `middleware.dev`."""

from __future__ import annotations

from pathlib import Path

from invoke.collection import Collection
from invoke.context import Context

from difykit.cli.screen import Screen, document, result
from difykit.cli.task import command, find_workspace
from difykit.core.terminal import Lines

_NAME = "an overlay that says how it runs on hosts of its own, such as postgres-patroni"


@command(
    positional=("name", "directory"),
    repeated=("node",),
    name=_NAME,
    directory="where the folders go",
    node="the address of a host, once for each host; those of the last time if left out",
    data="where the hosts keep the data (/var/lib/difykit if left out)",
    check="only say what would change",
    json="print the outcome as one line of JSON",
)
def render(
    _: Context,
    name: str,
    directory: str,
    node: list[str],
    data: str = "",
    check: bool = False,
    json: bool = False,
) -> None:
    """Write a folder for each host of middleware."""
    from difykit import middleware

    workspace = find_workspace()
    workspace.work_folder(directory, entire=False)
    folder = Path(directory).absolute()
    if check:
        rendered = middleware.check_render(workspace, name, folder, hosts=node, data=data)
    else:
        rendered = middleware.render(workspace, name, folder, Screen(), hosts=node, data=data)
    if json:
        document(rendered.describe())
    elif check:
        lines = [f"would make the secret {key}" for key in rendered.plan.generate]
        lines += [f"would change: {path}" for path in rendered.changed]
        result(Lines(lines) or "nothing would change")
    else:
        result(Lines(middleware.steps(rendered.plan)))


@command(
    positional=("name",),
    name=_NAME,
    directory="where middleware.render wrote the folders (data/middleware/NAME if left out)",
    node="the number of the host that this engine is, where there are several",
    no_wait="only start it: the first of several hosts may be healthy when the second runs",
)
def up(_: Context, name: str, directory: str = "", node: int = 0, no_wait: bool = False) -> None:
    """Start middleware as a project of its own."""
    from difykit import middleware
    from difykit.workspace.state import check_images

    workspace = find_workspace()
    screen = Screen()
    folder = Path(directory).absolute() if directory else workspace.data / "middleware" / name
    node_path = middleware.node_to_start(folder, name, node)
    built = check_images(workspace.derived)
    project = middleware.up(node_path, screen, workspace.logs / "middleware.log", patient=not no_wait, built=built)
    screen.ok(f"{project}: started" if no_wait else f"{project}: all of it is up")


@command(positional=("name",), name="the overlay, or dev for what middleware.dev started")
def down(_: Context, name: str) -> None:
    """Stop middleware; its data stays."""
    from difykit import middleware

    screen = Screen()
    project = middleware.project_of(find_workspace(), name)
    if middleware.down(project, screen):
        screen.ok(f"{project}: stopped; its data stays")
    else:
        screen.skip(f"nothing of {project} runs")


@command(
    repeated=("service",),
    service="only this service and what it needs; may be given more than once",
    check="only say what would change",
    json="print the outcome as one line of JSON",
)
def dev(_: Context, service: list[str], check: bool = False, json: bool = False) -> None:
    """Start the bundled middleware, to run api from source."""
    from difykit import docker, middleware

    workspace = find_workspace()
    screen = Screen()
    if not check:
        docker.need_engine()  # before secrets are made for what cannot start
    dev_setup = middleware.check_dev(workspace) if check else middleware.dev(workspace, screen)
    if not check:
        middleware.up(dev_setup.folder, screen, workspace.logs / "middleware.log", services=tuple(service))
        screen.ok(f"{dev_setup.project}: up, for this machine alone; its data is in {workspace.data / 'dev'}")
        screen.hint("run api in .difykit/source/api: its .env is in step; stop this with: difykit middleware.down dev")
    if json:
        document(dev_setup.describe())
    elif check:
        lines = [f"would make the secret {key}" for key in dev_setup.plan.generate]
        lines += [f"would change: {path}" for path in dev_setup.changed]
        lines += [f"would start: {name}" for name in sorted(service or dev_setup.plan.services)]
        result(Lines(lines))


collection = Collection("middleware")
for _name, _task in (("render", render), ("up", up), ("down", down), ("dev", dev)):
    collection.add_task(_task, name=_name)
