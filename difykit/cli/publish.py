"""`publish`."""

from __future__ import annotations

from invoke.context import Context

from difykit.cli.screen import Screen, document, result, table
from difykit.cli.task import command, find_workspace


@command(
    repeated=("tag", "platform"),
    to="a registry path that ends in '/'; images.prefix of difykit.yaml if left out",
    tag="one more tag, beside the release's; may be given more than once",
    platform="such as linux/arm64, instead of images.platforms; may be given more than once",
    provenance="attest beside each image what it was made from",
    sbom="attest beside each image what is in it, as the program syft finds it",
    check="only say what the registry has of it",
    json="print the outcome as one line of JSON",
)
def publish(
    _: Context,
    tag: list[str],
    platform: list[str],
    to: str = "",
    provenance: bool = False,
    sbom: bool = False,
    check: bool = False,
    json: bool = False,
) -> None:
    """Push what build made, never over other content."""
    from difykit.images import publish as room
    from difykit.images.build import check_built
    from difykit.workspace.state import need_images, need_source

    workspace = find_workspace()
    source = need_source(workspace.derived, workspace.settings.upstream.ref)
    need_images(workspace.derived, source)
    check_built(workspace, source)
    options = {"provenance": provenance, "sbom": sbom, "check": check}
    published = room.publish(workspace, to, tag, Screen(), platforms=platform, **options)
    if json:
        document({"images": [image.model_dump() for image in published]})
    elif published:
        rows = [(image.name, image.reference, f"{image.size / 1e6:.1f} MB") for image in published]
        result(table(("IMAGE", "IN THE REGISTRY", "SIZE"), rows))
    else:
        result("the registry has none of it yet")
