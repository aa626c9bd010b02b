"""What a release folder is made from, read once; all that follows is pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.version import Version

from difykit.core import files, yaml
from difykit.core.errors import ConfigError, Problem
from difykit.dify import layout
from difykit.dify.entrypoints import SCRIPTS
from difykit.git import Blob, Store, Tree, text_of
from difykit.release import compose, history
from difykit.release.compose import OverlayFile
from difykit.release.render.key_readers import key_readers
from difykit.release.render.lists import list_defaults
from difykit.release.secrets import LiveSecrets, config_words, read_live
from difykit.source import migrations, overlay
from difykit.workspace import dotenv, state
from difykit.workspace.manifest import OverlayManifest, read_text, read_user_env
from difykit.workspace.workspace import Overlay, Workspace, presets

File = tuple[int, bytes]
"""A file's permissions and its content."""

DOCKER = f"{layout.DOCKER}/"
# What makes a service of an overlay one of its own; without any it changes one of Dify's.
_WHOLE = {"image", "build", "extends"}


@dataclass(frozen=True)
class OverlayPart:
    """An enabled overlay's part in the release folder."""

    name: str
    manifest: OverlayManifest
    """Its manifest as it is for the release: without conditions."""
    compose: Mapping[str, str]
    """Its Compose files: path in the overlay → text."""
    files: Mapping[str, File] = field(default_factory=dict)
    """The files that those use, by their path in the overlay."""
    text: str = ""
    """Its overlay.yaml."""
    shipped: bool = False
    """Whether difykit ships an overlay of this name, so that its docs have a page for it."""

    @property
    def env(self) -> dict[str, str]:
        """Its settings, raw; a template is a double-quoted value that names the others."""
        return {key: dotenv.raw_entry(entry) for key, entry in self.manifest.env.items()}

    @property
    def removed(self) -> dict[str, str]:
        """The services that it leaves out, each with the one that takes its place, or ""."""
        return {removal.names[0]: removal.instead or "" for removal in self.manifest.compose.removals}

    @property
    def added(self) -> frozenset[str]:
        """The services that its Compose files bring whole. Raises ConfigError for a file that cannot be read."""
        return frozenset(
            name for file in self.compose_files for name, body in file.services.items() if _WHOLE & body.keys()
        )

    @property
    def compose_files(self) -> tuple[OverlayFile, ...]:
        """Its Compose files, read. Raises ConfigError for one that cannot be read."""
        return tuple(
            compose.read_overlay_file(f"overlays/{self.name}/{path}", text) for path, text in self.compose.items()
        )

    def line(self, path: yaml.Path) -> int:
        """The line of a key of its overlay.yaml."""
        return yaml.load("overlay.yaml", self.text).line(path) if self.text else 0


@dataclass(frozen=True)
class RenderInputs:
    """Everything that decides what the release folder holds."""

    source: state.Source
    images: tuple[state.Image, ...]
    docker: Mapping[str, Blob]
    """The source's files below `docker/`, without `docker/`."""
    added: frozenset[str]
    """Those of them that upstream does not have."""
    own_ping: bool
    overlays: tuple[OverlayPart, ...]
    settings_env: Mapping[str, str]
    user_env: str
    project: str
    data: Path
    """The folder that `DIFY_DATA` names."""
    used: bool
    """Whether that folder holds the data of an earlier start."""
    migrations: tuple[str, ...] = ()
    """The heads of Dify's Alembic chain in the source."""
    overlay_migrations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For each overlay with tables of its own the heads of its chain."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Images that are run from a registry: the name that the stack has for one → where it is."""
    proxy: compose.ServiceProxy = compose.NO_PROXY
    """The way out for the services that go out."""
    leaving: tuple[str, ...] = ()
    """Services that the live release has and overlays leave out."""
    readers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The services that are known to read what the workspace sets, as far as not every service gets it."""
    scripts: Mapping[str, str] = field(default_factory=dict)
    """The scripts that start Dify's own images, by image."""
    lists: Mapping[str, str] = field(default_factory=dict)
    """The settings that stand for a list of Dify's own, each with that list, raw."""
    empty: frozenset[str] = frozenset()
    """Places of the data folder that hold nothing, of those that services of the release mount."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with files that could not be read; `plan_render` tells it with everything else."""
    configs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """For each word that can be a secret's name the config classes of api that it stands in."""
    live: LiveSecrets | None = None
    """What the live release folder sets; None where the data folder has none."""

    @property
    def migrates(self) -> bool:
        """Whether an overlay has tables of its own, so that the database is migrated before api starts."""
        return any(part.manifest.api.migrations for part in self.overlays)


