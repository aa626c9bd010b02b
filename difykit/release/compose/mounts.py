"""Where a service's files come from: data that outlives the release folder, and configuration that travels in it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from difykit.core.errors import DifyKitError
from difykit.workspace import dotenv

DATA = "DIFY_DATA"
# An unset variable would silently bind `/app/storage` of the host.
_ROOT = f"${{{DATA}:?}}"


def mountable(data: Path) -> Path:
    """The data folder, if Compose can mount it. Raises DifyKitError when its path holds what Compose cuts off."""
    if bad := sorted(set(str(data)) & set(":$\n\r")):
        raise DifyKitError(
            f"the data folder {data} has {' '.join(map(repr, bad))} in its path, where Compose would cut it off",
            hint="set deploy.data in difykit.yaml to another folder",
        )
    return data


def is_data(path: str, tracked: Collection[str]) -> bool:
    """Whether a path beside the Compose file is data: below `volumes`, or not in the source but for a .gitkeep.

    Besides `volumes` that is nginx/ssl (certificates) in all releases, and vastbase/* from 1.3.1.
    """
    path = path.rstrip("/")
    if path == "volumes" or path.startswith("volumes/"):
        return True
    return not any(is_within(name, path) and not name.endswith(".gitkeep") for name in tracked)


def is_within(name: str, path: str) -> bool:
    """Whether a file is the one at `path`, or below it."""
    return name == path or name.startswith(path + "/")


def split(mount: str) -> tuple[str, str]:
    """A short mount as its source and the rest; the source may be a variable whose default holds a colon."""
    depth = 0
    for index, char in enumerate(mount):
        depth += (char == "{") - (char == "}")
        if char == ":" and not depth:
            return mount[:index], mount[index:]
    return mount, ""


def _moved(source: str, tracked: Collection[str]) -> str:
    """The source of a bind mount, in the data folder if it is data."""
    if source.startswith("./"):
        path = source[2:]
        inside = path.removeprefix("volumes").lstrip("/")
        return f"{_ROOT}/{inside}".rstrip("/") if is_data(path, tracked) else source
    head, dash, default = source.partition(":-")
    if source.startswith("${") and dash and default.startswith("./") and default.endswith("}"):
        moved = _moved(default[:-1], tracked)
        # Inside another variable's default Compose takes no error message.
        return f"{head}:-{moved.replace(_ROOT, f'${{{DATA}}}')}}}"
    return source


def move_data(services: Mapping[str, dict[str, Any]], tracked: Collection[str]) -> None:
    """Turn bind mounts of data beside the Compose file into mounts of the data folder, short and long form."""
    for service in services.values():
        for index, mount in enumerate(service.get("volumes") or ()):
            if isinstance(mount, str):
                source, tail = split(mount)
                if tail:
                    service["volumes"][index] = _moved(source, tracked) + tail
            elif mount.get("type") == "bind":
                mount["source"] = _moved(str(mount.get("source", "")), tracked)


def bind_sources(service: Mapping[str, Any]) -> Iterator[str]:
    """What a service mounts from the host, as it is written; not what a volume holds."""
    for mount in service.get("volumes") or ():
        source, tail = split(mount) if isinstance(mount, str) else (str(mount.get("source") or ""), "")
        if tail or (isinstance(mount, dict) and mount.get("type") == "bind"):
            yield source


def _sources(service: Mapping[str, Any]) -> Iterator[str]:
    """The paths beside the Compose file that a service mounts or is built from."""
    build = service.get("build")
    context = build.get("context", "") if isinstance(build, dict) else build or ""
    mounts = [split(m)[0] if isinstance(m, str) else str(m.get("source", "")) for m in service.get("volumes") or ()]
    yield from (source[2:].rstrip("/") for source in (context, *mounts) if source.startswith("./"))


def carried(rewritten: Mapping[str, Any], tracked: Collection[str]) -> list[str]:
    """The tracked files that the services mount or are built from: they travel in the release folder."""
    sources = {path for service in rewritten["services"].values() for path in _sources(service)}
    return sorted(name for name in tracked if any(is_within(name, path) for path in sources))


def seeds(tracked: Collection[str]) -> dict[str, str]:
    """Tracked files that must be in the data folder before the first start, as tracked path → path in the data folder.

    The sandbox's configuration, init scripts of vector stores; a .gitkeep makes an empty folder the user's, not root's.
    """
    data = {name for name in tracked if is_data(name.rpartition("/")[0] or name, tracked) and "/" in name}
    return {name: name.removeprefix("volumes/") for name in sorted(data)}


def stamped(rewritten: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Label each service with a digest of the files that it mounts from the release folder.

    Compose makes a container anew when its definition changes, and does not look into mounted files: without the
    label a changed gateway route would reach nobody.
    """
    for service in rewritten["services"].values():
        paths = set(_sources(service))
        mounted = sorted(name for name in files if any(is_within(name, path) for path in paths))
        if mounted and "build" not in service:
            labels = service.get("labels") or {}
            old = labels if isinstance(labels, dict) else dict(str(label).partition("=")[::2] for label in labels)
            service["labels"] = {**old, "difykit.files": digest({name: files[name] for name in mounted})}


def digest(files: Mapping[str, bytes]) -> str:
    """12 hex digits that stand for the names and the contents of files."""
    hasher = hashlib.sha256()
    for name in sorted(files):
        hasher.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return hasher.hexdigest()[:12]


def data_of(service: Mapping[str, Any]) -> tuple[str, ...]:
    """The places of the data folder that one of Dify's services has its data in, as Dify's own file mounts them."""
    sources = [path for path in _sources(service) if path.startswith("volumes/")]
    return tuple(path.removeprefix("volumes/") for path in sources)


def with_data_folder(text: str) -> str:
    """An env file with what is below ./volumes moved to the data folder, as its Compose file says it too."""
    moved = {
        assignment.key: f"${{{DATA}}}/{value.removeprefix('./volumes/')}"
        for assignment in dotenv.assignments(text)
        if (value := dotenv.decode(assignment.raw)) and value.startswith("./volumes/")
    }
    return dotenv.set_raw(text, moved)
