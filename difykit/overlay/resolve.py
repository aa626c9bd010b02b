"""An overlay's manifest as it is for one release: what has a `when` is decided, what has several names has one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from packaging.version import Version

from difykit.git import Tree
from difykit.manifest import ComposeChanges, EnvChoice, OverlayManifest, Removal, When
from difykit.overlay.changes import holds
from difykit.yamlio import Path

Fault = tuple[Path, str]
"""The place of a problem in the manifest, and what it is."""


@dataclass(frozen=True)
class Resolved:
    """A manifest without conditions, and what of it the release does not allow.

    `manifest.env` holds plain values and templates without `when`, `manifest.compose` plain file names and removals
    of one service, `manifest.requires.env` plain names.
    """

    manifest: OverlayManifest
    faults: tuple[Fault, ...] = ()


def resolve(manifest: OverlayManifest, services: Collection[str] | None, tree: Tree, release: Version) -> Resolved:
    """The manifest for a release whose Compose file has `services`; None where that is not known.

    A plain name in `compose.remove` stays, whether or not the release has the service; so it always was.
    """

    def now(when: When | None) -> bool:
        return holds(when, tree, release)

    env, wrong = _env(manifest, now)
    removals, more = _removals(manifest, services, now)
    files = tuple(each.file for each in manifest.compose.joined if now(each.when))
    compose = ComposeChanges(remove=removals, files=files)
    needs = tuple(each.key for each in manifest.requires.settings if now(each.when))
    requires = manifest.requires.model_copy(update={"env": needs})
    changes = {"env": env, "compose": compose, "requires": requires}
    return Resolved(manifest.model_copy(update=changes), (*wrong, *more))


def _env(
    manifest: OverlayManifest, now: Callable[[When | None], bool]
) -> tuple[Mapping[str, str | EnvChoice], list[Fault]]:
    found: dict[str, str | EnvChoice] = {}
    faults: list[Fault] = []
    for key, entry in manifest.env.items():
        if isinstance(entry, str):
            found[key] = entry
            continue
        chosen = [each for each in (entry if isinstance(entry, tuple) else (entry,)) if now(each.when)]
        if len(chosen) > 1:
            faults.append((("env", key), f"env.{key}: {len(chosen)} of its values hold for this Dify; one may"))
        elif chosen:
            only = chosen[0]
            found[key] = EnvChoice(template=only.template) if only.value is None else only.value
    return found, faults


def _removals(
    manifest: OverlayManifest, services: Collection[str] | None, now: Callable[[When | None], bool]
) -> tuple[tuple[Removal, ...], list[Fault]]:
    found: list[Removal] = []
    faults: list[Fault] = []
    for index, each in enumerate(manifest.compose.removals):
        if not now(each.when):
            continue
        here = [name for name in each.one_of if services is None or name in services]
        if each.one_of and services is not None and len(here) != 1:
            what = "has none of the services" if not here else "has more than one of the services"
            text = f"compose.remove.{index}: this Dify {what} {', '.join(each.one_of)}"
            faults.append((("compose", "remove", index), text))
        found += [Removal(service=name, instead=each.instead) for name in (here if each.one_of else each.names)]
    return tuple(found), faults
