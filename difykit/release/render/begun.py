"""Data of an earlier start: the secrets that it was begun with, where they are, and what is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from difykit.core.errors import DifyKitError
from difykit.dify import default_secrets, layout
from difykit.git import text_of
from difykit.release.render.inputs import RenderInputs
from difykit.release.render.layers import Layers, derived, lay
from difykit.release.secrets import LiveSecrets, SecretLayers, lost_settings, recover
from difykit.workspace import dotenv

_Keys = tuple[str, ...]


def begun_with(inputs: RenderInputs, layers: Layers, public: Collection[str]) -> tuple[_Keys, _Keys]:
    """Of the secrets that would be made: those that stay what Dify ships, and those that nobody has any more.

    What no data was written with, and no deployment says, is made anew.
    """
    lasting = [default for default in layers.table if default.key in public and not default.fleeting]
    if inputs.live is not None:
        live = inputs.live
        return tuple(default.key for default in lasting if _deployed(default, live, layers.shipped)), ()
    if _says_public(layers):
        return tuple(default.key for default in lasting), ()
    unshipped = tuple(default.key for default in lasting if not layers.shipped.get(default.key))
    begun = tuple(default.key for default in lasting if default.key not in unshipped)
    if not default_secrets.IN_DATA & {*begun}:
        return unshipped, ()
    return (), (*begun, *(key for key, secret in layers.secrets.items() if secret.raw is None))


def _says_public(layers: Layers) -> bool:
    """Whether somebody set what Dify ships for data that keeps its password: an official deployment's `.env`."""
    return any(
        dotenv.decode(layers.own[key]) == layers.shipped.get(key) != ""
        for key in default_secrets.IN_DATA & layers.own.keys()
    )


def _deployed(default: default_secrets.Default, live: LiveSecrets, shipped: Mapping[str, str]) -> bool:
    """Whether the live release runs with what the release ships: nothing, where Dify makes it itself."""
    if not shipped.get(default.key):
        return True
    return any(live.value(key) for key in default.names)


def recovered(inputs: RenderInputs, upstream: Mapping[str, object]) -> tuple[RenderInputs, dict[str, str]]:
    """The inputs with the secrets of the live release that nothing sets any more in `.env`; and those, raw."""
    if not inputs.used or inputs.live is None:
        return inputs, {}
    layers = lay(inputs, upstream)
    lacking = [key for key, secret in layers.secrets.items() if secret.raw is None]
    secrets = SecretLayers(layers.own, layers.shipped, layers.table, lacking, partial(derived, layers))
    taken = recover(inputs.live, secrets)
    return replace(inputs, user_env=dotenv.with_taken(inputs.user_env, taken)) if taken else inputs, taken


def check_begun(missing: Collection[str], data: Path) -> None:
    """Raises DifyKitError where other secrets than the data folder was begun with would be deployed."""
    if missing:
        raise DifyKitError(
            f"the data folder {data} has been used, and the secrets that it was used with are neither in .env nor in a"
            f" live release folder below it: {', '.join(missing)}; nothing was deployed",
            hint="bring .env from where this data was used; data that was begun with what Dify ships for everyone: set"
            " those, as docker/.env.example of that release has them, with: difykit env.set KEY=- < FILE",
        )


def lost_warnings(inputs: RenderInputs, taken: Collection[str]) -> Iterator[str]:
    """Settings that went with `.env`: they are not secret, and nobody knows whether they are still meant."""
    if not taken or inputs.live is None:
        return
    own: set[str] = {*inputs.settings_env, *(key for part in inputs.overlays for key in part.env)}
    own |= {line.key for line in dotenv.assignments(inputs.user_env)}
    example = text_of(inputs.docker.get(layout.EXAMPLE))
    if names := lost_settings(inputs.live, own, example, inputs.source.release):
        yield f"the live release also has settings that nothing here sets any more: {', '.join(names)}"
