"""The release folder as it will be, for whoever wants to look at it: it is written aside, and goes again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from difykit.git import Store
from difykit.release.render import Manifest, preview_plan, previewed, read_inputs
from difykit.targets.base import target_of
from difykit.targets.expected import expected_images
from difykit.workspace.state import Source, need_source, read_images, read_source
from difykit.workspace.workspace import Workspace


@contextmanager
def release_folder(workspace: Workspace) -> Iterator[Path]:
    """The rendered release folder where it is of the present source and images, else one as `render` would write it.

    Without a source it is the place where a folder would be.
    """
    source = read_source(workspace.derived)
    if source is None or _is_present(workspace, source):
        yield workspace.release
        return
    need_source(workspace.derived, workspace.settings.upstream.ref)
    images = expected_images(workspace, source).images
    with Store(workspace.store) as store:
        inputs = read_inputs(workspace, source, images, store)
        plan = preview_plan(inputs, target_of(workspace).plan_release)
    with previewed(plan, workspace.derived) as folder:
        yield folder


def _is_present(workspace: Workspace, source: Source) -> bool:
    """Whether the rendered folder is of this source, and does not wait for images that were built since."""
    manifest, built = Manifest.read(workspace.release), read_images(workspace.derived)
    if manifest is None or manifest.source != source.commit:
        return False
    return all(image_id for _, image_id in manifest.images) or built is None or built.source != source.commit
