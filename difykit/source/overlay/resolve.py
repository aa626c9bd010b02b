"""An overlay's manifest as it is for one release: what has a `when` is decided, what has several names has one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from packaging.version import Version

from difykit.core.yaml import Path
from difykit.git import Tree
from difykit.source.overlay.changes import holds
from difykit.workspace.manifest import ComposeChanges, EnvChoice, OverlayManifest, Removal, When

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

    def applies(when: When | None) -> bool:
        return holds(when, tree, release)

    env, wrong = _env(manifest, applies)
    removals, more = _removals(manifest, services, applies)
    files = tuple(file.file for file in manifest.compose.joined if applies(file.when))
    compose = ComposeChanges(remove=removals, files=files)
    needs = tuple(setting.key for setting in manifest.requires.settings if applies(setting.when))
    requires = manifest.requires.model_copy(update={"env": needs})
    changes = {"env": env, "compose": compose, "requires": requires}
    return Resolved(manifest.model_copy(update=changes), (*wrong, *more))


def _env(
    manifest: OverlayManifest, applies: Callable[[When | None], bool]
) -> tuple[Mapping[str, str | EnvChoice], list[Fault]]:
    resolved: dict[str, str | EnvChoice] = {}
    faults: list[Fault] = []
    for key, entry in manifest.env.items():
        if isinstance(entry, str):
            resolved[key] = entry
            continue
        chosen = [choice for choice in (entry if isinstance(entry, tuple) else (entry,)) if applies(choice.when)]
        if len(chosen) > 1:
            faults.append((("env", key), f"env.{key}: {len(chosen)} of its values hold for this Dify; one may"))
        elif chosen:
            only = chosen[0]
            resolved[key] = EnvChoice(template=only.template) if only.value is None else only.value
    return resolved, faults


def _removals(
    manifest: OverlayManifest, services: Collection[str] | None, applies: Callable[[When | None], bool]
) -> tuple[tuple[Removal, ...], list[Fault]]:
    removals: list[Removal] = []
    faults: list[Fault] = []
    for index, removal in enumerate(manifest.compose.removals):
        if not applies(removal.when):
            continue
        present = [name for name in removal.one_of if services is None or name in services]
        if removal.one_of and services is not None and len(present) != 1:
            problem = "has none of the services" if not present else "has more than one of the services"
            text = f"compose.remove.{index}: this Dify {problem} {', '.join(removal.one_of)}"
            faults.append((("compose", "remove", index), text))
        removals += [
            Removal(service=name, instead=removal.instead) for name in (present if removal.one_of else removal.names)
        ]
    return tuple(removals), faults
