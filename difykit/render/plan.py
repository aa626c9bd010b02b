"""What a release folder will hold, from what was read: pure, and the same bytes for the same inputs."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from difykit import compose, env, yamlio
from difykit.errors import ConfigError, DifyKitError, Problem
from difykit.render.environment import Environment, plan_environment
from difykit.render.gateway import TEMPLATE, gateway_faults
from difykit.render.inputs import Inputs

File = tuple[int, bytes]
"""A file's permissions and its content."""

_COMPOSE = "docker-compose.yaml"
_ENV = re.compile(r"envs/.*\.env\.example")
# Parts of docker/ that have a place of their own in the folder, or none: they are not carried for being added.
_PLACED = re.compile(r"volumes/|docker-compose[^/]*\.ya?ml$|(?:.*/)?[^/]*\.env\.example$")


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


def plan_render(inputs: Inputs) -> RenderPlan:
    """The release folder for these inputs.

    Raises ConfigError for faults in the workspace's files, DifyKitError when a service of Dify would be left on stock
    or a route of an overlay would not reach its service.
    """
    upstream = _upstream(inputs)
    _check(inputs, upstream)
    environment = plan_environment(inputs, upstream)
    images = {i.replaces: _replacement(i.reference) for i in inputs.images or () if i.replaces}
    rewritten = compose.rewrite(upstream, _wanted(inputs, environment, images))
    if inputs.images is not None and (faults := compose.closure_faults(upstream, rewritten, images)):
        raise DifyKitError(
            "the custom images do not take their place: " + "; ".join(faults),
            hint="check `replaces` in images/*/image.yaml, then build again",
        )
    carried = {name: _file(name, inputs) for name in _carried(inputs, rewritten)}
    compose.stamped(rewritten, {name: content for name, (_, content) in carried.items()})
    seeds = compose.seeds(inputs.docker)
    files = {
        **carried,
        **{f"seeds/{place}": _file(name, inputs) for name, place in seeds.items()},
        **_env_files(inputs, environment),
        **_compose_files(inputs, rewritten, environment),
    }
    manifest = _manifest(inputs, [*files, "manifest.json"])
    files["manifest.json"] = (0o644, (json.dumps(manifest, indent=1) + "\n").encode())
    return RenderPlan(
        files=dict(sorted(files.items())),
        seeds={f"seeds/{place}": place for place in seeds.values()},
        generate=environment.generate,
        origins=environment.origins,
        warnings=(*environment.warnings, *_warnings(inputs, upstream, environment)),
        manifest=manifest,
    )


def _upstream(inputs: Inputs) -> dict[str, Any]:
    blob = inputs.docker.get(_COMPOSE)
    if blob is None:
        raise DifyKitError(
            f"the source has no docker/{_COMPOSE}", hint="is upstream.ref in difykit.yaml a Dify release from 1.0.0 on?"
        )
    value = yamlio.load(f"docker/{_COMPOSE}", blob[1].decode()).value
    if not isinstance(value, dict) or not isinstance(value.get("services"), dict):
        raise ConfigError([Problem(f"docker/{_COMPOSE}", 1, "has no services")])
    return value


def _check(inputs: Inputs, upstream: Mapping[str, Any]) -> None:
    problems = env.faults(".env", inputs.user_env)
    here = set(upstream["services"]) | {
        name
        for part in inputs.overlays
        for text in part.compose.values()
        for name in re.findall(r"(?m)^ +([\w.-]+):", text)
    }
    for part in inputs.overlays:
        label = f"overlays/{part.name}/overlay.yaml"
        for key, secret in part.manifest.secrets.items():
            unknown = [name for name in secret.to if name not in here or name in part.manifest.compose.remove]
            problems += [Problem(label, 0, f"secrets.{key}.to: there is no service {name}") for name in unknown]
        for name, text in part.compose.items():
            for number, line in enumerate(text.splitlines(), 1):
                if re.search(r"(?<![\w.])\./volumes\b", line.partition("#")[0]):
                    why = "./volumes is inside the release folder, which is made anew; write ${DIFY_DATA:?}/..."
                    problems.append(Problem(f"overlays/{part.name}/{name}", number, why))
    if problems:
        raise ConfigError(problems)
    routes = [route for part in inputs.overlays for route in part.manifest.gateway.routes]
    template = inputs.docker.get(TEMPLATE, ("", b""))[1].decode("utf-8", "replace")
    if faults := gateway_faults(template, routes):
        raise DifyKitError("; ".join(faults), hint="run `difykit sync`, which wires the routes, then render again")


