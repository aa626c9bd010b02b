"""Two deployments compared; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from difykit.dify import lists
from difykit.porting.plan.facts import EnvChanges, ReleaseDeployment, ReleaseFacts, ServiceChanges, ServiceFacts
from difykit.release.compose import repository

# Defaults that half of all keys have tell nothing about a renaming.
_ALIKE = 0.5


def compare(
    pin: ReleaseDeployment,
    release: ReleaseDeployment,
    yours: Collection[str] = (),
    own_lists: Mapping[str, str] | None = None,
) -> ReleaseFacts:
    """What `release` brings that `pin` does not have; `yours` are the keys that the workspace sets.

    `own_lists` are its values that take the place of a list of Dify's.
    """
    return ReleaseFacts(
        env=replace(compare_env(pin.env, release.env, yours), lists=lacking(own_lists or {}, release.lists)),
        services=compare_services(pin.services, release.services),
        migrations=tuple(sorted(release.migrations - pin.migrations)),
        migrations_removed=tuple(sorted(pin.migrations - release.migrations)),
        compose_needs=release.compose_needs,
        compose_why=release.compose_why,
        problems=release.problems,
    )


def compare_env(old: Mapping[str, str], new: Mapping[str, str], yours: Collection[str] = ()) -> EnvChanges:
    """What became of the keys of the example settings."""
    added, removed = new.keys() - old.keys(), old.keys() - new.keys()
    renamed = _renamed_keys({key: old[key] for key in removed}, {key: new[key] for key in added})
    return EnvChanges(
        added=tuple(sorted(added - set(renamed.values()))),
        removed=tuple(sorted(removed - renamed.keys())),
        renamed=renamed,
        defaults={key: (old[key], new[key]) for key in sorted(old.keys() & new.keys()) if old[key] != new[key]},
        yours=tuple(sorted(removed & set(yours))),
    )


def lacking(own: Mapping[str, str], release: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The words of a release's lists that the values which take their place lack; by key, where there are some."""
    words = {
        key: tuple(word for word in lists.items(release[key]) if "$" not in word and word not in lists.items(value))
        for key, value in sorted(own.items())
        if key in release
    }
    return {key: missing for key, missing in words.items() if missing}


def _renamed_keys(gone: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Pairs with the same default whose names share most words, where each is the other's only best."""
    score = {
        (old, key): _alike(old, key)
        for old, value in gone.items()
        for key, other in new.items()
        if value == other and _alike(old, key) >= _ALIKE
    }
    best: dict[str, str] = {}
    for (old, key), points in sorted(score.items()):
        rivals = [other for pair, other in score.items() if pair != (old, key) and (pair[0] == old or pair[1] == key)]
        if all(other < points for other in rivals):
            best[old] = key
    return best


def _alike(old: str, new: str) -> float:
    """The share of words that two names have in common, at their end as after a change of prefix, or at their start."""
    a, b = old.split("_"), new.split("_")
    return max(_common(a, b), _common(a[::-1], b[::-1])) / max(len(a), len(b))


def _common(a: list[str], b: list[str]) -> int:
    same = 0
    for first, second in zip(a, b, strict=False):
        if first != second:
            break
        same += 1
    return same


def compare_services(old: Mapping[str, ServiceFacts], new: Mapping[str, ServiceFacts]) -> ServiceChanges:
    """What became of the services. One is renamed when the only service of its image is another now."""
    added, removed = [name for name in new if name not in old], [name for name in old if name not in new]
    renamed: dict[str, str] = {}
    for name in removed:
        image = repository(old[name].image)
        additions = [other for other in added if image and repository(new[other].image) == image]
        before = [other for other in removed if repository(old[other].image) == image]
        if len(additions) == 1 and len(before) == 1:
            renamed[name] = additions[0]
    pairs = {name: name for name in new if name in old} | {new_name: name for name, new_name in renamed.items()}
    return ServiceChanges(
        added=tuple(name for name in added if name not in renamed.values()),
        removed=tuple(name for name in removed if name not in renamed),
        renamed=renamed,
        images={
            name: (old[was].image, new[name].image) for name, was in pairs.items() if old[was].image != new[name].image
        },
        ports={
            name: (old[was].ports, new[name].ports) for name, was in pairs.items() if old[was].ports != new[name].ports
        },
    )
