"""The miniature Dify as an upstream: a git repository of its releases, and its official images."""

from __future__ import annotations

from pathlib import Path

from difykit import engine, image
from difykit.files import tree_files
from difykit.git import make_repository
from difykit.progress import Progress

_FOLDER = Path(__file__).resolve().parent / "dify"

RELEASES = tuple(sorted(path.name for path in _FOLDER.iterdir() if path.is_dir()))
NEWEST = RELEASES[-1]


def make_upstream(path: Path) -> dict[str, str]:
    """Make a bare repository with all releases of the miniature at `path`; tag → commit id."""
    return make_repository(path, [(release, _FOLDER / release) for release in RELEASES])


def official_images(release: str, scratch: Path, progress: Progress) -> None:
    """Build what a registry would have for the real Dify: the miniature's official api and web images.

    Raises CommandFailed when the engine cannot build them.
    """
    folder = _FOLDER / release
    names = {path for path, _ in tree_files(folder)}

    def read(path: str) -> bytes | None:
        return (folder / path).read_bytes() if path in names else None

    targets: list[image.Target] = []
    for part in ("api", "web"):
        tag = f"langgenius/dify-{part}:{release}"
        if engine.inspect(tag):
            progress.skip(f"official image {tag}: it is there")
            continue
        recipe = image.read_recipe(f"{part}/Dockerfile", read, names)
        context = folder / recipe.context
        dockerfile = str((folder / recipe.path).relative_to(context))
        targets.append(image.Target(part, str(context), dockerfile, tag, labels={"io.difykit.miniature": release}))
    if not targets:
        return
    file = scratch / "official.json"
    file.write_text(image.bake_json(targets))
    with progress.step(f"build the miniature's official images, which stand for Dify's {release}"):
        engine.bake(file, [target.name for target in targets], progress.line, cwd=folder, log=scratch / "official.log")
    progress.ok(f"official images of the miniature Dify {release}")
