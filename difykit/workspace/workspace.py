"""Where everything of a workspace is, and the reading of its manifests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from difykit.core import files, yaml
from difykit.core.errors import ConfigError, DifyKitError, Problem, shortened
from difykit.dify import layout
from difykit.workspace.manifest import (
    ImageManifest,
    OverlayManifest,
    PathFault,
    Settings,
    check_derived,
    data_folder,
    mount_fault,
    new_folder,
    output_file,
    problem_at,
    read_manifest,
    read_text,
    work_folder,
)

_PACKAGE = Path(__file__).resolve().parents[1]


def presets() -> Path:
    """The folder whose `overlays/` and `images/` difykit ships: inside a wheel, or the repository of a checkout."""
    inside = _PACKAGE / "presets"
    return inside if inside.is_dir() else _PACKAGE.parent


def lend_schemas(derived: Path) -> None:
    """Put the JSON Schemas where the first line of each YAML file of a workspace tells editors to look."""
    inside = _PACKAGE / "presets" / "schema"
    shipped = inside if inside.is_dir() else _PACKAGE.parent / "docs" / "schema"
    for path in sorted(shipped.glob("*.schema.json")):
        files.write(derived / "schema" / path.name, files.read_bytes(path))


def ci_file(name: str) -> Path:
    """The pipeline that difykit ships for a CI system: its own for github, in docs/ci of a checkout for gitlab."""
    inside = _PACKAGE / "presets" / "ci" / f"{name}.yml"
    root = _PACKAGE.parent
    checkout_files = {
        "github": root / ".github" / "workflows" / "publish.yml",
        "gitlab": root / "docs" / "ci" / "gitlab-ci.yml",
    }
    return inside if inside.is_file() else checkout_files[name]


def check_new_folder(folder: Path) -> None:
    """Raises DifyKitError where a new workspace would lie in what another one consists of, or makes anew."""
    try:
        new_folder(folder)
    except PathFault as error:
        raise DifyKitError(f"{folder} {error}; nothing was written", hint="name another folder") from error


@dataclass(frozen=True)
class Overlay:
    """An overlay that the workspace enables: its name, its folder and its manifest."""

    name: str
    folder: Path
    manifest: OverlayManifest

    @property
    def label(self) -> str:
        """How messages call its manifest."""
        return f"overlays/{self.name}/overlay.yaml"

    def problem(self, path: yaml.Path, text: str) -> Problem:
        """A problem of the manifest, with the line of the key or entry at `path`."""
        return problem_at(self.folder / "overlay.yaml", self.label, path, text)


@dataclass(frozen=True)
class Workspace:
    """A folder with a `difykit.yaml`; every other place follows from its root."""

    root: Path
    settings: Settings = field(repr=False)

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """Read the workspace at `root`.

        Raises ConfigError for a wrong `difykit.yaml`, and for a data folder that difykit would delete in or spoil;
        DifyKitError for a `.difykit` that leads to what is not difykit's.
        """
        root = root.resolve()
        workspace = cls(root, read_manifest(Settings, root / "difykit.yaml", "difykit.yaml"))
        _ = workspace.data
        if workspace.source.is_symlink():
            text = f"{workspace.source} exists and is not difykit's work tree"
            raise DifyKitError(text, hint=f"move {workspace.source} away, then sync again")
        try:
            check_derived(root)
        except PathFault as error:
            raise DifyKitError(
                f"{error} ({root})", hint="remove the link; the next command makes what it needs"
            ) from error
        return workspace

    @classmethod
    def find(cls, start: Path) -> Workspace:
        """The workspace that `start` is in, as git finds a repository. Raises DifyKitError when there is none."""
        for folder in (start, *start.resolve().parents):
            if os.path.lexists(folder / "difykit.yaml"):
                return cls.open(folder)
        raise DifyKitError(
            f"{start} is not in a difykit workspace (no difykit.yaml here or above)",
            hint="make one: difykit init my-dify",
        )

    @property
    def patches(self) -> Path:
        return self.root / "patches"

    @property
    def env_file(self) -> Path:
        return self.root / ".env"

    @property
    def lock_file(self) -> Path:
        return self.root / "difykit.lock"

    @property
    def derived(self) -> Path:
        """`.difykit/`: everything that can be deleted and made again."""
        return self.root / ".difykit"

    @property
    def store(self) -> Path:
        return self.derived / "upstream.git"

    @property
    def source(self) -> Path:
        return self.derived / "source"

    @property
    def logs(self) -> Path:
        return self.derived / "logs"

    @property
    def release(self) -> Path:
        """The release folder that `render` writes and `deploy` takes."""
        return self.derived / "release"

    @cached_property
    def data(self) -> Path:
        """The data folder: volumes and the numbered release folders. Raises ConfigError for one that cannot be it."""
        setting = self.settings.deploy.data
        try:
            return data_folder(self.root, setting)
        except PathFault as error:
            line = self._document.line(("deploy", "data"))
            raise ConfigError(
                [Problem("difykit.yaml", line, f"deploy.data: {shortened(setting)!r} {error}")],
                hint="name a folder that is for the data alone, such as data or /srv/dify-data",
            ) from error

    def output(self, option: str, name: str) -> Path:
        """The file that an option of a command names. Raises DifyKitError where writing it would destroy something."""
        try:
            return output_file(self.root, self.data, name)
        except PathFault as error:
            text = f"{option} {shortened(name)!r} {error}; nothing was written"
            raise DifyKitError(text, hint="name another file") from error

    def mount_fault(self, source: str) -> str:
        """Why no service may have its data at an absolute path, or "": difykit deletes what is there."""
        return mount_fault(self.root, self.data, source) if source.startswith("/") else ""

    def work_folder(self, name: str, *, entire: bool = True) -> Path:
        """The folder that `--directory` names. Raises DifyKitError for one that is needed for something else.

        It may hold the workspace where not the `entire` of it is written.
        """
        try:
            return work_folder(self.root, self.data, name, entire=entire)
        except PathFault as error:
            text = f"--directory {shortened(name)!r} {error}; nothing was written"
            raise DifyKitError(text, hint="name another folder") from error

    @property
    def used(self) -> bool:
        """Whether the data folder holds the data of an earlier start."""
        return any(self.has_data(name) for name in layout.DATA)

    def has_data(self, place: str) -> bool:
        """Whether a service has left something at a place of the data folder; what is closed to us is taken for it."""
        return _filled(self.data / "volumes" / place)

    @cached_property
    def overlays(self) -> tuple[Overlay, ...]:
        """The enabled overlays in their order, from the workspace first, then from the presets.

        Raises ConfigError with the problems of all of them.
        """
        return tuple(_read_each(self._overlay, self.settings.overlays))

    def _overlay(self, name: str) -> Overlay:
        for base in (self.root, presets()):
            folder = base / "overlays" / name
            if files.present(folder / "overlay.yaml"):
                return Overlay(
                    name,
                    folder,
                    read_manifest(OverlayManifest, folder / "overlay.yaml", f"overlays/{name}/overlay.yaml"),
                )
        raise ConfigError(
            [
                Problem(
                    "difykit.yaml",
                    self._line_of(name),
                    f"overlays: there is no overlay {name} (no overlays/{name}/overlay.yaml)",
                )
            ]
        )

    def _line_of(self, name: str) -> int:
        return self._document.line(("overlays", self._places[name]))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.settings.overlays)}

    @cached_property
    def _document(self) -> yaml.Document:
        return yaml.load("difykit.yaml", read_text(self.root / "difykit.yaml", "difykit.yaml"))

    @cached_property
    def images(self) -> dict[str, tuple[Path, ImageManifest]]:
        """The custom images to make, by name, with their folders.

        Those are api and web, what the workspace's own `images/` puts in the place of an upstream image, and what an
        enabled overlay names; each from the workspace first, then from the presets.
        Raises ConfigError with the problems of all of them.
        """
        named = {name: overlay.label for overlay in self.overlays for name in overlay.manifest.images}
        own = [path.parent.name for path in (self.root / "images").glob("*/image.yaml")]
        definitions: dict[str, tuple[Path, ImageManifest]] = {}
        problems: list[Problem] = []
        for name in sorted({layout.API, layout.WEB, *own, *named}):  # Dify's own two whoever defines them
            try:
                folder, manifest = self._image(name, named.get(name, ""))
            except ConfigError as error:
                problems += error.problems
            else:
                if manifest.replaces or name in named:
                    definitions[name] = folder, manifest
        if problems:
            raise ConfigError(problems)
        return definitions

    @property
    def idle_images(self) -> tuple[str, ...]:
        """The workspace's own images that are not to be made: they replace none, and no enabled overlay names them."""
        return tuple(
            sorted({path.parent.name for path in (self.root / "images").glob("*/image.yaml")} - set(self.images))
        )

    def _image(self, name: str, label: str) -> tuple[Path, ImageManifest]:
        for base in (self.root, presets()):
            path = base / "images" / name / "image.yaml"
            if files.present(path):
                return path.parent, read_manifest(ImageManifest, path, f"images/{name}/image.yaml")
        text = f"images: there is no image {name} (no images/{name}/image.yaml)"
        raise ConfigError([Problem(label, 0, text)])


def _read_each(read: Callable[[str], Overlay], names: Iterable[str]) -> list[Overlay]:
    overlays: list[Overlay] = []
    problems: list[Problem] = []
    for name in names:
        try:
            overlays.append(read(name))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return overlays


def _filled(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(True for entry in entries if entry.name != ".gitkeep")
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        return True  # a database's own folder, closed to us
