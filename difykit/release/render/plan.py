"""What a release folder will hold, from what was read: pure, and the same bytes for the same inputs."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from difykit.core import files, yaml
from difykit.core.errors import ConfigError, DifyKitError, Problem
from difykit.dify import default_secrets, gateway, layout, services
from difykit.release import compose
from difykit.release.render import egress
from difykit.release.render.begun import lost_warnings, recovered
from difykit.release.render.compose_files import compose_files
from difykit.release.render.doubts import doubts
from difykit.release.render.environment import Environment, plan_environment
from difykit.release.render.gateway import gateway_faults
from difykit.release.render.images import custom_images, locate
from difykit.release.render.inputs import File, RenderInputs
from difykit.release.render.left_behind import left_behind
from difykit.release.render.manifest import describe
from difykit.release.render.overlays import Joined, plan_overlays
from difykit.release.render.settings_judgement import SettingsJudgement, judge_settings
from difykit.source import migrations
from difykit.workspace import dotenv, state

_COMPOSE = layout.in_docker(layout.COMPOSE_FILE)


@dataclass(frozen=True)
class RenderPlan:
    """What `render` will write. While `generate` names secrets, `files` is a preview that lacks them."""

    files: Mapping[str, File]
    seeds: Mapping[str, str]
    """Files of the folder that must be in the data folder before the first start: path here → path there."""
    generate: Mapping[str, int]
    """Secrets to make and keep in the workspace's `.env`: key → length."""
    origins: Mapping[str, str]
    """Where each value of `.env` comes from."""
    warnings: tuple[str, ...]
    manifest: Mapping[str, Any]
    custom: Mapping[str, state.Image] = field(default_factory=dict)
    """The services that run an image of the workspace's own, each with it."""
    mounts: tuple[tuple[str, str], ...] = ()
    """What services mount from the host by a variable or an overlay: who says so, and what Compose reads."""
    joined: tuple[compose.OverlayFile, ...] = ()
    """Overlays' Compose files."""
    doubts: tuple[Problem, ...] = ()
    """What in them Compose may not take: it decides where it can be asked."""
    composed: bool = True  # whether Compose is to run what the folder says
    take: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Secrets of the live release to keep in the workspace's `.env`, which lacks them: key → raw value."""
    missing: tuple[str, ...] = ()
    """Secrets that the data was begun with and that nothing has any more: such a plan may not be carried out."""
    unmet: tuple[tuple[str, str], ...] = ()
    """What has to be on the machine before services start and is not, each with what mends it."""


Planner = Callable[[RenderInputs], RenderPlan]
"""What a target plans of the release folder; pure."""


