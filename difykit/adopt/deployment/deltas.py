"""A deployment's settings less those that are the release's own: what the workspace has to keep. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from difykit.core import files
from difykit.dify import default_secrets, layout
from difykit.release import compose
from difykit.workspace import dotenv

# difykit sets them itself: the project, the files, and where the data is.
_OURS = re.compile(r"COMPOSE_(?!PROFILES).*|DIFY_DATA")


@dataclass
class Deltas:
    """Settings to keep, each in its file."""

    secrets: dict[str, str] = field(default_factory=dict)
    """For `.env`, raw."""
    plain: dict[str, str] = field(default_factory=dict)
    """For difykit.yaml, where they are reviewed."""
    same: int = 0
    """How many were the release's own."""
    dropped: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Those that nothing of the release's files names; they are kept."""
    from_envs: tuple[str, ...] = ()
    """Those that stood in a file of envs/, and now reach every service that reads `.env`."""


def deltas_of(text: str, envs: Mapping[str, str], docker: Mapping[str, bytes], upstream: Mapping[str, Any]) -> Deltas:
    """What of the deployment's env files is not what the release ships."""
    example = _raw(_text(docker, layout.EXAMPLE))
    examples = {path: _raw(_text(docker, f"{path}.example")) for path in envs}
    everything = {**example, **{key: raw for values in examples.values() for key, raw in values.items()}}
    known_keys = {*everything, *compose.interpolated(upstream), *_named(docker)}
    assigned = _raw(text)
    deltas = Deltas(dropped=tuple(sorted(key for key in assigned if _OURS.fullmatch(key))))
    carried = {key: raw for key, raw in assigned.items() if not _OURS.fullmatch(key)}
    additions = {
        key: raw for path, values in envs.items() for key, raw in _raw(values).items() if examples[path].get(key) != raw
    }
    deltas.from_envs = tuple(sorted(key for key in additions if key not in carried))
    carried = {**{key: raw for key, raw in additions.items() if key not in carried}, **carried}
    for key, raw in {**_missing(assigned, example, upstream), **carried}.items():
        if key in example and _same(raw, example[key]):
            deltas.same += 1
        elif dotenv.is_secret(key, raw) or dotenv.decode(raw) is None:
            deltas.secrets[key] = raw
        else:
            deltas.plain[key] = dotenv.decode(raw) or ""
    # A later release may ship others, or none: the data was begun with these.
    for key, raw in _public(assigned, example, upstream).items():
        deltas.secrets.setdefault(key, raw)
        deltas.plain.pop(key, None)
    deltas.unknown = tuple(sorted(key for key in (*deltas.secrets, *deltas.plain) if key not in known_keys))
    return deltas


def _public(assigned: Mapping[str, str], example: Mapping[str, str], upstream: Mapping[str, Any]) -> dict[str, str]:
    """Dify's public default secrets in use, also where nobody wrote them down."""
    shipped = dict(example) | dict(assigned)
    active = _active(shipped, upstream)
    used = [secret for secret in default_secrets.DEFAULTS if not secret.services or active & set(secret.services)]
    keys = [key for secret in used for key in (secret.key, *secret.pairs, *secret.urls)]
    return {key: shipped[key] for key in keys if dotenv.decode(shipped.get(key, "")) or key in assigned}


def _active(raw: Mapping[str, str], upstream: Mapping[str, Any]) -> frozenset[str]:
    """The services that run by COMPOSE_PROFILES, which may name what stands above it."""
    return compose.active(upstream["services"], compose.profiles(dotenv.settled(raw)))


def _missing(assigned: Mapping[str, str], example: Mapping[str, str], upstream: Mapping[str, Any]) -> dict[str, str]:
    """What Compose's own default gives to keys that the deployment does not set and the release's example does.

    An `.env` that is older than the Compose file lacks them, and the two need not agree.
    """
    defaults, named = compose.defaults(upstream), compose.interpolated(upstream["services"])
    return {
        key: dotenv.quote(defaults.get(key, "")) or "''"
        for key, raw in example.items()
        if key in named and key not in assigned and dotenv.decode(raw) not in {None, defaults.get(key, "")}
    }


def _same(raw: str, default: str) -> bool:
    return raw == default or (dotenv.decode(raw) is not None and dotenv.decode(raw) == dotenv.decode(default))


def _raw(text: str) -> dict[str, str]:
    return {line.key: line.raw for line in dotenv.assignments(text)}


def _text(docker: Mapping[str, bytes], name: str) -> str:
    return files.as_text(docker.get(name, b""))


def _named(docker: Mapping[str, bytes]) -> Collection[str]:
    """Every key that stands, set or commented, in any of the release's examples."""
    texts = [_text(docker, name) for name in docker if name.endswith(layout.EXAMPLE)]
    return {key for text in texts for key in re.findall(r"^#?\s*([A-Z][A-Z0-9_]+)=", text, re.MULTILINE)}
