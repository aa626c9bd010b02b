"""`topology`."""

from __future__ import annotations

from invoke.context import Context

from difykit.cli.screen import Screen, document, result
from difykit.cli.task import command, find_workspace


@command(
    svg="draw it into this file",
    html="write it as one self-contained page into this file",
    json="print it as one line of JSON",
)
def topology(_: Context, svg: str = "", html: str = "", json: bool = False) -> None:
    """Show or draw what the release folder runs, or will run."""
    from difykit.core import files
    from difykit.targets import release_folder
    from difykit.topology import lay_out, page, read_topology, text
    from difykit.topology import svg as drawing

    screen = Screen()
    workspace = find_workspace()
    places = {name: workspace.output(option, name) for option, name in (("--svg", svg), ("--html", html)) if name}
    with release_folder(workspace) as folder:
        graph = read_topology(workspace, folder)
    for name, draw in ((svg, drawing), (html, page)):
        if name:
            files.write(places[name], draw(lay_out(graph)))
            screen.ok(f"the picture is in {name}")
    if json:
        document(graph.describe())
    elif not (svg or html):
        result(text(graph))