def read_inputs(workspace: Workspace, source: state.Source, images: state.BuiltImages, store: Store) -> RenderInputs:
    """Read what `plan_render` needs.

    Raises DifyKitError for a data folder whose path Compose cannot mount.
    """
    tree, base = store.tree(source.commit), store.tree(source.base)
    paths = tree.under("docker")
    blobs = {path.removeprefix(DOCKER): blob for path in paths if (blob := tree.read(path))}
    user = workspace.env_file
    data = workspace.data / "volumes"
    release = overlay.release_version(source.release, store, source.base) or Version("0")
    parts, problems = _parts(workspace.overlays, tree, release)
    elsewhere = state.read_elsewhere(workspace.root)
    user_env = read_user_env(user)
    keys = {key for part in parts for key in part.env} | {*workspace.settings.env, *dotenv.plain(user_env)}
    leaving = _leaving(workspace, parts)
    return RenderInputs(
        source=source,
        images=_located(images, elsewhere),
        elsewhere=elsewhere,
        docker=blobs,
        added=frozenset(path.removeprefix(DOCKER) for path in paths if path not in base.entries),
        own_ping=layout.CELERY_PING in tree.entries,
        overlays=parts,
        settings_env=workspace.settings.env,
        user_env=user_env,
        project=workspace.settings.deploy.project,
        data=compose.mountable(data),
        used=workspace.used,
        migrations=migrations.read_chain(tree, migrations.DIFY).heads,
        overlay_migrations={
            own.overlay.name: migrations.read_chain(tree, own.path).heads
            for own in migrations.own_migrations(workspace.overlays)
        },
        proxy=compose.ServiceProxy.of(workspace.settings.proxy),
        leaving=leaving,
        readers=key_readers(tree, keys),
        scripts={image: text_of(tree.read(path)) for image, path in SCRIPTS.items()},
        lists=list_defaults(tree),
        empty=_empty(workspace, blobs.get(layout.in_docker(layout.COMPOSE_FILE))) if leaving else frozenset(),
        problems=problems,
        configs=_configs(tree),
        live=_live(workspace),
    )


def _configs(tree: Tree) -> dict[str, frozenset[str]]:
    paths = [path for path in tree.under(layout.CONFIGS) if path.endswith(".py")]
    tree.prefetch(paths)
    return config_words((path, tree.text(path)) for path in paths)


def _live(workspace: Workspace) -> LiveSecrets | None:
    folder = history.current(workspace.data) if workspace.used else None
    return read_live(folder) if folder else None


def _located(images: state.BuiltImages, elsewhere: Mapping[str, str]) -> tuple[state.Image, ...]:
    """The custom images, each by its digest where a registry has it."""

    def located(image: state.Image) -> state.Image:
        reference = elsewhere.get(image.reference.partition("@")[0])
        return image.model_copy(update={"reference": reference}) if reference else image

    return tuple(map(located, images.images))


def _leaving(workspace: Workspace, parts: tuple[OverlayPart, ...]) -> tuple[str, ...]:
    """The services that go; all of them where the live file cannot be read, since nobody knows then."""
    removed = tuple(name for part in parts for name in part.removed)
    current_file = workspace.data / "releases" / "current" / "dify.yaml"
    if not removed or not files.present(current_file):
        return ()
    try:
        value = yaml.load(str(current_file), read_text(current_file, str(current_file))).value
    except ConfigError:
        return removed
    services = value.get("services") if isinstance(value, dict) else None
    return tuple(name for name in removed if name in services) if isinstance(services, dict) else removed


