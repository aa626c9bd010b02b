"""What `build` would make, and why: values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from difykit.core.errors import ConfigError, Problem
from difykit.dify import layout
from difykit.git import Store, Tree
from difykit.images import definition
from difykit.images.build.built_settings import built_settings, overruled
from difykit.images.build.definitions import check_definitions
from difykit.images.build.upstream import check_layered, find_recipe, lacks_official, official_of
from difykit.images.definition import (
    NO_RECIPE,
    Additions,
    ImageFolder,
    OwnFile,
    Recipe,
    StrategyChoice,
    Template,
    Wishes,
)
from difykit.release.compose import repository
from difykit.workspace import state
from difykit.workspace.manifest import ImageManifest
from difykit.workspace.workspace import Workspace

_API = layout.API_DOCKERFILE
_WEB = layout.WEB_DOCKERFILE


@dataclass(frozen=True)
class ImagePlan:
    """One custom image: the strategy, its name, and all that it is made from."""

    name: str
    folder: Path
    replaces: str  # "" for one of our own
    official: str  # what it stands on as name:tag, "" for one of our own
    digest: str  # of the official image, "" where none is locked
    repository: str
    tag: str
    inputs: str
    choice: StrategyChoice
    recipe: Recipe
    template: Template
    additions: Additions
    args: Mapping[str, str]
    memory: int
    own: ImageFolder | None = None
    settings: tuple[str, ...] = ()
    """The arguments that the Dockerfile does not hand to its build: settings that are read by what it builds."""
    added: tuple[str, ...] = ()  # what comes on top of it beside the source's files, as reasons say it

    @property
    def reference(self) -> str:
        return f"{self.repository}:{self.tag}"

    @property
    def strategy(self) -> str:
        return self.choice.strategy

    @property
    def stands_on_official(self) -> bool:
        """Whether the official image is needed to make it."""
        return self.strategy in {"official", "layer"}

    @property
    def is_api(self) -> bool:
        """Whether overlays' `api.python` is for it."""
        return self.recipe.path == _API

    @property
    def stacked(self) -> bool:
        """Whether there is something to put on an image that was built from source."""
        return self.template.adds or bool(self.additions)

    def describe(self) -> dict[str, Any]:
        """The plan as JSON has it."""
        choice = self.choice
        lands: dict[str, list[str]] = {}
        for landing in choice.landings:
            lands.setdefault(landing.path, []).append(landing.dest)
        return {
            "name": self.name,
            "replaces": self.replaces,
            "strategy": choice.strategy,
            "reason": choice.reason,
            "reference": self.reference,
            "official": self.official,
            "digest": self.digest,
            "dockerfile": self.recipe.path,
            "context": (self.recipe.context or ".") if self.recipe else "",
            "changed": [{**asdict(change), "lands": lands.get(change.path, [])} for change in choice.changed],
            "lands": {landing.dest: landing.path for landing in choice.landings},
            "removed": list(choice.removed),
            "apt": list(self.additions.apt),
            "python": list(self.additions.python),
            "build_args": dict(self.args),
            "files": [own_file.path for own_file in self.own.files] if self.own else [],
        }


@dataclass(frozen=True)
class BuildPlan:
    """The custom images of one source."""

    release: str
    source: str
    images: tuple[ImagePlan, ...]
    idle: tuple[str, ...]
    """Definitions that replace no image and that no enabled overlay names."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The settings of the workspace that decide what is in them."""

    def describe(self) -> dict[str, Any]:
        """The plan as JSON has it."""
        images = [image_plan.describe() for image_plan in self.images]
        return {"release": self.release, "source": self.source, "images": images, "idle": list(self.idle)}

    @property
    def notes(self) -> list[str]:
        """What is not made, and what would make it."""
        why = "is not built: it replaces no image, and no enabled overlay has it in its `images`"
        notes = [note for plan in self.images for note in overruled(plan.name, plan.args, plan.settings, self.settings)]
        return [*(f"images/{name} {why}" for name in self.idle), *notes]


def plan_build(
    workspace: Workspace, source: state.Source, store: Store, digests: Mapping[str, str] | None = None
) -> BuildPlan:
    """The images of `source`; asks git and the workspace's files, never the engine.

    `digests` are those of official images, by name:tag, as difykit.lock has them.
    Raises ConfigError for wrong image definitions, DifyKitError when the source has no way to make one of them.
    """
    changed = store.changed(source.base, source.commit)
    return plan_tree(workspace, source, store.tree(source.commit), changed, digests)


def plan_tree(
    workspace: Workspace,
    source: state.Source,
    tree: Tree,
    changed: list[tuple[str, str]],
    digests: Mapping[str, str] | None = None,
) -> BuildPlan:
    """As `plan_build`, of a source that need not be a commit: its files, and what differs from the release."""
    definitions = workspace.images
    check_definitions(definitions)
    ground = _Ground(workspace, source, tree, changed, digests or {}, built_settings(workspace, source, tree))
    images = tuple(
        _replacing(ground, name, folder, manifest) if manifest.replaces else _own(ground, name, folder, manifest)
        for name, (folder, manifest) in sorted(definitions.items())
    )
    _check_python(workspace, images)
    return BuildPlan(source.release, source.commit, images, workspace.idle_images, ground.settings)


@dataclass(frozen=True)
class _Ground:
    """What all images are planned from."""

    workspace: Workspace
    source: state.Source
    tree: Tree
    changed: list[tuple[str, str]]
    digests: Mapping[str, str]
    settings: Mapping[str, str]

    @property
    def prefix(self) -> str:
        return self.workspace.settings.images.prefix


