"""The release folder's `.env`, and the env files of overlays' secrets.

From 1.14.1 `.env` reaches seven services, the sandbox among them. An overlay's secret is therefore never in it: each
service that `to` names gets an env file of its own, `secrets/<service>.env`. What Compose files interpolate of them is
in `secrets/compose.env`, which only the `include` in `compose.yaml` reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from difykit.dify import default_secrets, layout
from difykit.git import text_of
from difykit.release import compose
from difykit.release.compose import DATA
from difykit.release.render.begun import begun_with
from difykit.release.render.inputs import RenderInputs
from difykit.release.render.layers import Layers, OverlaySecret, derived, lay
from difykit.release.render.layers import running as running  # noqa: PLC0414 - handed on
from difykit.release.secrets import SecretUse, Verdict, judge
from difykit.workspace import dotenv
from difykit.workspace.manifest import EnvChoice

_ROTATE = (
    "the data folder has been used with Dify's public default secrets, so they stay: {keys}. To rotate one, change it"
    " where it is stored (DB_PASSWORD: ALTER USER in the database), then set it in .env and deploy"
)
_FIXED = "{service} has a password that everyone knows, and no setting changes it: {why}. Keep its ports closed"


@dataclass(frozen=True)
class Environment:
    """The env files of a release folder."""

    text: str
    origins: Mapping[str, str]
    own_keys: tuple[str, ...]
    """The keys that overlays, difykit.yaml and the user's `.env` set."""
    secrets: Mapping[str, OverlaySecret]
    """Overlays' secrets by key."""
    values: Mapping[str, str]
    """What Compose reads in `text`."""
    generate: Mapping[str, int]
    warnings: tuple[str, ...]
    missing: tuple[str, ...] = ()
    """The secrets that the data was begun with, and that neither `.env` nor a live release folder has."""
    stays: tuple[str, ...] = ()
    """The secrets that stay what Dify ships for everyone, since the data was begun with them."""
    uses: tuple[SecretUse, ...] = ()
    """Every secret that the release ships with a value, and what it is here."""
    running: frozenset[str] = frozenset()
    """Dify's services that run."""


def plan_environment(inputs: RenderInputs, upstream: Mapping[str, object]) -> Environment:
    """Merge Dify's env example with everyone's values; a later one wins: overlays, difykit.yaml, the user's `.env`."""
    layers = lay(inputs, upstream)
    public = dotenv.to_generate(layers.shipped, layers.own, layers.active, layers.table)
    stays, missing = begun_with(inputs, layers, public) if inputs.used else ((), ())
    follow = derived(layers, layers.own)
    merged = dotenv.merge(layers.example, [*layers.env, dotenv.EnvLayer("generated", follow)])
    text = _placed(_filled(merged, inputs), inputs)
    values = dotenv.values(text)
    uses = judge(layers.files, layers.active, values, _handled(layers, public, follow))
    begun_public = () if missing else tuple(key for key in stays if layers.shipped.get(key))
    return Environment(
        text=text,
        origins=dict(merged.origins),
        own_keys=tuple(layers.own),
        secrets=layers.secrets,
        values=values,
        generate={}
        if missing
        else {
            **{key: length for key, length in public.items() if key not in stays},
            **{key: secret.length for key, secret in layers.secrets.items() if secret.raw is None},
        },
        warnings=tuple(_warnings(layers, begun_public, uses)),
        missing=missing,
        stays=begun_public,
        uses=uses,
        running=layers.active,
    )


def _handled(layers: Layers, public: Collection[str], follow: Collection[str]) -> set[str]:
    """The keys for which somebody has another value than the release, or is told."""
    made = {key for default in layers.table if default.key in public for key in (*default.names, *default.urls)}
    paired = {key for default in layers.table for key in default.names}
    chosen = {key for key, raw in layers.own.items() if dotenv.has_value(raw) or key in paired}
    in_url = {key for default in layers.table if chosen & {*default.urls} for key in default.names}
    return chosen | made | in_url | {*public, *follow}


def _warnings(layers: Layers, stays: Collection[str], uses: Collection[SecretUse]) -> Iterator[str]:
    yield from layers.notes
    if stays:
        yield _ROTATE.format(keys=", ".join(stays))
    # Where an overlay gives a service a secret of its own, the setting that changes its password is there.
    given = {name for secret in layers.secrets.values() for name in secret.services}
    for name, why in default_secrets.fixed(layers.active - given).items():
        yield _FIXED.format(service=name, why=why)
    for use in uses:
        if use.verdict in {Verdict.UNHEARD, Verdict.OUTSIDE}:
            yield f"{use.secret.key} ({use.secret.where}) {use.words}. {use.hint}"


def _filled(merged: dotenv.MergedEnv, inputs: RenderInputs) -> str:
    """The merged env file with overlays' templates filled in, since Compose reads only what stands above a line."""
    templates = {
        key: entry.template
        for part in inputs.overlays
        for key, entry in part.manifest.env.items()
        if isinstance(entry, EnvChoice) and entry.template and merged.origins[key] == f"overlay {part.name}"
    }
    values = dotenv.values(merged.text)
    return dotenv.set_values(merged.text, {key: dotenv.filled(template, values) for key, template in templates.items()})


def shipped_values(inputs: RenderInputs, upstream: Mapping[str, object]) -> dict[str, str]:
    """The release's own values: defaults in its Compose file, then `envs/**`, then `.env.example`."""
    values = compose.defaults(upstream)
    names = [name for name in sorted(inputs.docker) if name.startswith("envs/")]
    for text in [*(text_of(inputs.docker[name]) for name in names), text_of(inputs.docker.get(layout.EXAMPLE))]:
        for line in dotenv.assignments(text):
            value = dotenv.decode(line.raw)
            if value is not None:
                values[line.key] = value
    return values


def secret_file(secrets: Mapping[str, OverlaySecret], keys: Collection[str]) -> str:
    """An env file of those secrets that have a value."""
    return "".join(f"{key}={secrets[key].raw}\n" for key in sorted(keys) if secrets[key].raw is not None)


def _placed(text: str, inputs: RenderInputs) -> str:
    """The env file with the data folder first, so that values below can name it, and values beside it moved there.

    Up to 1.14.0 `.env.example` sets MYSQL_HOST_VOLUME=./volumes/mysql/data, which would be inside the release folder.
    """
    head = f"# Where the data is; another machine has another place.\n{DATA}={dotenv.quote(str(inputs.data))}\n\n"
    return head + compose.with_data_folder(text)
