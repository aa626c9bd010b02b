"""A wheel made again from what it was installed as: no index is asked, and it is the very code that runs here.

Programs are left out, since pip makes them from the entry points, and so are files beside the packages, which none
of difykit's dependencies needs to run. The same files, the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tomllib
import zipfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from difykit.core import files
from difykit.core.files import tree_files
from difykit.git import not_ignored

_LEFT_OUT = frozenset({"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"})
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first that a zip knows


def repack(distribution: metadata.Distribution) -> tuple[str, bytes] | None:
    """The file name of a wheel and its content; None where it is not known which files were installed."""
    listed = [path for path in distribution.files or () if ".." not in path.parts and not path.is_absolute()]
    info = {str(path) for path in listed if path.parts[0].endswith(".dist-info")}
    if not any(path.endswith("/METADATA") for path in info) or not any(path.endswith("/WHEEL") for path in info):
        return None
    checkout = _checkout(distribution)
    names = [path for path in listed if checkout is None or str(path) in info]
    places = {str(path): Path(str(path.locate())) for path in names if _belongs(str(path))}
    if checkout is not None:
        packaged = _of_checkout(checkout)
        if not packaged:
            return None
        places |= packaged
    if not all(file_path.is_file() for file_path in places.values()):
        return None
    folder = next(path for path in info if path.endswith("/METADATA")).rpartition("/")[0]
    return _name(distribution), _zipped(places, folder)


def _belongs(path: str) -> bool:
    parts = path.split("/")
    inside = parts[0].endswith(".dist-info")
    return "__pycache__" not in parts and not path.endswith(".pyc") and not (inside and parts[-1] in _LEFT_OUT)


def _checkout(distribution: metadata.Distribution) -> Path | None:
    """The folder that an editable installation leads to."""
    value = json.loads(distribution.read_text("direct_url.json") or "{}")
    if not (value.get("dir_info") or {}).get("editable"):
        return None
    return Path(unquote(urlsplit(str(value["url"])).path))


def _of_checkout(root: Path) -> dict[str, Path]:
    """What hatchling would put into the wheel of a checkout: its packages, and what pyproject.toml adds to them."""
    try:
        project = tomllib.loads(files.read_text(root / "pyproject.toml"))
        wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
        packages: list[str] = wheel["packages"]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return {}
    places = {package: package for package in packages} | dict(wheel.get("force-include") or {})
    sources: dict[str, str] = {}
    for location, inside in places.items():
        absolute = root / location
        paths = [""] if absolute.is_file() else [f"/{path}" for path, _ in tree_files(absolute)]
        sources |= {f"{inside}{path}": f"{location}{path}" for path in paths if _belongs(f"{inside}{path}")}
    # What git ignores is in no wheel of hatchling's either; it may be a secret.
    tracked = not_ignored(root, tuple(sources.values()))
    return {path: root / location for path, location in sources.items() if tracked is None or location in tracked}


def _name(distribution: metadata.Distribution) -> str:
    lines = (distribution.read_text("WHEEL") or "").splitlines()
    tags = [line.partition(":")[2].strip().split("-") for line in lines if line.startswith("Tag:")]
    joined = "-".join(".".join(sorted({tag[at] for tag in tags})) for at in range(3))
    return f"{canonicalize_name(distribution.metadata['Name']).replace('-', '_')}-{distribution.version}-{joined}.whl"


def _zipped(places: Mapping[str, Path], folder: str) -> bytes:
    """The wheel, its RECORD last, as the specification of wheels wants it."""
    sink = io.BytesIO()
    rows = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(places, key=lambda path: (path.startswith(folder), path)):
            content = files.read_bytes(places[path], limit=files.TREE)
            executable = places[path].stat().st_mode & 0o100
            _add(archive, path, content, 0o755 if executable else 0o644)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            rows.append(f"{path},sha256={digest},{len(content)}")
        _add(archive, f"{folder}/RECORD", "\n".join([*rows, f"{folder}/RECORD,,", ""]).encode(), 0o644)
    return sink.getvalue()


def _add(archive: zipfile.ZipFile, path: str, content: bytes, mode: int) -> None:
    entry = zipfile.ZipInfo(path, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100000 | mode) << 16
    entry.create_system = 3
    archive.writestr(entry, content)