def _replacing(ground: _Ground, name: str, folder: Path, manifest: ImageManifest) -> ImagePlan:
    source, entries = ground.source, ground.tree.entries
    must = "dockerfile" in manifest.model_fields_set
    template = definition.read_template(folder, name, manifest.dockerfile, must=must)
    recipe = find_recipe(ground.tree, manifest.replaces, manifest.build_args)
    if recipe:
        official = definition.official_image(manifest.replaces, source.release)
    else:
        check_layered(name, manifest)
        official = official_of(ground.tree, name, manifest.replaces)
    additions = Additions(manifest.apt, _python(ground.workspace, recipe, manifest))
    adds = (*additions.listed(), *([f"own lines in images/{name}/{manifest.dockerfile}"] if template.adds else []))
    changed = definition.inputs_changed(recipe, ground.changed, entries)
    settings = {} if recipe.path != _WEB else {k: v for k, v in ground.settings.items() if k not in manifest.build_args}
    args = {**manifest.build_args, **settings}
    lacks = lacks_official(ground.tree, source, ground.changed) if recipe else ""
    wishes = Wishes(manifest.strategy, adds, tuple(manifest.build_args), lacks, tuple(settings))
    choice = definition.choose(name, recipe, changed, entries, wishes)
    digest = ground.digests.get(official, "") if choice.strategy != "source" else ""
    inputs = definition.inputs_id(
        _inputs(source, choice, official, template)
        | _present(digest=digest, args=args, apt=additions.apt, python=additions.python)
        | _present(beside=_as_inputs(template.extra_files), fonts=_fonts(ground, choice, recipe))
    )
    return ImagePlan(
        name=name,
        folder=folder,
        replaces=repository(manifest.replaces),
        official=official,
        digest=digest,
        repository=definition.custom_name(ground.prefix, manifest.replaces),
        tag=definition.tag_of(source.release, inputs),
        inputs=inputs,
        choice=choice,
        recipe=recipe,
        template=template,
        additions=additions,
        args=args,
        memory=definition.in_bytes(manifest.memory),
        settings=tuple(settings),
        added=(*adds, *([f"build_args {', '.join(manifest.build_args)}"] if manifest.build_args else [])),
    )


def _fonts(ground: _Ground, choice: StrategyChoice, recipe: Recipe) -> str:
    """Whose fonts are in the image, where they are not Google's; by a mirror it is the same ones."""
    none = ground.workspace.settings.mirrors.fonts == "none"
    return "none" if none and choice.strategy == "source" and definition.builds_next(recipe.text, {}) else ""


def _own(ground: _Ground, name: str, folder: Path, manifest: ImageManifest) -> ImagePlan:
    own = definition.read_own(folder, name, manifest.dockerfile)
    label = f"images/{name}"
    if unknown := [arg for arg in manifest.build_args if arg not in own.arguments]:
        text = f"build_args: {label}/{own.dockerfile} has no ARG {', '.join(unknown)}, so it would have no effect"
        raise ConfigError([Problem(f"{label}/image.yaml", 0, text)])
    inputs = definition.inputs_id(
        {"strategy": "own", "dockerfile": own.dockerfile, "files": _as_inputs(own.files)}
        | _present(args=manifest.build_args)
    )
    reason = f"built from {label}/{own.dockerfile}"
    return ImagePlan(
        name=name,
        folder=folder,
        replaces="",
        official="",
        digest="",
        repository=definition.own_name(ground.prefix, name),
        tag=definition.tag_of(ground.source.release, inputs),
        inputs=inputs,
        choice=StrategyChoice("own", reason, (), (), ()),
        recipe=NO_RECIPE,
        template=Template(),
        additions=Additions(),
        args=manifest.build_args,
        memory=definition.in_bytes(manifest.memory),
        own=own,
    )


def _python(workspace: Workspace, recipe: Recipe, manifest: ImageManifest) -> tuple[str, ...]:
    """The image's own distributions, then those that overlays give to the api; each once."""
    requirements = [*manifest.python]
    if recipe.path == _API:
        requirements += [requirement for overlay in workspace.overlays for requirement in overlay.manifest.api.python]
    return tuple(dict.fromkeys(requirements))


def _check_python(workspace: Workspace, images: tuple[ImagePlan, ...]) -> None:
    if any(image_plan.is_api for image_plan in images):
        return
    text = f"api.python: no image of images/ is made by {_API} and could have it"
    if problems := [Problem(overlay.label, 0, text) for overlay in workspace.overlays if overlay.manifest.api.python]:
        raise ConfigError(problems)


def _inputs(source: state.Source, choice: StrategyChoice, official: str, template: Template) -> dict[str, Any]:
    """What decides the image's content. The release and what differs from it stand for every file of a source.

    What a build may use (memory) is not in it: it decides whether a build succeeds, and nothing in the image.
    """
    inputs: dict[str, Any] = {"strategy": choice.strategy, "official": official}
    if choice.strategy != "official":
        inputs["base"] = source.base
        inputs["template"] = template.text
        inputs["changed"] = [(change.status, change.path, change.mode, change.oid) for change in choice.changed]
    return inputs


def _as_inputs(own_files: tuple[OwnFile, ...]) -> list[tuple[str, str, str]]:
    return [(own_file.path, own_file.mode, own_file.digest) for own_file in own_files]


def _present(**inputs: Any) -> dict[str, Any]:
    """What is empty is no input: an image that uses no new key keeps its tag."""
    return {key: value for key, value in inputs.items() if value}
