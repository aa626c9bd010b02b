"""Carrying it out: ask the registry first, push what it lacks, see that it holds what was built, then move the tags."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from difykit import engine, files, state
from difykit.errors import DifyKitError
from difykit.image import INPUTS_LABEL
from difykit.progress import Progress
from difykit.publish.plan import Target, plan_publish
from difykit.registry import Held, Registry
from difykit.workspace import Workspace

FILE = "images.json"
# A registry that is started anew is back in less.
_WAITS = (1.0, 2.0, 4.0, 8.0, 16.0, 16.0)


@dataclass(frozen=True)
class Published:
    """One image in the registry."""

    image: state.Image
    """With the reference that it has there, by digest."""
    digest: str
    size: int
    pushed: int
    """The bytes of layers that went there now."""
    tags: tuple[str, ...]

    def describe(self) -> dict[str, object]:
        """The image as `images.json` and `--json` have it."""
        more = {"digest": self.digest, "size": self.size, "pushed": self.pushed, "tags": list(self.tags)}
        return {**self.image.model_dump(), **more}


def publish(
    workspace: Workspace, prefix: str, tags: Sequence[str], progress: Progress, *, check: bool = False
) -> tuple[Published, ...]:
    """Bring the images of the present source into a registry; with `check`, only look what is there.

    A content tag is never moved: where it holds something else, nothing is pushed at all. What is there already is not
    sent again; a connection that breaks is taken up again. Writes `images.json`, which `deploy --images` takes.
    Raises DifyKitError for what `plan_publish` refuses, and when the registry refuses or stays away.
    """
    source = state.need_source(workspace.derived)
    images = state.need_images(workspace.derived, source)
    targets = plan_publish(images, source.release, prefix or workspace.settings.images.prefix, tags)
    engine.need_engine()
    asked = Registry(targets[0].registry, engine.credentials(targets[0].registry)) if targets else None
    assert asked is not None
    there = {each.image.name: _there(asked, each) for each in targets}
    if check:
        return tuple(_shown(each, held, 0) for each in targets if (held := there[each.image.name]))
    made = []
    for each in targets:
        held, pushed = there[each.image.name], 0
        if held is None:
            pushed = _push(each, progress)
            held = _proved(asked, each)
            progress.ok(f"{each.image.name}: {each.reference} ({pushed / 1e6:.2f} MB sent)")
        else:
            progress.skip(f"{each.image.name}: {each.reference} is there")
        for tag in each.tags:
            if (now := asked.manifest(each.repository, tag)) is None or now.digest != held.digest:
                asked.put(each.repository, tag, held)
                progress.ok(f"{each.image.name}: {each.repository}:{tag}")
        made.append(_shown(each, held, pushed))
    _write(workspace.root / FILE, images.source, made)
    progress.ok(f"{FILE}: {len(made)} images by digest")
    return tuple(made)


def _there(asked: Registry, target: Target) -> Held | None:
    """What the content tag holds, if it is this image, or one that was made elsewhere from the same inputs."""
    held = asked.manifest(target.repository, target.content)
    if held is None:
        return None
    digest, config = asked.config(target.repository, held)
    if target.image.image_id in {digest, held.digest}:
        return held
    mine = engine.inspect(target.local)
    labels: Mapping[str, str] = (config.get("config") or {}).get("Labels") or {}
    if mine and labels.get(INPUTS_LABEL) and labels.get(INPUTS_LABEL) == mine.labels.get(INPUTS_LABEL):
        return held
    raise DifyKitError(
        f"{target.reference} holds another image ({digest[7:19]}) than the one that was built"
        f" ({target.image.image_id[7:19]}), and a content tag never moves; nothing was pushed",
        hint="publish below another path (--to), or remove that tag in the registry if nobody uses it",
    )


def _push(target: Target, progress: Progress) -> int:
    """Send what the registry lacks; the bytes of it."""
    if target.local != target.reference:
        engine.tag(target.local, target.reference)
    try:
        with progress.step(f"push {target.reference}"):
            return _persistently(target, progress)
    finally:
        if target.local != target.reference:
            engine.untag(target.reference)


def _persistently(target: Target, progress: Progress) -> int:
    pushed = 0
    for wait in (*_WAITS, None):
        try:
            return pushed + engine.push(target.reference, progress.line)
        except engine.PushBroken as error:
            pushed += error.pushed
            if wait is None or not error.passing:
                raise
            progress.line(f"{error.message}; again in {wait:.0f} s")
            time.sleep(wait)
    raise AssertionError


def _proved(asked: Registry, target: Target) -> Held:
    held = asked.manifest(target.repository, target.content)
    digest = asked.config(target.repository, held)[0] if held else ""
    if held is None or target.image.image_id not in {digest, held.digest}:
        raise DifyKitError(
            f"{target.reference} was pushed, and the registry has another image there than the one that was built",
            hint="somebody else may publish there at the same time: difykit publish --check",
        )
    return held


def _shown(target: Target, held: Held, pushed: int) -> Published:
    image = target.image.model_copy(update={"reference": f"{target.reference}@{held.digest}"})
    return Published(image, held.digest, held.size, pushed, target.tags)


def _write(place: Path, source: str, made: Sequence[Published]) -> None:
    value = {"source": source, "images": [each.describe() for each in made]}
    files.write(place, json.dumps(value, indent=1) + "\n")
