"""`env.diff`: what another release changes in the settings, and which of that this workspace sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from difykit.checks.settings.configured import Look, look
from difykit.checks.settings.release import ReleaseSettings, read_release
from difykit.checks.settings.secrets import is_secret
from difykit.checks.settings.shadows import others
from difykit.checks.settings.show import HIDDEN
from difykit.core.files import locked
from difykit.core.progress import Progress
from difykit.git import Store
from difykit.porting import EnvChanges, Wish, compare_env, get_releases, lacking
from difykit.release.render import adds, list_defaults
from difykit.source.overlay import release_version
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class Differences:
    """What `to` changes. The keys are those of the examples, of the Compose file and of api's config classes."""

    pin: str
    to: str
    changes: EnvChanges
    new: Mapping[str, str]
    """The defaults of the added keys."""
    types: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Keys that api reads as another kind of value than before."""
    yours: Mapping[str, str] = field(default_factory=dict)
    """The keys among all these that the workspace sets, and where."""
    shadowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Those of them that it sets elsewhere too, without effect, and where."""
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of the workspace that take the place of a list of Dify's, each with the words of it that they lack."""

    def describe(self) -> dict[str, object]:
        """The differences as `--json` prints them."""
        return {
            "from": self.pin,
            "to": self.to,
            "added": dict(self.new),
            "removed": list(self.changes.removed),
            "renamed": dict(self.changes.renamed),
            "defaults": {key: list(pair) for key, pair in self.changes.defaults.items()},
            "types": {key: list(pair) for key, pair in self.types.items()},
            "yours": dict(self.yours),
            **({"shadowed": {key: list(places) for key, places in self.shadowed.items()}} if self.shadowed else {}),
            "lists": {key: list(words) for key, words in self.lists.items()},
        }


def diff(workspace: Workspace, to: str, progress: Progress) -> Differences:
    """What the release `to` changes against the pin; it is fetched if it is not here.

    Raises whatever `look` raises, and DifyKitError when there is no such release.
    """
    pin = workspace.settings.upstream
    with locked(workspace.derived / "lock", "difykit env.diff"), Store(workspace.store) as store:
        settings = look(workspace, store)
        base = read_release(pin.ref, store.tree(settings.inputs.source.base))
        version = release_version(pin.ref, store, settings.inputs.source.base)
        (release,), _ = get_releases(store, pin.url, Wish((to,)), version, progress)
        return compare(base, read_release(to, store.tree(release.commit)), settings)


def compare(pin: ReleaseSettings, to: ReleaseSettings, settings: Look) -> Differences:
    """Two releases compared; pure."""
    old, new = _defaults(pin), _defaults(to)
    changes = compare_env(old, new, settings.effective.keys())
    types = {
        key: (pin.fields[key].kind.says(), to.fields[key].kind.says())
        for key in sorted(pin.fields.keys() & to.fields.keys())
        if pin.fields[key].kind != to.fields[key].kind
    }
    touched = {*changes.added, *changes.removed, *changes.renamed, *changes.defaults, *types}
    return Differences(
        pin=pin.name,
        to=to.name,
        changes=EnvChanges(
            changes.added,
            changes.removed,
            changes.renamed,
            {key: _pair(key, pair, to) for key, pair in changes.defaults.items()},
            changes.yours,
        ),
        new={key: _fit(key, new[key], to) for key in changes.added},
        types=types,
        lists=lacking(_own_lists(settings), list_defaults(to.tree)),
        yours={key: setting.where for key, setting in sorted(settings.effective.items()) if key in touched},
        shadowed={
            key: places for key in sorted(touched & settings.effective.keys()) if (places := others(key, settings))
        },
    )


def _own_lists(settings: Look) -> dict[str, str]:
    return {
        key: setting.value for key, setting in settings.effective.items() if setting.value and not adds(setting.raw)
    }


def _defaults(release: ReleaseSettings) -> dict[str, str]:
    keys = {*release.fields, *release.shipped, *release.compose_defaults, *release.interpolated}
    return {key: _default(key, release) for key in keys}


def _default(key: str, release: ReleaseSettings) -> str:
    """As api would read it: `True` and `true` are one default."""
    text = release.default(key) or ""
    field_ = release.fields.get(key)
    return text.lower() if field_ and field_.kind.base == "bool" else text


def _pair(key: str, pair: tuple[str, str], release: ReleaseSettings) -> tuple[str, str]:
    if is_secret(key, release) and all(pair):
        return HIDDEN, f"another {HIDDEN}"
    return _fit(key, pair[0], release), _fit(key, pair[1], release)


def _fit(key: str, text: str, release: ReleaseSettings) -> str:
    return HIDDEN if text and is_secret(key, release) else text
