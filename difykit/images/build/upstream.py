"""What the source says of an image: its own Dockerfile, or the tag that its Compose file runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from difykit.core import yaml
from difykit.core.errors import DifyKitError
from difykit.dify import layout
from difykit.dify.containers import dockerfile_of
from difykit.dify.services import lacks_images
from difykit.git import Tree
from difykit.images import definition
from difykit.images.definition import NO_RECIPE, Recipe
from difykit.release.compose import repository
from difykit.workspace.manifest import ImageManifest
from difykit.workspace.state import Source

COMPOSE = layout.COMPOSE_FILE


def find_recipe(tree: Tree, replaces: str, args: Mapping[str, str]) -> Recipe:
    """How the source makes an image, with these build arguments; NO_RECIPE when it does not."""
    path = dockerfile_of(replaces)
    if path not in tree.entries:
        return NO_RECIPE

    def read(path: str) -> bytes | None:
        blob = tree.read(path)
        return blob[1] if blob else None

    return definition.read_recipe(path, read, tree.entries, args)


def lacks_official(tree: Tree, source: Source, changed: Iterable[tuple[str, str]]) -> str:
    """Why Dify's own images do not exist for the pin, "" where they do; the release's own Compose file says it."""
    if any(path == COMPOSE for _, path in changed):
        tree = tree.store.tree(source.base)
    blob = tree.read(COMPOSE)
    return lacks_images(source.release, blob[1].decode("utf-8", "replace") if blob else "")


def official_of(tree: Tree, name: str, replaces: str) -> str:
    """The image that the services of the source run, as name:tag, for an image that it does not make itself.

    Raises DifyKitError when none runs it, or several tags of it are run, or it is named in another way.
    """
    blob = tree.read(COMPOSE)
    run = _images(blob[1].decode("utf-8", "replace")) if blob else ()
    references = sorted({reference for reference in run if repository(reference) == repository(replaces)})
    label = f"images/{name}/image.yaml replaces {replaces}"
    if not references:
        raise DifyKitError(
            f"{label}, but the source has no {dockerfile_of(replaces)} that makes it, and no service of {COMPOSE}"
            " runs it",
            hint=f"set replaces to an image that this release runs: grep image: .difykit/source/{COMPOSE}",
        )
    if len(references) > 1 or any(set(reference) & set("@$") for reference in references):
        why = "more than one tag of it" if len(references) > 1 else "it under a name that is not name:tag"
        raise DifyKitError(
            f"{label}, but {COMPOSE} of the source runs {why}: {', '.join(references)}",
            hint="difykit replaces an image that has one tag; make it one by a patch, or leave the image out",
        )
    tagged = references[0].rpartition("/")[2]
    return references[0] if ":" in tagged else f"{references[0]}:latest"


@lru_cache(maxsize=1)  # a tenth of a second, which several images share
def _images(text: str) -> tuple[str, ...]:
    """The images that the services of a Compose file run. Raises ConfigError for what is not YAML."""
    value = yaml.load(COMPOSE, text).value
    services = value.get("services") if isinstance(value, dict) else {}
    listed = services.values() if isinstance(services, dict) else ()
    return tuple(str(service["image"]) for service in listed if isinstance(service, dict) and "image" in service)


def check_layered(name: str, manifest: ImageManifest) -> None:
    """Raises DifyKitError when an image that the source does not make is to be made by the source's Dockerfile."""
    label, path = f"images/{name}/image.yaml", dockerfile_of(manifest.replaces)
    if manifest.strategy == "source":
        raise DifyKitError(
            f"{label} wants strategy source, but the source has no {path} that makes {manifest.replaces}",
            hint=f"set strategy: auto in {label}: template, apt and python go on the official image",
        )
    if manifest.build_args:
        raise DifyKitError(
            f"{label}: build_args: the source has no {path} that makes {manifest.replaces}, so they would have no"
            " effect",
            hint=f"take build_args out of {label}; ARG and RUN may stand in images/{name}/{manifest.dockerfile}",
        )
