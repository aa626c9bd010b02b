"""The settings of the workspace that web reads while it is built: they are arguments of its build."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from packaging.version import Version

from difykit.core.errors import DifyKitError
from difykit.dify import layout, web_settings
from difykit.git import Store, Tree, text_of
from difykit.source import overlay
from difykit.workspace import dotenv, state
from difykit.workspace.manifest import read_user_env
from difykit.workspace.workspace import Workspace


def built_settings(workspace: Workspace, source: state.Source, tree: Tree) -> Mapping[str, str]:
    """Each setting that web reads while it is built, with its value; those that nobody sets, or sets to "", are none.

    Raises ConfigError for a `.env` that cannot be read.
    """
    layers = _layers(workspace, source, tree)
    keys = {key for layer in layers for key in layer.raw}
    candidates = {key for key in keys if key.startswith(web_settings.PUBLIC)}

    def text(path: str) -> str:
        return text_of(tree.read(path))

    candidates |= keys & web_settings.of_config(text)
    if not candidates:
        return {}
    paths = tree.under(layout.WEB)
    tree.prefetch(filter(web_settings.is_code, paths))
    built = web_settings.read_web(candidates, text, paths).built
    merged = dotenv.merge(text(layout.ENV_EXAMPLE), layers)
    values = dotenv.values(merged.text)
    return {key: values[key] for key in sorted(built) if values.get(key)}


def overruled(name: str, args: Collection[str], taken: Collection[str], settings: Collection[str]) -> list[str]:
    """What is to be said of settings that an image's own build_args set too."""
    keys = [key for key in settings if key in args and key not in taken]
    return [f"images/{name}/image.yaml sets {key} in build_args, which wins over the setting" for key in keys]


def check_built(workspace: Workspace, source: state.Source) -> None:
    """See that the images of the last build are for the settings of now. Raises DifyKitError where they are not."""
    with Store(workspace.store) as store:
        current = built_settings(workspace, source, store.tree(source.commit))
    built = state.read_built_settings(workspace.derived)
    if built == current:
        return
    keys = ", ".join(key for key in sorted({*built, *current}) if built.get(key) != current.get(key))
    raise DifyKitError(
        f"web was built for another value of {keys}, which it reads while it is built",
        hint="make it anew: invoke build",
    )


def _layers(workspace: Workspace, source: state.Source, tree: Tree) -> list[dotenv.EnvLayer]:
    """What the workspace sets for this release, in the order in which `render` lays it."""
    release = overlay.release_version(source.release, tree.store, source.base) or Version("0")
    return [
        *(
            dotenv.EnvLayer(f"overlay {part.name}", {key: dotenv.raw_entry(entry) for key, entry in resolved.items()})
            for part in workspace.overlays
            if (resolved := overlay.resolve(part.manifest, None, tree, release).manifest.env)
        ),
        dotenv.EnvLayer.of_values("difykit.yaml", workspace.settings.env),
        dotenv.EnvLayer.of_text(".env", read_user_env(workspace.env_file)),
    ]
