"""Mirrors for the steps of a build: what they get for the time they run, and nothing of it in the image.

A step sees a folder with a prelude that sets what programs read from their environment, and with programs that stand
before apt-get, apk and uv, which read none. What those write is in /dev/shm, which is each step's own and in no layer.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from difykit.core import files
from difykit.images.definition.stages import foreign_images, read_stages
from difykit.workspace import manifest

CONTEXT = "difykit-steps"
"""The build context that has the folder."""
SEEN = "/tmp/difykit-steps"  # noqa: S108 - in the image, for the time of a step
TURBOPACK = f"{SEEN}/turbopack.cjs"
PRELUDE = f". {SEEN}/begin.sh || exit 1"

_BEGIN = """\
# The mirrors of difykit.yaml, for the time of one step.
export DIFYKIT_PATH="$PATH"
mkdir -p /dev/shm/difykit/bin
for difykit_program in {programs}; do
  if command -v "$difykit_program" >/dev/null; then
    ln -sf {seen}/$difykit_program /dev/shm/difykit/bin/
  fi
done
export PATH="/dev/shm/difykit/bin:$PATH"
"""
# Next.js says which fonts its source names; a step that does not build with it has none.
_FONTS = f"""\
if [ -d node_modules/next ] && command -v node >/dev/null; then
  node {SEEN}/fonts.cjs "$DIFYKIT_FONTS" /dev/shm/difykit/fonts.js || return 1
  export NEXT_FONT_GOOGLE_MOCKED_RESPONSES=/dev/shm/difykit/fonts.js
fi
"""
_PROGRAMS = Path(__file__).with_name("insteps")
_DOCKER_HUB = frozenset({"docker.io", "index.docker.io"})


@dataclass(frozen=True)
class BuildMirrors:
    """What builds download from instead of the public places; "" where that is the public place itself."""

    registry: str = ""
    apt: str = ""
    apk: str = ""
    pypi: str = ""
    npm: str = ""
    fonts: str = ""

    @classmethod
    def of(cls, settings: manifest.Mirrors) -> BuildMirrors:
        """What difykit.yaml says."""
        return cls(**settings.model_dump())

    @property
    def in_steps(self) -> bool:
        """Whether steps get anything of it."""
        return bool(self.apt or self.apk or self.pypi or self.npm or self.fonts)

    def folder(self) -> dict[str, tuple[int, str]]:
        """The folder that steps see: name → mode and text."""
        scripts = {"begin.sh": (0o644, self._prelude()), "turbopack.cjs": (0o644, _text("turbopack.cjs"))}
        programs = {"apt-get": self.apt, "apt": self.apt, "apk": self.apk, "uv": self.pypi}
        texts = {"apt": _text("apt-get")}
        scripts |= {name: (0o755, texts.get(name) or _text(name)) for name, url in programs.items() if url}
        if self.pypi:
            scripts["uvlock.py"] = (0o644, _text("uvlock.py"))
        if self.fonts:
            scripts["fonts.cjs"] = (0o644, _text("fonts.cjs"))
        return scripts

    def _prelude(self) -> str:
        programs = [*(["apt-get", "apt"] if self.apt else []), *(["apk"] if self.apk else [])]
        text = _BEGIN.format(programs=" ".join([*programs, *(["uv"] if self.pypi else [])]) or '""', seen=SEEN)
        values = {
            "DIFYKIT_APT": _replacement(self.apt),
            "DIFYKIT_APK": _replacement(self.apk),
            "PIP_INDEX_URL": self.pypi,
            "PIP_TRUSTED_HOST": _plain_host(self.pypi),
            "UV_DEFAULT_INDEX": self.pypi,
            "npm_config_registry": self.npm,
            "COREPACK_NPM_REGISTRY": self.npm.rstrip("/"),
            "DIFYKIT_FONTS": self.fonts,
        }
        text += "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items() if value)
        return text + (_FONTS if self.fonts else "")

    def contexts(self, dockerfile: str, args: Mapping[str, str]) -> dict[str, str]:
        """What the images that a Dockerfile names stand for, as bake has it: name → docker-image://…"""
        if not self.registry:
            return {}
        named = dict.fromkeys(foreign_images(read_stages(dockerfile, args)))
        mirrored = {name: self.mirrored(name) for name in named}
        return {_familiar(name): f"docker-image://{to}" for name, to in mirrored.items() if to != name}

    def mirrored(self, name: str) -> str:
        """Where an image of Docker Hub is in the mirror; one of another registry, or of none, stays."""
        host, slash, remainder = name.partition("/")
        if not self.registry or not name or set(name) & set("$ "):
            return name
        if slash and (set(host) & set(".:") or host == "localhost"):
            if host not in _DOCKER_HUB:
                return name
            name = remainder
        return f"{self.registry}/{name}" if "/" in name else f"{self.registry}/library/{name}"


def _text(name: str) -> str:
    return files.read_text(_PROGRAMS / name)


def _familiar(name: str) -> str:
    """The form in which BuildKit looks a name up: without what it means anyway."""
    host, _, remainder = name.partition("/")
    return (remainder if host in _DOCKER_HUB else name).removeprefix("library/").removesuffix(":latest")


def _replacement(url: str) -> str:
    """A URL as the replacing side of sed's `s|…|…|`."""
    return re.sub(r"([&|\\])", r"\\\1", url.rstrip("/"))


def _plain_host(url: str) -> str:
    """The host that pip has to be told to trust: one without https."""
    parts = urlsplit(url)
    return (parts.hostname or "") if parts.scheme == "http" else ""
