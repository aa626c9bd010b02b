"""The toolkit itself, and all that it stands on, as wheels for the bundle's platform."""

from __future__ import annotations

import platform
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from difykit.bundle.repack import repack
from difykit.core import files, process
from difykit.core.errors import CommandFailed, DifyKitError
from difykit.core.progress import Progress

_OWN = "difykit"
_MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}
_GLIBC = ("manylinux_2_17", "manylinux2014", "manylinux_2_28")
_LEAVE = "leave the toolkit out of the bundle: --no-wheels"


def gather(target: str, progress: Progress) -> dict[str, bytes]:
    """The toolkit and its dependencies, in the versions that run here, for a platform: file name → wheel.

    Where this machine is of that platform they are packed from what is installed, and nobody is asked; what was
    installed without a list of its files, and what another platform needs, comes from the package index.
    Raises DifyKitError when that cannot be reached, or has none for it.
    """
    installed = closure(_OWN)
    native = sys.platform == "linux" and _MACHINES.get(target) == platform.machine()
    wheels: dict[str, bytes] = {}
    requirements: list[str] = []
    for distribution in installed:
        packed = repack(distribution) if native or canonicalize_name(distribution.metadata["Name"]) == _OWN else None
        if packed:
            wheels[packed[0]] = packed[1]
        elif (
            canonicalize_name(distribution.metadata["Name"]) == _OWN
        ):  # an index has that name from whoever registered it
            text = "difykit cannot be packed as a wheel here: its installation does not list its files"
            raise DifyKitError(text, hint=f"install it from a wheel or a git URL; or {_LEAVE}")
        else:
            requirements.append(f"{distribution.metadata['Name']}=={distribution.version}")
    if requirements:
        wheels |= _download(requirements, target, native=native, progress=progress)
    return dict(sorted(wheels.items()))


def own_version() -> str:
    """The version of the toolkit that runs."""
    return _installed(_OWN).version


def closure(name: str) -> list[metadata.Distribution]:
    """A distribution and all that it needs here, without extras that nobody asked for; sorted by name.

    Raises DifyKitError when one is not installed.
    """
    distributions: dict[str, metadata.Distribution] = {}
    waiting = [Requirement(name)]
    visited: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        key = canonicalize_name(requirement.name)
        for extra in ("", *sorted(requirement.extras)):
            if (key, extra) not in visited:
                visited.add((key, extra))
                distributions[key] = _installed(requirement.name)
                waiting += _needs(distributions[key], extra)
    return [distributions[key] for key in sorted(distributions)]


def _installed(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise DifyKitError(f"{name} is not installed here, so that no wheel can be made of it", hint=_LEAVE) from None


def _needs(distribution: metadata.Distribution, extra: str) -> Iterator[Requirement]:
    environment = {**default_environment(), "extra": extra}
    for line in distribution.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(
            {key: str(value) for key, value in environment.items()}
        ):
            yield requirement


def _download(requirements: Sequence[str], target: str, *, native: bool, progress: Progress) -> dict[str, bytes]:
    """Wheels from the package index that pip is set up for."""
    machine = _MACHINES.get(target)
    if not native and machine is None:
        raise DifyKitError(f"no wheels are known for {target}, only for {', '.join(_MACHINES)}", hint=_LEAVE)
    tags = [] if native else [word for tag in _GLIBC for word in ("--platform", f"{tag}_{machine}")]
    tags += (
        []
        if native
        else ["--implementation", "cp", "--python-version", f"{sys.version_info.major}.{sys.version_info.minor}"]
    )
    with tempfile.TemporaryDirectory(prefix="difykit-") as folder:
        argv = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
        argv += ["--no-deps", "--only-binary=:all:", "--dest", folder, *tags, *requirements]
        try:
            with progress.step(f"fetch {len(requirements)} wheels for {target}"):
                process.run(argv)
        except CommandFailed as error:
            raise DifyKitError(
                f"the toolkit's wheels for {target} cannot be fetched: {_why(error)}", hint=_LEAVE
            ) from error
        return {wheel.name: files.read_bytes(wheel, limit=files.TREE) for wheel in Path(folder).iterdir()}


def _why(error: CommandFailed) -> str:
    """Pip's own last error, without what may be a login in a URL."""
    lines = [line for line in error.output.splitlines() if line.startswith("ERROR: ")] or error.output.splitlines()[-1:]
    text = lines[-1].removeprefix("ERROR: ") if lines else "pip says nothing"
    if "No module named pip" in text:
        text = "Python has no pip here"
    return re.sub(r"//[^/\s@]*@", "//", text)