def _empty(workspace: Workspace, file: Blob | None) -> frozenset[str]:
    """The places in which no service has left anything."""
    value = yaml.load(layout.COMPOSE_FILE, text_of(file)).value if file else None
    services = value.get("services") if isinstance(value, dict) else None
    bodies = services.values() if isinstance(services, dict) else ()
    places = {place for body in bodies if isinstance(body, dict) for place in compose.data_of(body)}
    return frozenset(place for place in places if not workspace.has_data(place))


def _parts(
    overlays: tuple[Overlay, ...], tree: Tree, release: Version
) -> tuple[tuple[OverlayPart, ...], tuple[Problem, ...]]:
    problems: list[Problem] = []
    parts: list[OverlayPart] = []
    named = any(removal.one_of for enabled in overlays for removal in enabled.manifest.compose.removals)
    services = _services(tree) if named else None
    for enabled in overlays:
        resolved = overlay.resolve(enabled.manifest, services, tree, release)
        yaml_text = read_text(enabled.folder / "overlay.yaml", enabled.label)
        shipped = (presets() / "overlays" / enabled.name).is_dir()
        part = OverlayPart(enabled.name, resolved.manifest, {}, {}, yaml_text, shipped)
        problems += [Problem(enabled.label, part.line(path), text) for path, text in resolved.faults]
        texts, companions, wrong = _files_of(enabled, part)
        problems += wrong
        parts.append(replace(part, compose=texts, files=companions))
    return tuple(parts), tuple(problems)


def _services(tree: Tree) -> frozenset[str] | None:
    """The services of the release; None where its Compose file has none, which `plan_render` tells."""
    blob = tree.read(layout.COMPOSE_FILE)
    value = yaml.load(layout.COMPOSE_FILE, text_of(blob)).value if blob else None
    services = value.get("services") if isinstance(value, dict) else None
    return frozenset(map(str, services)) if isinstance(services, dict) else None


def _files_of(enabled: Overlay, part: OverlayPart) -> tuple[dict[str, str], dict[str, File], list[Problem]]:
    texts: dict[str, str] = {}
    companions: dict[str, File] = {}
    problems: list[Problem] = []
    places = {entry.file: index for index, entry in enumerate(enabled.manifest.compose.joined)}
    for name in (entry.file for entry in part.manifest.compose.joined):
        if not files.present(enabled.folder / name):
            line = part.line(("compose", "files", places[name]))
            problems.append(Problem(enabled.label, line, f"compose.files: there is no {name} beside it"))
            continue
        try:
            text = read_text(enabled.folder / name, f"overlays/{enabled.name}/{name}")
            companions |= _companions(enabled, name, text)
            texts[name] = text
        except ConfigError as error:
            problems += error.problems
    return texts, companions, problems


def _companions(enabled: Overlay, name: str, text: str) -> dict[str, File]:
    """The files that a Compose file of an overlay uses, as far as they are in the overlay."""
    contents: dict[str, File] = {}
    problems: list[Problem] = []
    file = compose.read_overlay_file(f"overlays/{enabled.name}/{name}", text)
    for local in compose.local_paths(file, str):
        path_beside = compose.resolved_path(name, local.path) if local.offset >= 0 else None
        for path, file_path in _files(enabled.folder, path_beside) if path_beside else ():
            if file_path.is_symlink() or not file_path.resolve().is_relative_to(enabled.folder.resolve()):
                problems.append(Problem(file.label, local.line, f"{path} is a link; a release folder holds files only"))
            else:
                contents[path] = files.with_mode(file_path)
    if problems:
        raise ConfigError(problems)
    return contents


def _files(folder: Path, inside: str) -> list[tuple[str, Path]]:
    base = folder / inside
    if base.is_dir() and not base.is_symlink():
        head = "" if inside == "." else f"{inside}/"
        return [(head + path, file_path) for path, file_path in files.tree_files(base)]
    return [(inside, base)] if base.is_symlink() or base.is_file() else []
