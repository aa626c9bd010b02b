"""The miniature Dify as an upstream: a git repository of its releases, and its official images."""

from __future__ import annotations

import hashlib
from pathlib import Path

from difykit import docker
from difykit.core import files
from difykit.core.files import tree_files
from difykit.core.progress import Progress
from difykit.dify import layout, services
from difykit.git import make_repository
from difykit.images import definition

_MADE_FROM = "io.difykit.miniature"
_FOLDER = Path(__file__).resolve().parent / "dify"

RELEASES = tuple(sorted(path.name for path in _FOLDER.iterdir() if path.is_dir()))
NEWEST = RELEASES[-1]


def make_upstream(path: Path) -> dict[str, str]:
    """Make a bare repository with all releases of the miniature at `path`; tag → commit id."""
    return make_repository(path, [(release, _FOLDER / release) for release in RELEASES])


def _digest(folder: Path) -> str:
    """Of what the images are made from."""
    digest = hashlib.sha256()
    for path, file_path in tree_files(folder):
        if not path.startswith((f"{layout.API}/", f"{layout.WEB}/")):
            continue
        digest.update(f"{path}\0".encode() + files.read_bytes(file_path, limit=files.TREE) + b"\0")
    return digest.hexdigest()[:16]


def official_images(release: str, scratch: Path, progress: Progress) -> None:
    """Build what a registry would have for the real Dify: the miniature's official api and web images.

    Raises CommandFailed when the engine cannot build them.
    """
    folder = _FOLDER / release
    names = {path for path, _ in tree_files(folder)}
    made_from = _digest(folder)  # another difykit may have left images of another miniature

    def read(path: str) -> bytes | None:
        return files.read_bytes(folder / path, limit=files.TREE) if path in names else None

    targets: list[definition.BakeTarget] = []
    for part, official in ((layout.API, services.API_IMAGE), (layout.WEB, services.WEB_IMAGE)):
        tag = f"{official}:{release}"
        present = docker.inspect(tag)
        if present and present.labels.get(_MADE_FROM) == made_from:
            progress.skip(f"official image {tag}: it is there")
            continue
        recipe = definition.read_recipe(f"{part}/Dockerfile", read, names)
        context = folder / recipe.context
        dockerfile = str((folder / recipe.path).relative_to(context))
        targets.append(definition.BakeTarget(part, str(context), dockerfile, tag, labels={_MADE_FROM: made_from}))
    if not targets:
        return
    file = scratch / "official.json"
    file.write_text(definition.bake_json(targets))
    with progress.step(f"build the miniature's official images, which stand for Dify's {release}"):
        docker.bake(file, [target.name for target in targets], progress.line, cwd=folder, log=scratch / "official.log")
    progress.ok(f"official images of the miniature Dify {release}")
