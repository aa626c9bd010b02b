"""`image.show`, and `images.prune`."""

from __future__ import annotations

from invoke.collection import Collection
from invoke.context import Context

from difykit.cli.screen import Screen, document, result
from difykit.cli.task import command, find_workspace
from difykit.core.terminal import Lines


@command(
    positional=("image",),
    image="a container, an image of the engine, or a registry's reference",
    json="print it as one line of JSON",
)
def show(_: Context, image: str, json: bool = False) -> None:
    """Say which Dify and customisations are in an image."""
    from difykit.images.inventory import show as verb

    image_facts = verb(image)
    document(image_facts.describe()) if json else result(Lines(image_facts.lines()))


@command(check="only say which", json="print the outcome as one line of JSON")
def prune(_: Context, check: bool = False, json: bool = False) -> None:
    """Remove this workspace's images that nothing needs."""
    from difykit.images.inventory import prune as verb

    screen = Screen()
    pruned = verb(find_workspace(), screen, check=check)
    if json:
        document(pruned.describe())
        return
    lines = [f"{'would go' if check else 'gone'}: {name}" for name in pruned.gone]
    lines += [f"kept: {name}, for {why}" for name, why in pruned.kept.items()]
    lines += [f"{pruned.freed / 1e6:.1f} MB {'would be' if check else 'are'} free"] if pruned.gone else []
    result(Lines(lines) or "the engine has no image that builds of this workspace made")


image = Collection("image")
image.add_task(show, name="show")
images = Collection("images")
images.add_task(prune, name="prune")