def plan_render(inputs: RenderInputs, *, stock: bool = False) -> RenderPlan:
    """The release folder for these inputs; with `stock` Dify's services stay on Dify's own images.

    Raises ConfigError for faults in the workspace's files, DifyKitError when a service of Dify would be left on stock
    or a route of an overlay would not reach its service.
    """
    upstream = _upstream(inputs)
    before, (inputs, taken) = inputs, recovered(inputs, upstream)
    environment = plan_environment(inputs, upstream)
    images = {i.replaces: _replacement(i) for i in inputs.images if i.replaces}
    rewritten = compose.rewrite(upstream, replacements(inputs, environment, images))
    overlays = plan_overlays(inputs, environment, rewritten["services"])
    chosen = compose.choices(overlays.files, partial(compose.interpolate, values=environment.values))
    if inputs.migrates and services.API in chosen:
        chosen[compose.MIGRATE] = chosen[services.API]
    switched, problems = ({}, []) if stock else _switches(inputs, chosen, rewritten["services"], images)
    judgement = SettingsJudgement() if stock else judge_settings(inputs, upstream, environment)
    _check(inputs, overlays, [*problems, *judgement.problems])
    own_images = [choice.image for choice in chosen.values()]
    if not stock and (faults := compose.closure_faults(upstream, rewritten, images, own_images)):
        raise DifyKitError(
            "the custom images do not take their place: " + "; ".join(faults),
            hint="check `replaces` in images/*/image.yaml, then build again",
        )
    locate(inputs, environment, rewritten["services"], chosen, switched)
    carried = {name: _file(name, inputs) for name in _carried(inputs, rewritten, overlays)}
    compose.stamped(rewritten, {name: content for name, (_, content) in carried.items()})
    seeds = compose.seeds(inputs.docker)
    files = {
        **carried,
        **overlays.companions,
        **{f"seeds/{target}": _file(name, inputs) for name, target in seeds.items()},
        **_env_files(inputs, environment),
        **compose_files(inputs, rewritten, environment, overlays, _labelled(switched, overlays)),
    }
    manifest = describe(inputs, files)
    files["manifest.json"] = (0o644, (json.dumps(manifest, indent=1) + "\n").encode())
    return RenderPlan(
        files=dict(sorted(files.items())),
        seeds={f"seeds/{target}": target for target in seeds.values()},
        generate=environment.generate,
        origins=environment.origins,
        warnings=(
            *lost_warnings(before, taken),
            *(*environment.warnings, *overlays.warnings, *judgement.warnings),
            *_warnings(inputs, upstream, environment),
        ),
        manifest=manifest,
        custom=custom_images(inputs, rewritten["services"], chosen, switched),
        unmet=judgement.unmet,
        mounts=tuple(dict.fromkeys(_mounts(rewritten["services"], overlays, environment))),
        joined=overlays.files,
        doubts=doubts(overlays, rewritten, environment),
        composed=not stock,
        take=taken,
        missing=environment.missing,
    )


def _mounts(
    services: Mapping[str, Mapping[str, Any]], overlays: Joined, environment: Environment
) -> Iterator[tuple[str, str]]:
    for source in (source for service in services.values() for source in compose.bind_sources(service)):
        for name in sorted(compose.interpolated([source]) - {compose.DATA}):
            yield name, compose.interpolate(source, values=environment.values)
    for file in overlays.files:
        for source in (source for service in file.services.values() for source in compose.bind_sources(service)):
            yield file.label, compose.interpolate(str(source), values=environment.values)


def _upstream(inputs: RenderInputs) -> dict[str, Any]:
    blob = inputs.docker.get(_COMPOSE)
    if blob is None:
        raise DifyKitError(
            f"the source has no docker/{_COMPOSE}", hint="is upstream.ref in difykit.yaml a Dify release from 1.0.0 on?"
        )
    value = yaml.load(f"docker/{_COMPOSE}", files.as_text(blob[1])).value
    if not isinstance(value, dict) or not isinstance(value.get("services"), dict):
        raise ConfigError([Problem(f"docker/{_COMPOSE}", 1, "has no services")])
    return value


def _check(inputs: RenderInputs, overlays: Joined, images: Collection[Problem]) -> None:
    problems = [*dotenv.faults(".env", inputs.user_env), *inputs.problems, *overlays.problems, *images]
    if problems:
        raise ConfigError(problems)
    routes = [route for part in inputs.overlays for route in part.manifest.gateway.routes]
    template = inputs.docker.get(layout.in_docker(gateway.TEMPLATE), ("", b""))[1].decode("utf-8", "replace")
    if faults := gateway_faults(template, routes):
        raise DifyKitError("; ".join(faults), hint="run `difykit sync`, which wires the routes, then render again")


def _replacement(image: state.Image) -> compose.Replacement:
    return compose.Replacement(image.reference, local="@sha256:" not in image.reference)


def _switches(
    inputs: RenderInputs,
    chosen: Mapping[str, compose.ServiceImage],
    services: Mapping[str, Any],
    images: Mapping[str, compose.Replacement],
) -> tuple[dict[str, dict[str, Any]], list[Problem]]:
    """What the services must say instead of what overlays say of their images, and what is wrong with those."""
    named = {
        name: _replacement(image)
        for image in inputs.images
        for name in (_short_name(image), compose.repository(image.reference))
    }
    return compose.switches(chosen, services, images, named)


