"""What is installed on top of an image: Debian packages and Python distributions, beside what it has already."""

from __future__ import annotations

import json
from dataclasses import dataclass

FOLDER = "difykit"
"""The folder in the layer's context that its steps see while they run, and that is in no layer."""

_SEEN = f"/tmp/{FOLDER}"  # noqa: S108 - in the image, for the time of a step

# Steps say in a line that starts so what the user should know; `build` shows it before all else.
SAYS = "difykit: "

_APT = f"""\
set -eu
image=$1
shift
if ! command -v apt-get >/dev/null; then
  echo "{SAYS}the image has no apt-get, it is not made of Debian: take apt out of $image/image.yaml, and write\
 its own way into $image/Dockerfile (Alpine: USER root, RUN apk add --no-cache ..., and the image's USER again)"
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends "$@"
apt-get clean
rm -rf /var/lib/apt/lists/*
"""

# `list` and not `freeze`: that has no version for what was installed from a folder or from git (flask-restx in 1.15.0),
# which could then be replaced. What is no version after all (Debian names some "unknown") is no constraint either.
_PYTHON = f"""\
set -eu
umask 022
image=$1
work=$(mktemp -d)
has_pip() {{ "$@" --version >/dev/null 2>&1; }}
if [ -n "${{VIRTUAL_ENV:-}}" ]; then python=$VIRTUAL_ENV/bin/python; else python=$(command -v python3 || true); fi
if command -v uv >/dev/null; then
  list() {{ uv pip list --no-cache --format freeze --python "$python"; }}
  add() {{ uv pip install --no-cache --link-mode copy --python "$python" --break-system-packages "$@"; }}
elif [ -n "$python" ] && has_pip "$python" -m pip; then
  pip="$python -m pip"
elif [ -n "$python" ] && has_pip pip --python "$python"; then
  pip="pip --python $python"
else
  echo "{SAYS}the image has no uv and no pip: take python out of $image/image.yaml, and write its own way into\
 $image/Dockerfile"
  exit 1
fi
if [ -n "${{pip:-}}" ]; then
  export PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_BREAK_SYSTEM_PACKAGES=1
  list() {{ $pip list --format freeze; }}
  add() {{ $pip install "$@"; }}
fi
versions() {{
  list >"$work/list"
  grep -E '^[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.!+_-]*$' "$work/list" || true
}}
versions >"$work/before"
failed() {{
  echo "{SAYS}these Python distributions cannot be added: $(tr '\\n' ' ' <{_SEEN}/requirements.txt)- what the image\
 has already keeps its version, so that Dify runs with the versions that its release locks"
  exit 1
}}
add --requirement {_SEEN}/requirements.txt --constraint "$work/before" || failed
versions >"$work/after"
if grep -vxFf "$work/after" "$work/before"; then failed; fi
rm -rf "$work"
"""


@dataclass(frozen=True)
class Additions:
    """What is installed, in the order in which it is given."""

    apt: tuple[str, ...] = ()
    python: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.apt or self.python)

    def listed(self) -> list[str]:
        """What is added, as reasons say it."""
        pairs = (("apt", self.apt), ("python", self.python))
        return [f"{kind} {' '.join(names)}" for kind, names in pairs if names]

    def files(self) -> dict[str, str]:
        """What the steps need, as files of `FOLDER`.

        Each step sees a folder of its own, so that what changes for one leaves the other's layer in the cache.
        """
        texts = {"apt/install.sh": _APT} if self.apt else {}
        if self.python:
            lines = "".join(f"{requirement}\n" for requirement in self.python)
            texts |= {"python/install.sh": _PYTHON, "python/requirements.txt": lines}
        return texts

    def steps(self, name: str) -> list[str]:
        """The lines of the Dockerfile, to be run as root; `name` is the image's folder below `images/`.

        Names and versions reach their programs as arguments or in a file, never through a shell.
        """
        steps = [_step("apt", name, self.apt)] if self.apt else []
        return [*steps, _step("python", name, ())] if self.python else steps


def _step(kind: str, name: str, args: tuple[str, ...]) -> str:
    argv = ["sh", f"{_SEEN}/install.sh", f"images/{name}", *args]
    return f"RUN --mount=type=bind,source={FOLDER}/{kind},target={_SEEN} {json.dumps(argv)}"
