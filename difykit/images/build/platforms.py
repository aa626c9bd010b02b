"""For which platforms an image is made from its Dockerfile: several where images.platforms names them and it can be.

A layer on the official image needs none of this: publish makes it for every platform in the registry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from difykit import docker
from difykit.images import definition
from difykit.images.build.plan import ImagePlan
from difykit.registry import plain_platform
from difykit.workspace.workspace import Workspace

EMULATION = "docker run --privileged --rm tonistiigi/binfmt --install all"


@dataclass(frozen=True)
class Platforms:
    """By an image's name: what it is made for, where that is more than the engine's own; why it is not."""

    requested: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    why_not: Mapping[str, str] = field(default_factory=dict)


def platforms_for(workspace: Workspace, plans: Iterable[ImagePlan]) -> Platforms:
    """What can be made here; asks the engine and buildx where images.platforms names another than the engine's own."""
    stepped = [plan for plan in plans if plan.strategy in {"source", "own"}]
    named = {plain_platform(platform) for platform in workspace.settings.images.platforms}
    if not stepped or not named:
        return Platforms()
    facts = docker.engine_facts()
    foreign_platforms = sorted(named - {plain_platform(facts.platform)})
    if not foreign_platforms:
        return Platforms()
    if facts.store == "classic":
        why = 'the engine\'s image store, the classic one, keeps one platform ("features": {"containerd-snapshotter":'
        why += " true} in its daemon.json makes it another one)"
        return Platforms(why_not={plan.name: why for plan in stepped})
    buildable = docker.builder().platforms
    foreign = [platform for platform in foreign_platforms if platform not in buildable]
    steps = {plan.name: _emulated(plan, foreign_platforms) if foreign else "" for plan in stepped}
    why_not = {
        name: f"`RUN {step[:80]}` is run for each platform, and this machine runs nothing for {', '.join(foreign)}"
        f" ({EMULATION} lets it)"
        for name, step in steps.items()
        if step
    }
    all_platforms = tuple(sorted({*foreign_platforms, plain_platform(facts.platform)}))
    return Platforms({plan.name: all_platforms for plan in stepped if plan.name not in why_not}, why_not)


def _emulated(plan: ImagePlan, foreign_platforms: Iterable[str]) -> str:
    """The first step that must be run on the image's own platform, "" for none."""
    if plan.own:
        return definition.runs_on_target(plan.own.text, plan.args)
    text = definition.on_build_platform(plan.recipe.text, plan.args, foreign_platforms) or plan.recipe.text
    own = [step.arguments for step in plan.template.steps if step.keyword == "RUN"] + [*plan.additions.steps(plan.name)]
    return definition.runs_on_target(text, plan.args) or next(iter(own), "")