def _replacement(reference: str) -> compose.Replacement:
    return compose.Replacement(reference, local="@sha256:" not in reference)


def _wanted(inputs: Inputs, environment: Environment, images: Mapping[str, compose.Replacement]) -> compose.Wanted:
    used = compose.interpolated([text for part in inputs.overlays for text in part.compose.values()])
    return compose.Wanted(
        images=images,
        remove=tuple(name for part in inputs.overlays for name in part.manifest.compose.remove),
        forward=tuple(key for key in environment.ours if key not in used and not key.startswith("COMPOSE_")),
        tracked=frozenset(inputs.docker),
        own_ping=inputs.own_ping,
    )


def _carried(inputs: Inputs, rewritten: Mapping[str, Any]) -> list[str]:
    added = [name for name in inputs.added if not _PLACED.match(name)]
    return sorted({*compose.carried(rewritten, inputs.docker), *added})


def _file(name: str, inputs: Inputs) -> File:
    mode, content = inputs.docker[name]
    if mode not in {"100644", "100755"}:
        raise DifyKitError(f"docker/{name} is a symlink; a release folder holds files only", hint="make it a file")
    return (0o755 if mode == "100755" else 0o644), content


def _env_files(inputs: Inputs, environment: Environment) -> dict[str, File]:
    # All of envs/**: without them 501 of the keys that 1.14.0 gave api are gone in 1.14.1 (they are in no other file).
    return {
        ".env": (0o600, environment.text.encode("utf-8", "surrogateescape")),
        **{f"secrets/{name}.env": (0o600, text.encode()) for name, text in environment.secret_files.items()},
        **{name.removesuffix(".example"): _file(name, inputs) for name in inputs.docker if _ENV.fullmatch(name)},
    }


def _compose_files(inputs: Inputs, rewritten: Mapping[str, Any], environment: Environment) -> dict[str, File]:
    head = f"# Dify {inputs.source.release}, rewritten by difykit: make it anew instead of changing it.\n"
    texts = {"dify.yaml": head + yamlio.dump(rewritten)}
    for part in inputs.overlays:
        texts |= {f"overlays/{part.name}/{name}": text for name, text in part.compose.items()}
    if environment.secret_files:
        texts["secrets.yaml"] = compose.secret_files({n: f"secrets/{n}.env" for n in environment.secret_files})
    texts["compose.yaml"] = compose.joined(inputs.project, list(texts))
    return {name: (0o644, text.encode()) for name, text in texts.items()}


def _warnings(inputs: Inputs, upstream: Mapping[str, Any], environment: Environment) -> list[str]:
    found = [
        f"{key} has no effect ({environment.origins[key]}): Dify's Compose file fills it from {other}"
        for key, other in compose.overruled(upstream, environment.ours).items()
    ]
    for part in inputs.overlays:
        for name in compose.unknown_services(upstream, part.manifest.compose.remove):
            near = difflib.get_close_matches(name, upstream["services"], n=1)
            found.append(
                f"overlay {part.name} removes {name}, which Dify {inputs.source.release} does not have"
                + (f"; did you mean {near[0]}?" if near else "")
            )
    return found


def _manifest(inputs: Inputs, files: list[str]) -> dict[str, Any]:
    return {
        "version": 1,
        "difykit": _own_version(),
        "release": inputs.source.release,
        "upstream": inputs.source.base,
        "source": inputs.source.commit,
        "overlays": [part.name for part in inputs.overlays],
        "images": [
            {"name": i.name, "replaces": i.replaces, "reference": i.reference, "id": i.image_id}
            for i in inputs.images or ()
        ],
        "files": sorted(files),
    }


def _own_version() -> str:
    try:
        return metadata.version("difykit")
    except metadata.PackageNotFoundError:
        return "unknown"
