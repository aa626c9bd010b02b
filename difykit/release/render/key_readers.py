"""Which services read the settings that the workspace sets, from the release's own sources: who gets them is theirs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from difykit.core import yaml
from difykit.dify import layout, services, web_settings
from difykit.dify.entrypoints import SCRIPTS, Entrypoint, read_entrypoint, variables
from difykit.git import Tree, text_of
from difykit.release import compose

_SCRIPT = re.compile(r".*\.(?:sh|template|conf|script)")


def key_readers(tree: Tree, keys: Collection[str]) -> Mapping[str, frozenset[str]]:
    """The services that are known to read each of `keys` by what web is made of or by a file that they mount.

    What api reads is not looked for, but for keys that web reads too: a key that nobody here is known to read is api's.
    """
    value = yaml.load(layout.COMPOSE_FILE, text_of(tree.read(layout.COMPOSE_FILE))).value
    bodies = value.get("services") if isinstance(value, dict) else None
    if not keys or not isinstance(bodies, dict):
        return {}
    readers: dict[str, set[str]] = {}
    for name, body in bodies.items():
        if isinstance(body, dict):
            for key in _mounted(tree, body) & set(keys):
                readers.setdefault(key, set()).add(name)
    images = {
        name: compose.repository(str(body.get("image", "")))
        for name, body in bodies.items()
        if isinstance(body, dict) and not compose.reads_env_file(body)
    }
    by_web = _read_by_web(tree, bodies, keys) if services.WEB_IMAGE in images.values() else set[str]()
    by_api = _named_by_api(tree, by_web) if services.API_IMAGE in images.values() else set[str]()
    for name, image in images.items():
        for key in {services.WEB_IMAGE: by_web, services.API_IMAGE: by_api}.get(image, set[str]()):
            readers.setdefault(key, set()).add(name)
    return {key: frozenset(names) for key, names in readers.items()}


def entrypoint(tree: Tree, image: str) -> Entrypoint:
    """What the script that starts one of Dify's images does."""
    return read_entrypoint(text_of(tree.read(SCRIPTS[image]))) if image in SCRIPTS else Entrypoint()


def _mounted(tree: Tree, body: Mapping[str, Any]) -> set[str]:
    """The variables that the scripts and templates of the release name which a service mounts."""
    names: set[str] = set()
    for mount in body.get("volumes") or ():
        source = str(mount).partition(":")[0]
        if source.startswith("./") and not source.startswith("./volumes/"):
            path = f"{layout.DOCKER}/{source[2:]}".rstrip("/")
            for file in [path] if tree.has_file(path) else tree.under(path):
                if _SCRIPT.fullmatch(file):
                    names |= set(variables(text_of(tree.read(file))))
    return names


def _read_by_web(tree: Tree, bodies: Mapping[str, Any], keys: Collection[str]) -> set[str]:
    """Those of `keys` that web reads. Its code is looked through only for keys that nothing else is known to read."""
    script = entrypoint(tree, services.WEB_IMAGE)
    read = set(script.reads & set(keys))
    unexplained = set(keys) - read - web_settings.FIXED - {key for key in script.filled if script.sources(key)}
    public = {key for key in unexplained if key.startswith(web_settings.PUBLIC)}
    candidates = unexplained - public - compose.interpolated(bodies)
    candidates -= _named(tree, candidates, [*tree.under(layout.CONFIGS), layout.ENTRYPOINT])
    candidates |= public
    if not candidates:
        return read
    paths = [path for path in tree.under(layout.WEB) if web_settings.is_code(path)]
    tree.prefetch(paths)
    reads = web_settings.read_web(candidates, lambda path: text_of(tree.read(path)), paths)
    return {*read, *reads.started, *(reads.built & public)}


def _named_by_api(tree: Tree, keys: Collection[str]) -> set[str]:
    """Those of `keys` that api's own code or script names."""
    return _named(tree, keys, [path for path in tree.under(layout.API) if layout.CODE.fullmatch(path)])


def _named(tree: Tree, keys: Collection[str], paths: Collection[str]) -> set[str]:
    if not keys:
        return set()
    tree.prefetch(paths)
    word = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(keys))) + r")(?!\w)")
    return {key for path in paths for key in word.findall(text_of(tree.read(path)))}
