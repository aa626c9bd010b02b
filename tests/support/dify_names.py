"""The names that Dify's releases use: services, settings, images and files, as their own files say them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import yaml

RELEASES = ("1.6.0", "1.9.2", "1.12.1", "1.15.0", "1.16.1")
NAMES = Path(__file__).parents[1] / "fixtures" / "dify" / "names.json"
_COMPOSE = re.compile(r"docker/docker-compose(?:\.\w+)?\.yaml")
_ENV = re.compile(r"docker/.*\.env(?:\.example)?")
Names = dict[str, list[str]]


def recorded() -> Names:
    """The names of the fixture, by kind."""
    names: Names = json.loads(NAMES.read_text("utf-8"))
    return names


def _git(repository: str, *args: str) -> str:
    done = subprocess.run(["git", "-C", repository, *args], check=True, capture_output=True)
    return done.stdout.decode("utf-8", "surrogateescape")


def names_of(repository: str, releases: Iterable[str] = RELEASES) -> Names:
    """The names of these releases, by kind, sorted; of files those below `docker`."""
    kinds: dict[str, set[str]] = {"services": set(), "keys": set(), "images": set(), "paths": set()}
    for release in releases:
        for path in _git(repository, "ls-tree", "-r", "--name-only", "-z", release).split("\0"):
            if _COMPOSE.fullmatch(path):
                text = _git(repository, "show", f"{release}:{path}")
                _of_compose(text, kinds, main=path.endswith("/docker-compose.yaml"))
            if _ENV.fullmatch(path):
                text = _git(repository, "show", f"{release}:{path}")
                kinds["keys"].update(re.findall(r"(?m)^#?\s?([A-Z][A-Z0-9_]+)=", text))
            kinds["paths"].update({path.removeprefix("docker/")} if path.startswith("docker/") else ())
    return {kind: sorted(names) for kind, names in kinds.items()}


def _of_compose(text: str, kinds: dict[str, set[str]], *, main: bool) -> None:
    kinds["keys"].update(re.findall(r"\$\{([A-Z][A-Z0-9_]+)", text))
    for name, body in yaml.safe_load(text)["services"].items():
        kinds["services"].update({name} if main else ())
        image = re.sub(r"\$\{[^}]*\}", "", str(body.get("image", ""))).partition(":")[0]
        kinds["images"].update({image} if image else ())
        environment = body.get("environment") or {}
        names = environment if isinstance(environment, dict) else [entry.partition("=")[0] for entry in environment]
        kinds["keys"].update(name for name in names if re.fullmatch(r"[A-Z][A-Z0-9_]*", name))
