"""What one overlay brings along, and what of Dify it replaces."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from packaging.version import Version

from difykit.core.files import tree_files
from difykit.git import Tree
from difykit.source.overlay.changes import trees_for
from difykit.source.overlay.check import tree_folder
from difykit.source.overlay.listing import find
from difykit.workspace.manifest import Edit, EnvChoice, OneOf, OverlayManifest, Removal, When
from difykit.workspace.workspace import Overlay, Workspace


@dataclass(frozen=True)
class OverlayFacts:
    """Everything that an overlay does, in words."""

    name: str
    description: str
    enabled: bool
    origin: str
    requires: tuple[str, ...]
    conflicts: tuple[str, ...]
    files: tuple[str, ...]
    replaces: tuple[str, ...] | None
    """The upstream files that its own take the place of; None where the release is not fetched."""
    edits: tuple[str, ...]
    endpoints: tuple[str, ...]
    routes: tuple[str, ...]
    migrations: tuple[str, ...]
    env: dict[str, str]
    secrets: tuple[str, ...]
    compose: tuple[str, ...]
    middleware: tuple[str, ...] = ()

    def describe(self) -> dict[str, object]:
        """The facts as `--json` prints them."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The facts as lines; what there is none of is left out."""
        state = "enabled" if self.enabled else "not enabled"
        lines = [f"{self.name}: {self.description}", f"  {state}, from {self.origin}"]
        parts = ("requires", "conflicts", "files", "replaces", "edits", "endpoints", "routes", "migrations", "secrets")
        for part in (*parts, "compose", "middleware"):
            lines += [f"  {part}: {fact}" for fact in getattr(self, part) or ()]
        lines += [f"  env: {key}={value}" for key, value in self.env.items()]
        if self.files and self.replaces is None:
            lines.append("  replaces: not known before the release is fetched (difykit sync)")
        return lines


def show(workspace: Workspace, name: str, *, version: Version | None = None, tree: Tree | None = None) -> OverlayFacts:
    """What the overlay `name` does; with the release's `tree`, only for that release, and what it replaces there.

    Raises DifyKitError when there is no such overlay, ConfigError where a folder of its files is none.
    """
    entry = find(workspace, name)
    overlay = entry.overlay
    manifest = overlay.manifest
    paths = _paths(overlay, tree, version or Version("0"))
    return OverlayFacts(
        name=name,
        description=manifest.description,
        enabled=bool(entry.position),
        origin=f"the {entry.origin} ({entry.folder})" if entry.origin == "workspace" else f"difykit ({entry.folder})",
        requires=_requires(manifest),
        conflicts=manifest.conflicts,
        files=tuple(paths),
        replaces=tuple(path for path in paths if path in tree.entries) if tree else None,
        edits=tuple(map(_edit, manifest.edits)),
        endpoints=(*manifest.api.blueprints, *(f"{module} (console)" for module in manifest.api.console)),
        routes=tuple(f"{route.path} -> {route.to}" for route in manifest.gateway.routes),
        migrations=_migrations(name, manifest),
        env={key: _value(entry) for key, entry in manifest.env.items()},
        secrets=tuple(f"{key} for {', '.join(secret.to)}" for key, secret in manifest.secrets.items()),
        compose=(
            *map(_removed, manifest.compose.removals),
            *(f"joined with {file.file}{_for(file.when)}" for file in manifest.compose.joined),
        ),
        middleware=_middleware(name, manifest),
    )


def _paths(overlay: Overlay, tree: Tree | None, version: Version) -> list[str]:
    if tree is not None:
        folders = [folder for _, folder in trees_for(overlay, tree, version)]
    else:
        numbers = range(len(overlay.manifest.trees))
        folders = [folder for number in numbers if (folder := tree_folder(overlay, number))]
    return sorted({path for folder in folders for path, _ in tree_files(folder)})


def _migrations(name: str, manifest: OverlayManifest) -> tuple[str, ...]:
    own = manifest.api.migrations
    return (f"api/{own.folder}, at what the table {own.version_table(name)} says",) if own else ()


def _middleware(name: str, manifest: OverlayManifest) -> tuple[str, ...]:
    if manifest.middleware is None:
        return ()
    number = manifest.middleware.nodes
    hosts = "one host" if number == 1 else f"{number} hosts"
    used = manifest.middleware.used
    then = f", then used by {used.overlay}" if used else ""
    return (f"on {hosts} of its own by middleware.render {name}{then}",)


def _requires(manifest: OverlayManifest) -> tuple[str, ...]:
    dify = (f"Dify {manifest.requires.dify}",) if manifest.requires.dify else ()
    overlays = (f"the overlay {name}" for name in manifest.requires.overlays)
    return (
        *dify,
        *overlays,
        *(f"{setting.key}, set by you{_for(setting.when)}" for setting in manifest.requires.settings),
    )


def _value(entry: str | EnvChoice | tuple[EnvChoice, ...]) -> str:
    if isinstance(entry, str):
        return entry
    choices = entry if isinstance(entry, tuple) else (entry,)
    return " | ".join(f"{choice.value or choice.template or ''}{_for(choice.when)}" for choice in choices)


def _removed(removal: Removal) -> str:
    name = removal.service or "the one there is of " + ", ".join(removal.one_of)
    instead = f", {removal.instead} takes its place" if removal.instead else ""
    return f"without {name}{instead}{_for(removal.when)}"


def _for(when: When | None) -> str:
    conditions = (
        f"Dify {when.dify}" if when and when.dify else "",
        f"with {when.exists}" if when and when.exists else "",
    )
    text = ", ".join(filter(None, conditions))
    return f" ({text})" if text else ""


def _edit(edit: Edit | OneOf) -> str:
    if isinstance(edit, OneOf):
        return "one of: " + " | ".join(map(_edit, edit.one_of))
    if edit.i18n:
        return f"{edit.i18n.locale} {edit.i18n.key} (i18n)"
    operation = "replace" if edit.replace else "insert" if edit.insert else "json"
    return f"{edit.file} ({operation})"
