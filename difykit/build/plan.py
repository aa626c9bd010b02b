"""What `build` would make, and why: values only."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from difykit import image, state
from difykit.errors import ConfigError, DifyKitError, Problem
from difykit.git import Store, Tree
from difykit.image import Choice, Recipe, Template
from difykit.manifest import ImageManifest
from difykit.workspace import Workspace


@dataclass(frozen=True)
class ImagePlan:
    """One custom image: the strategy, its name, and all that it is made from."""

    name: str
    replaces: str
    official: str
    repository: str
    tag: str
    inputs: str
    choice: Choice
    recipe: Recipe
    template: Template

    @property
    def reference(self) -> str:
        return f"{self.repository}:{self.tag}"

    @property
    def strategy(self) -> str:
        return self.choice.strategy

    def describe(self) -> dict[str, Any]:
        """The plan as JSON has it."""
        return {
            "name": self.name,
            "replaces": self.replaces,
            "strategy": self.choice.strategy,
            "reason": self.choice.reason,
            "reference": self.reference,
            "official": self.official,
            "dockerfile": self.recipe.path,
            "context": self.recipe.context or ".",
            "changed": [asdict(change) for change in self.choice.changed],
            "lands": {landing.dest: landing.path for landing in self.choice.landings},
            "removed": list(self.choice.removed),
        }


@dataclass(frozen=True)
class BuildPlan:
    """The custom images of one source."""

    release: str
    source: str
    images: tuple[ImagePlan, ...]

    def describe(self) -> dict[str, Any]:
        """The plan as JSON has it."""
        return {"release": self.release, "source": self.source, "images": [one.describe() for one in self.images]}


def plan_build(workspace: Workspace, source: state.Source, store: Store) -> BuildPlan:
    """The images of `source`; asks git and the workspace's files, never the engine.

    Raises ConfigError for wrong image definitions, DifyKitError when the source has no way to make one of them.
    """
    definitions = workspace.images
    _check(definitions)
    ground = _Ground(workspace, source, store.tree(source.commit), store.changed(source.base, source.commit))
    images = tuple(_plan(ground, name, *definitions[name]) for name in sorted(definitions))
    return BuildPlan(source.release, source.commit, images)


@dataclass(frozen=True)
class _Ground:
    """What all images are planned from."""

    workspace: Workspace
    source: state.Source
    tree: Tree
    changed: list[tuple[str, str]]


def _check(definitions: dict[str, tuple[Path, ImageManifest]]) -> None:
    counts = Counter(manifest.replaces for _, manifest in definitions.values())
    problems = [
        Problem(f"images/{name}/image.yaml", 0, f"replaces: {manifest.replaces} is replaced by another image too")
        for name, (_, manifest) in definitions.items()
        if counts[manifest.replaces] > 1
    ]
    if problems:
        raise ConfigError(problems)


def _plan(ground: _Ground, name: str, folder: Path, manifest: ImageManifest) -> ImagePlan:
    source, entries = ground.source, ground.tree.entries
    template = image.read_template(folder, name)
    recipe = _recipe(ground.tree, name, manifest)
    inputs = image.inputs_changed(recipe, ground.changed, entries)
    choice = image.choose(name, recipe, inputs, entries, wanted=manifest.strategy, adds=template.adds)
    official = image.official_image(manifest.replaces, source.release)
    inputs_id = image.inputs_id(_inputs(source, choice, official, template))
    return ImagePlan(
        name=name,
        replaces=manifest.replaces,
        official=official,
        repository=image.custom_name(ground.workspace.settings.images.prefix, manifest.replaces),
        tag=image.tag_of(source.release, inputs_id),
        inputs=inputs_id,
        choice=choice,
        recipe=recipe,
        template=template,
    )


def _recipe(tree: Tree, name: str, manifest: ImageManifest) -> Recipe:
    """`langgenius/dify-api` is made by `api/Dockerfile`."""
    path = manifest.replaces.rpartition("/")[2].removeprefix("dify-") + "/Dockerfile"
    if path not in tree.entries:
        raise DifyKitError(
            f"images/{name}/image.yaml replaces {manifest.replaces}, but the source has no {path} that makes it",
            hint=f"set replaces to langgenius/dify-api or langgenius/dify-web in images/{name}/image.yaml",
        )

    def read(path: str) -> bytes | None:
        blob = tree.read(path)
        return blob[1] if blob else None

    return image.read_recipe(path, read, tree.entries)


def _inputs(source: state.Source, choice: Choice, official: str, template: Template) -> dict[str, Any]:
    """All that decides the image's content. The release and what differs from it stand for every file of a source."""
    found: dict[str, Any] = {"strategy": choice.strategy, "official": official}
    if choice.strategy != "official":
        found["base"] = source.base
        found["template"] = template.text
        found["changed"] = [(one.status, one.path, one.mode, one.oid) for one in choice.changed]
    return found
