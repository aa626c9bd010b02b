"""How Dify locks what its images install: web by pnpm, api by poetry up to 1.2.0 and by uv since.

A build takes the lock, not the manifest: `pnpm install --frozen-lockfile` and `poetry install` stop where the two
differ, and `uv sync --frozen` installs without what the lock lacks.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from difykit.core import yaml
from difykit.core.errors import ConfigError

LOCKS = {"package.json": ("pnpm-lock.yaml",), "pyproject.toml": ("uv.lock", "poetry.lock")}
"""The manifests, each with the locks that may stand beside it or in a folder above."""
COMMANDS = {
    "pnpm-lock.yaml": "corepack pnpm install --lockfile-only",
    "uv.lock": "uv lock",
    "poetry.lock": "poetry lock",
}
"""What writes a lock anew for its manifest, in the lock's own folder."""
CONSEQUENCES = {
    "pnpm-lock.yaml": "the build of web stops there",
    "uv.lock": "the build installs what the lock has, and so not this",
    "poetry.lock": "the build of api stops there",
}

Requirements = Mapping[str, str]
"""What is asked for: a name, in a group if it has one, and the versions."""

_SECTION = re.compile(r"^importers:\n(?P<body>(?:(?:[ \t].*)?\n)*)", re.MULTILINE)
_GROUPS = ("dependencies", "devDependencies", "optionalDependencies")


def asked(path: str, text: str) -> Requirements | None:
    """What a manifest asks for; None for one that cannot be read."""
    try:
        if path.endswith(".json"):
            return _of_package(json.loads(text))
        return _of_project(tomllib.loads(text))
    except (ValueError, RecursionError, AttributeError):
        return None


def locked(lock: str, text: str, manifest: str, manifest_text: str) -> Requirements | None:
    """What a lock says that the manifest asks for; None where it does not say. Paths are those of the tree."""
    try:
        if lock.endswith("pnpm-lock.yaml"):
            folder = manifest.rpartition("/")[0].removeprefix(lock.rpartition("/")[0]).strip("/")
            return _of_importer(text, folder or ".")
        if lock.endswith("uv.lock"):
            name = tomllib.loads(manifest_text)["project"]["name"]
            return _of_locked_project(text, str(name))
    except (ValueError, LookupError, TypeError, RecursionError, ConfigError, AttributeError):
        return None
    return None


def _of_package(package: Mapping[str, Any]) -> Requirements:
    return {str(name): str(text) for group in _GROUPS for name, text in (package.get(group) or {}).items()}


def _of_importer(lock: str, folder: str) -> Requirements | None:
    match = _SECTION.search(lock)
    importers = yaml.load("pnpm-lock.yaml", match[0]).value["importers"] if match else {}
    importer = importers.get(folder)
    if importer is None:
        return None
    return {
        str(name): str(entry["specifier"]) for group in _GROUPS for name, entry in (importer.get(group) or {}).items()
    }


def _of_project(document: Mapping[str, Any]) -> Requirements:
    project = document.get("project") or {}
    requirements = _named("", project.get("dependencies") or ())
    for group, texts in (project.get("optional-dependencies") or {}).items():
        requirements |= _named(str(group), texts)
    for group, texts in (document.get("dependency-groups") or {}).items():
        requirements |= _named(str(group), texts)
    poetry = (document.get("tool") or {}).get("poetry") or {}
    tables = {"": poetry, **(poetry.get("group") or {})}
    for group, table in tables.items():
        for name, version in (table.get("dependencies") or {}).items():
            requirements[_key(group, name)] = json.dumps(version, sort_keys=True) if name != "python" else ""
    return {key: text for key, text in requirements.items() if key != "python"}


def _named(group: str, texts: Any) -> dict[str, str]:
    requirements: dict[str, str] = {}
    for text in texts:
        try:
            requirement = Requirement(text) if isinstance(text, str) else None  # a table includes another group
        except InvalidRequirement:
            continue
        if requirement:
            requirements[_key(group, requirement.name)] = str(requirement.specifier)
    return requirements


def _of_locked_project(lock: str, name: str) -> Requirements | None:
    start = lock.find(f'[[package]]\nname = "{canonicalize_name(name)}"\n')
    if start < 0:
        return None
    end = lock.find("\n[[package]]", start + 1)
    package = tomllib.loads(lock[start : end if end > 0 else len(lock)])["package"][0]
    metadata = package["metadata"]
    groups = {"": metadata.get("requires-dist") or (), **(metadata.get("requires-dev") or {})}
    return {
        _key(group, entry["name"]): _specifier(entry.get("specifier", ""))
        for group, entries in groups.items()
        for entry in entries
    }


def _key(group: str, name: str) -> str:
    return f"{canonicalize_name(name)} ({group})" if group else canonicalize_name(name)


def _specifier(text: str) -> str:
    try:
        return str(SpecifierSet(text))
    except InvalidSpecifier:
        return text
