"""Limits that contradict each other: one that lets through what another refuses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from difykit.dify import keys, limits, services
from difykit.dify.limits import Relation, measure
from difykit.release import compose


@dataclass(frozen=True)
class Contradiction:
    """Limits that do not fit, and the one to blame, since the workspace sets it."""

    key: str
    text: str
    hint: str
    always: bool = True
    """Whether it meets every request."""


def contradictions(
    values: Mapping[str, str],
    shipped: Mapping[str, str],
    own: Collection[str],
    bodies: Mapping[str, Any],
    active: Collection[str],
) -> Iterator[Contradiction]:
    """What the workspace sets beyond another limit; not what a release ships so itself.

    `shipped` are the release's own values, `own` the keys that the workspace sets, `active` the services that run.
    """
    effective = {key: values.get(key) or shipped.get(key, "") for key in {*values, *shipped}}
    below: dict[Relation, list[str]] = {}
    idle = frozenset[str]() if services.NGINX in active else limits.OF_NGINX
    for relation in limits.relations(effective.keys()):
        blamed = "" if relation.larger in idle else _blamed(relation, effective, shipped, own)
        if blamed == relation.smaller:
            text = f"is more than {relation.larger} allows: {relation.why}"
            hint = f"lower it, or raise {relation.larger} ({_shown(relation.larger, effective)})"
            yield Contradiction(blamed, text, hint, relation.always)
        elif blamed:
            together = replace(relation, smaller="")
            below.setdefault(together, []).append(_shown(relation.smaller, effective))
    for together, smaller in below.items():
        text = f"is less than what {', '.join(smaller)} allows: {together.why}"
        yield Contradiction(together.larger, text, "raise it, or lower those", together.always)
    yield from _pool(effective, shipped, own, bodies, active)


def _blamed(relation: Relation, effective: Mapping[str, str], shipped: Mapping[str, str], own: Collection[str]) -> str:
    """The setting of the workspace that brings the two out of order, "" where they fit or Dify ships them so."""
    pair = (relation.smaller, relation.larger)
    if not _beyond(relation, effective):
        return ""
    changed = [key for key in pair if key in own and effective[key] != shipped.get(key, "")]
    if _beyond(relation, shipped):
        changed = [key for key in changed if key == relation.smaller]
    return changed[0] if changed else ""


def _beyond(relation: Relation, values: Mapping[str, str]) -> bool:
    smaller = measure(relation.smaller, values.get(relation.smaller, ""))
    larger = measure(relation.larger, values.get(relation.larger, ""))
    return smaller is not None and larger is not None and smaller > larger


def _shown(key: str, values: Mapping[str, str]) -> str:
    return f"{key}={values[key]}"


def _pool(
    effective: Mapping[str, str],
    shipped: Mapping[str, str],
    own: Collection[str],
    bodies: Mapping[str, Any],
    active: Collection[str],
) -> Iterator[Contradiction]:
    """More connections of one process than Dify's own database takes; a database elsewhere is not known."""
    for name in sorted(active):
        key = limits.MAX_CONNECTIONS.get(compose.repository(str(bodies.get(name, {}).get("image", ""))), "")
        if effective.get(keys.DB_HOST) != name or key not in effective:
            continue
        numbers = [measure(part, effective.get(part, "")) for part in (limits.POOL_SIZE, limits.MAX_OVERFLOW, key)]
        changed = [part for part in (limits.POOL_SIZE, limits.MAX_OVERFLOW, key) if part in own]
        changed = [part for part in changed if effective[part] != shipped.get(part, "")]
        if None in numbers or not changed:
            continue
        pool, overflow, most = (number or 0 for number in numbers)
        if pool + overflow > most:
            text = (
                f"each process of api may open {pool + overflow:g} connections ({limits.POOL_SIZE} +"
                f" {limits.MAX_OVERFLOW}), and {name} takes {most:g} in all"
            )
            yield Contradiction(changed[0], text, f"lower the pool, or raise {key}")
