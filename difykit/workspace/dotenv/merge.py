"""One env file out of layers, each value with where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from difykit.workspace.dotenv.dotenv import assignments, quote, set_raw


@dataclass(frozen=True)
class EnvLayer:
    """Values as they stand in an env file, and what messages call their origin."""

    origin: str
    raw: Mapping[str, str]

    @classmethod
    def of_values(cls, origin: str, values: Mapping[str, str]) -> EnvLayer:
        """A layer of plain values: `$` in them is a dollar sign."""
        return cls(origin, {key: quote(value) for key, value in values.items()})

    @classmethod
    def of_text(cls, origin: str, text: str) -> EnvLayer:
        """A layer of an env file's values, unread: what they interpolate stays."""
        return cls(origin, {assignment.key: assignment.raw for assignment in assignments(text)})


@dataclass(frozen=True)
class MergedEnv:
    """An env file, and the origin of each of its values."""

    text: str
    origins: Mapping[str, str]


def merge(base: str, layers: Sequence[EnvLayer], *, origin: str = "upstream") -> MergedEnv:
    """The env file `base`, with its comments and order, and the layers' values in place; a later layer wins."""
    raw: dict[str, str] = {}
    origins = {assignment.key: origin for assignment in assignments(base)}
    for layer in layers:
        raw |= layer.raw
        origins |= dict.fromkeys(layer.raw, layer.origin)
    return MergedEnv(set_raw(base, raw), origins)
