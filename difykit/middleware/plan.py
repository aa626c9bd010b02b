"""What the folders of middleware's hosts will hold, from what was read: pure, the same bytes for the same inputs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from difykit.core.errors import ConfigError, DifyKitError, Problem
from difykit.dify import default_secrets, keys
from difykit.middleware.hosts import bound
from difykit.middleware.inputs import COMPOSE, File, MiddlewareInputs
from difykit.release import compose
from difykit.workspace import dotenv

MARK = "difykit.json"
"""The file that says what difykit wrote into a host's folder; what else is there is somebody's."""


@dataclass(frozen=True)
class HostFolder:
    """The folder of one host."""

    number: int
    address: str
    files: Mapping[str, File]


@dataclass(frozen=True)
class NodesPlan:
    """What `middleware.render` will write. While `generate` names secrets, the folders are a preview without them."""

    nodes: tuple[HostFolder, ...]
    generate: Mapping[str, int]
    """Secrets to make and keep in the workspace's `.env`: key → length."""
    project: str
    data: str
    """Where the hosts keep the data, but for the number of each."""
    images: Mapping[str, str]
    local: tuple[str, ...]
    """Those of the images that no registry has: they have to be loaded on the hosts."""
    ports: tuple[int, ...]
    overlay: str
    """The overlay to enable in Dify's workspace, or ""."""
    settings: Mapping[str, str]
    """What to set there."""


def plan_nodes(inputs: MiddlewareInputs) -> NodesPlan:
    """The folders for these inputs.

    Raises ConfigError for what Compose would refuse or leave empty in the overlay's folder, DifyKitError where a
    password would have to be made that the data of this workspace does not know.
    """
    generate = _to_generate(inputs)
    values = {key: value for key, value in _values(inputs).items() if key in _env_keys(inputs) and value}
    nodes = tuple(_node(inputs, number, values) for number in range(1, len(inputs.hosts) + 1))
    host_env = _host_env(inputs, 1, values) | dict.fromkeys(generate, "made")
    if problems := list(_problems(inputs, host_env)):
        raise ConfigError(problems)
    used = inputs.middleware.used
    return NodesPlan(
        nodes=nodes,
        generate=generate,
        project=inputs.project,
        data=f"{inputs.data}/{inputs.project}",
        images=inputs.images,
        local=tuple(image for image in inputs.images.values() if "@sha256:" not in image),
        ports=inputs.middleware.ports,
        overlay=used.overlay if used else "",
        settings={key: compose.interpolate(text, host_env) for key, text in used.env.items()} if used else {},
    )


def _env_keys(inputs: MiddlewareInputs) -> tuple[str, ...]:
    return (*inputs.middleware.env, *inputs.overlay.manifest.secrets)


def _values(inputs: MiddlewareInputs) -> dict[str, str]:
    """What the workspace sets: the user's `.env` wins over `difykit.yaml`."""
    return {**inputs.settings_env, **dotenv.values(inputs.user_env)}


def _to_generate(inputs: MiddlewareInputs) -> dict[str, int]:
    values = _values(inputs)
    shared = {default.key: default for default in default_secrets.table(values.get(keys.DB_TYPE, ""))}
    secrets = inputs.overlay.manifest.secrets
    lacking = [key for key in dict.fromkeys(_env_keys(inputs)) if not values.get(key)]
    public = [key for key in lacking if key in shared and not shared[key].services]
    if inputs.used and public:
        raise DifyKitError(
            f"this workspace's data has been used, and .env does not have {', '.join(public)}: one that is made"
            " now would lock Dify out of its present data, and Dify's public default is none for a server that other"
            " hosts reach",
            hint="difykit render takes it from the live release, where that has one of its own; else change it where it"
            f" is stored, then: difykit env.set {public[0]}=- < FILE",
        )
    generated = {key: secrets[key].generate for key in lacking if key in secrets}
    return generated | {key: shared[key].length for key in lacking if key in shared}


def _host_env(inputs: MiddlewareInputs, number: int, values: Mapping[str, str]) -> dict[str, str]:
    own = {path: content for path, (_, content) in inputs.files.items() if path != COMPOSE}
    return {
        "COMPOSE_PROJECT_NAME": inputs.project,
        "NODE": str(number),
        "ADDRESS": inputs.hosts[number - 1],
        "BIND": bound(inputs.hosts[number - 1]),
        **{f"NODE_{position}": host for position, host in enumerate(inputs.hosts, 1)},
        "DIFYKIT_DATA": inputs.data,
        compose.DATA: f"{inputs.data}/{inputs.project}/node-{number}",
        "FILES": compose.digest(own),
        **{f"IMAGE_{name.upper().replace('-', '_')}": reference for name, reference in inputs.images.items()},
        **{key: values[key] for key in dict.fromkeys(_env_keys(inputs)) if key in values},
    }


def _node(inputs: MiddlewareInputs, number: int, values: Mapping[str, str]) -> HostFolder:
    head = f"# Node {number} of {inputs.overlay.name}, written by difykit middleware.render. It holds secrets.\n"
    text = head + dotenv.set_values("", _host_env(inputs, number, values)).rstrip("\n") + "\n"
    # With passwords in it, a folder that was rendered into a repository stays out of it.
    files = {**inputs.files, ".env": (0o600, text.encode()), ".gitignore": (0o644, b"*\n")}
    mark = {"overlay": inputs.overlay.name, "node": number, "files": sorted([*files, MARK])}
    files[MARK] = 0o644, (json.dumps(mark, indent=1) + "\n").encode()
    return HostFolder(number, inputs.hosts[number - 1], dict(sorted(files.items())))


def _problems(inputs: MiddlewareInputs, host_env: Mapping[str, str]) -> Iterator[Problem]:
    """Variables in the host's Compose file that nobody sets."""
    label = f"overlays/{inputs.overlay.name}/{inputs.middleware.folder}/{COMPOSE}"
    file = compose.read_overlay_file(label, inputs.files[COMPOSE][1].decode("utf-8", "replace"))
    for text in compose.strings(file.value):
        for name in dict.fromkeys([*compose.refused(text, host_env), *compose.unset(text, host_env)]):
            if name in inputs.middleware.env:
                yield Problem(label, text.line, f"{name} is not set; difykit env.set {name}=VALUE")
            else:
                why = f"nobody sets {name}: name it in middleware.env of {inputs.overlay.label}, or give it a default"
                yield Problem(label, text.line, why)
