"""Whether lock files still fit what they lock; pure."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from difykit.adopt.model import Entries, ForkFinding
from difykit.core import yaml
from difykit.core.errors import ConfigError, in_line

_PNPM_END = re.compile(r"^packages:", re.MULTILINE)
_MANIFESTS = {"pnpm-lock.yaml": "package.json", "uv.lock": "pyproject.toml"}
_SHOWN = 5


def lock_files(base: Entries, fork: Entries, read: Callable[[str], bytes]) -> Iterator[ForkFinding]:
    """Lock files that the fork took away, or that do not say what their manifest says; `read` gives a file."""
    for path in sorted({*base, *fork}):
        folder, _, name = path.rpartition("/")
        manifest_path = f"{folder}/{_MANIFESTS.get(name, '')}".lstrip("/")
        if name not in _MANIFESTS or manifest_path not in fork:
            continue
        if path not in fork:
            yield ForkFinding("lock file", path, f"the fork took it away: what {manifest_path} installs is not fixed")
        elif fork[path] != base.get(path) or fork[manifest_path] != base.get(manifest_path):
            check = _pnpm if name == "pnpm-lock.yaml" else _uv
            try:
                wrong = check(read(path).decode("utf-8"), read(manifest_path).decode("utf-8"))
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError, ConfigError) as error:
                yield ForkFinding(
                    "lock file", path, f"cannot be read beside {manifest_path}: {str(error).splitlines()[0][:120]}"
                )
                continue
            if wrong:
                yield ForkFinding("lock file", path, f"does not fit {manifest_path}: {in_line(wrong, _SHOWN)}")


def _pnpm(lock: str, manifest: str) -> list[str]:
    """The dependencies of `package.json` that the lock has not, or has otherwise."""
    end = _PNPM_END.search(lock)
    head = yaml.load("pnpm-lock.yaml", lock[: end.start()] if end else lock).value
    root = head["importers"]["."]
    package = json.loads(manifest)
    requested: dict[str, str] = {}
    for key in ("dependencies", "devDependencies", "optionalDependencies"):
        requested |= package.get(key) or {}
    overrides = {**(package.get("pnpm") or {}).get("overrides", {}), **(head.get("overrides") or {})}
    locked: dict[str, Any] = {}
    for key in ("dependencies", "devDependencies", "optionalDependencies"):
        locked |= {name: (specifier or {}).get("specifier") for name, specifier in (root.get(key) or {}).items()}
    wrong = [name for name, specifier in requested.items() if locked.get(name) != specifier and name not in overrides]
    return sorted({*wrong, *(name for name in locked if name not in requested)})


def _uv(lock: str, manifest: str) -> list[str]:
    """The requirements of `pyproject.toml` that the lock has not, or has otherwise."""
    project = tomllib.loads(manifest)["project"]
    name = canonicalize_name(project["name"])
    package = next(entry for entry in tomllib.loads(lock)["package"] if canonicalize_name(entry["name"]) == name)
    locked = {_locked(requirement) for requirement in package.get("metadata", {}).get("requires-dist", ())}
    required = {_required(text) for text in project.get("dependencies", ())}
    return sorted({name for name, _ in required ^ locked})


def _required(text: str) -> tuple[str, str]:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise ValueError(f"{text!r} is no requirement") from error
    return canonicalize_name(requirement.name), "" if requirement.url else str(requirement.specifier)


def _locked(requirement: dict[str, Any]) -> tuple[str, str]:
    spec = str(requirement.get("specifier", ""))
    return canonicalize_name(requirement["name"]), str(Requirement(f"x{spec}").specifier) if spec else ""