def _labelled(switched: Mapping[str, dict[str, Any]], overlays: Joined) -> dict[str, dict[str, Any]]:
    labels = {name: {"labels": {"difykit.overlays": digest}} for name, digest in overlays.labels.items()}
    return {name: {**switched.get(name, {}), **labels.get(name, {})} for name in {*switched, *labels}}


def _short_name(image: state.Image) -> str:
    """What an overlay calls a custom image: its name without the workspace's prefix and the tag."""
    return f"{image.replaces.rpartition('/')[2] or f'dify-{image.name}'}-custom"


def replacements(
    inputs: RenderInputs, environment: Environment, images: Mapping[str, compose.Replacement]
) -> compose.ComposeRewrite:
    """What `plan_render` changes in upstream's Compose file, where these images take the place of Dify's."""
    used = compose.interpolated([text for part in inputs.overlays for text in part.compose.values()])
    secrets = {key: secret.services for key, secret in environment.secrets.items()}
    return compose.ComposeRewrite(
        images=images,
        remove={name: instead for part in inputs.overlays for name, instead in part.removed.items()},
        forward=tuple(key for key in environment.own_keys if key not in used and not key.startswith("COMPOSE_")),
        readers={key: names for key, names in inputs.readers.items() if key in environment.own_keys},
        secrets=secrets,
        tracked=frozenset(inputs.docker),
        own_ping=inputs.own_ping,
        proxy=inputs.proxy,
        added_services={name for part in inputs.overlays for name in part.added},
        migrate=migrations.PROGRAM if inputs.migrates else "",
    )


def _carried(inputs: RenderInputs, rewritten: Mapping[str, Any], overlays: Joined) -> list[str]:
    added = [name for name in inputs.added if not layout.REWRITTEN.match(name)]
    return sorted({*compose.carried(rewritten, inputs.docker), *overlays.tracked, *added})


def _file(name: str, inputs: RenderInputs) -> File:
    mode, content = inputs.docker[name]
    if mode not in {"100644", "100755"}:
        raise DifyKitError(f"docker/{name} is a symlink; a release folder holds files only", hint="make it a file")
    if name == egress.TEMPLATE:
        content = egress.with_parent(content.decode("utf-8", "surrogateescape"), inputs.proxy).encode(
            "utf-8", "surrogateescape"
        )
    return (0o755 if mode == "100755" else 0o644), content


def _env_files(inputs: RenderInputs, environment: Environment) -> dict[str, File]:
    # All of envs/**: without them 501 of the keys that 1.14.0 gave api are gone in 1.14.1 (they are in no other file).
    return {
        ".env": (0o600, environment.text.encode("utf-8", "surrogateescape")),
        **{
            name.removesuffix(".example"): _file(name, inputs)
            for name in inputs.docker
            if layout.ENVS_EXAMPLE.fullmatch(name)
        },
    }


def _warnings(inputs: RenderInputs, upstream: Mapping[str, Any], environment: Environment) -> list[str]:
    warnings = [
        f"{key} does not reach api ({environment.origins[key]}): Dify's Compose file fills it there from {source_key}"
        for key, source_key in compose.overruled(upstream, environment.own_keys).items()
        if not default_secrets.is_default(key)  # the other one follows it
    ]
    warnings += left_behind(inputs, upstream, environment)
    if egress.TEMPLATE in inputs.docker and egress.unused(inputs.proxy):
        warnings.append(
            "proxy: Dify's ssrf_proxy hands on only to a proxy that is spoken to by http://, so what workflows and the"
            " sandbox fetch goes out without it"
        )
    for part in inputs.overlays:
        for name in compose.unknown_services(upstream, part.removed):
            similar = difflib.get_close_matches(name, upstream["services"], n=1)
            warnings.append(
                f"overlay {part.name} removes {name}, which Dify {inputs.source.release} does not have"
                + (f"; did you mean {similar[0]}?" if similar else "")
            )
    return warnings
