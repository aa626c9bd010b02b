"""Which folder may hold the data: none that difykit makes anew, none of the workspace's content, none of the system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from difykit.core import files
from difykit.workspace.manifest.paths import (
    PathComparison,
    PathFault,
    PathRule,
    end_of,
    folder_fault,
    folds_names,
    follow,
    plain,
)

DERIVED = ".difykit"
FOLDERS = ("patches", "overlays", "images", ".git", ".github")
FILES = (
    "difykit.yaml",
    "difykit.lock",
    "tasks.py",
    ".env",
    ".gitignore",
    ".gitattributes",
    ".gitlab-ci.yml",
    "images.json",
    "registry.json",
)
OWN = ("volumes", "releases", "backups", "dev", "host", "middleware")
"""What difykit keeps in the data folder, each in a folder of its own."""
# Nothing below these is for data: they are the system's programs and settings, or go with the next start.
_SYSTEM = (
    *("/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/sbin", "/sys"),
    *("/System", "/usr/bin", "/usr/lib", "/usr/sbin"),
)
# Below these there may be room for it, but they are everybody's. A disk may be mounted at /mnt, /srv or /data.
_SHARED = (
    *("/", "/dev", "/home", "/media", "/opt", "/root", "/run", "/tmp", "/usr", "/usr/local", "/var"),  # noqa: S108 - named, not used
    *("/usr/include", "/usr/share", "/usr/src", "/var/cache", "/var/lib", "/var/lib/docker", "/var/log", "/var/run"),
    "/var/tmp",  # noqa: S108 - named, not used
    *("/Applications", "/Library", "/Users", "/Volumes", "/private", "/private/tmp", "/private/var"),
)
_LONGEST = 4096  # what Linux takes
_PRIVATE = (".ssh", ".gnupg", ".docker", ".kube", ".config")


def data_folder(root: Path, setting: str) -> Path:
    """The data folder that `deploy.data` names, as the path without links that everything of a run uses.

    Raises PathFault, the end of a sentence about the setting, for a path that is no folder, and for one that is,
    holds or lies in what difykit makes anew, what the workspace consists of, or what belongs to the system.
    """
    path = _expanded(root, setting)
    if len(os.fsencode(path)) > _LONGEST:
        raise PathFault("is longer than a path may be")
    route = follow(path)
    by_way = f" (by way of the link {route.links[-1]})" if route.links else ""
    rules = tuple(_rules(root, route.end))
    compare = PathComparison(folds=folds_names(root / "difykit.yaml"))
    inside_rules = [rule._replace(above=False) for rule in rules if rule.inside]
    fault = folder_fault(route.end) or compare.conflict(route.end, rules) or compare.conflict(plain(path), rules)
    for link in route.links:
        fault = fault or compare.conflict(link.parent, inside_rules)
    if fault:
        raise PathFault(fault + by_way)
    for link in _links_below(route.end):
        if fault := compare.conflict(end_of(link), (*rules, *_rules_inside(route.end, link))):
            raise PathFault(f"has a link {link.relative_to(route.end)}, and what that leads to {fault}")
    return route.end


def system_fault(path: Path) -> str:
    """How an absolute path meets the folders of the system, or ""."""
    return PathComparison(folds=False).conflict(plain(path), _system_rules())


def check_derived(root: Path) -> None:
    """Raises PathFault for a `.difykit`, or a part of it, that is a link to what is not difykit's: it deletes in it."""
    derived = root / DERIVED
    try:
        end = follow(derived).end
    except PathFault as error:
        raise PathFault(f"{DERIVED} {error}") from error
    links = [link for link in (derived, *_links_in(derived)) if link.is_symlink()]
    own = (f"{DERIVED}/", f"{DERIVED},")
    rules = [rule for rule in _rules(root, end) if not rule.owner.startswith(own)] if links else []
    compare = PathComparison(folds=False)
    for link in links:
        if link.name not in {DERIVED, "upstream.git"}:  # a store may be on another disk
            raise PathFault(f"{DERIVED}/{link.name} is a link, and difykit makes anew what stands there")
        if fault := compare.conflict(end_of(link), rules):
            raise PathFault(f"{link.relative_to(root)} is a link, and what it leads to {fault}")
    if derived.is_symlink() and derived.is_dir() and not _is_ours(derived):
        raise PathFault(f"{DERIVED} is a link to {end}, a folder with files that are not difykit's")


def _expanded(root: Path, setting: str) -> Path:
    if not setting.strip():
        raise PathFault("is empty")
    if not setting.startswith("~"):
        return root / setting  # also `./~`, which is a folder of that name
    try:
        return Path(setting).expanduser()
    except RuntimeError as error:
        raise PathFault("names the home folder of a user whom this machine does not have") from error


def content_rules(root: Path, end: Path) -> Iterator[PathRule]:
    """What the workspace at `root` consists of and makes anew, and what those do that `end` lies in."""
    yield from _workspace_rules(root, "")
    for folder in (end, *end.parents):
        if folder != root and DERIVED not in _names_between(folder, root) and _is_file(folder / "difykit.yaml"):
            yield from _workspace_rules(folder, f" of the workspace {folder}")
        if folder.name.lower() == ".git" or is_git_dir(folder):
            yield PathRule(folder, f"{folder}, a folder of git's")


def is_git_dir(folder: Path) -> bool:
    """Whether git keeps a repository right in this folder: a bare one, or one apart from its work tree."""
    return _is_file(folder / "HEAD") and all((folder / name).is_dir() for name in ("objects", "refs"))


def _git_dir(root: Path) -> Path | None:
    """The folder that the `.git` of a work tree or a submodule names, which is a file there."""
    try:
        text = files.read_text(root / ".git", errors="surrogateescape")
    except (OSError, ValueError):
        return None
    target = text.partition("gitdir:")[2].strip()
    return end_of(root / target) if target and "\0" not in target else None


def _rules(root: Path, end: Path) -> Iterator[PathRule]:
    yield PathRule(root, "the workspace itself", inside=False)
    if end != root and _is_file(end / "difykit.yaml"):
        yield PathRule(end, "another workspace", inside=False, above=False)
    yield from content_rules(root, end)
    yield from _system_rules()


def _workspace_rules(root: Path, whose: str) -> Iterator[PathRule]:
    for name in (DERIVED, *FOLDERS):
        owner = name + whose + (", which difykit makes anew" if name == DERIVED else "")
        yield PathRule(root / name, owner)
        if (root / name).is_symlink():
            yield PathRule(end_of(root / name), owner)
    for name in (DERIVED, "overlays", "images"):
        for link in _links_in(root / name):
            yield PathRule(end_of(link), f"{name}/{link.name}{whose}")
    if git_dir := _git_dir(root):
        yield PathRule(git_dir, f"{git_dir}, where .git{whose} leads")
    for link in (*_links_one_down(root / "overlays"), *_links_one_down(root / "images")):
        target = end_of(link)
        if target.is_dir() and not target.is_relative_to(root / link.relative_to(root).parts[0]):
            yield PathRule(target, f"{link.relative_to(root)}{whose}")
    for name in FILES:
        yield PathRule(root / name, name + whose)
    yield PathRule(root.with_name(f".{root.name}.loading"), "what bundle.load writes and deletes")


def _system_rules() -> Iterator[PathRule]:
    for name in _SYSTEM:
        yield PathRule(Path(name), f"{name}, a folder of the system", above=False)
    for name in _SHARED:
        yield PathRule(Path(name), f"{name}, a folder of the system", inside=False, above=False)
    try:
        home = Path.home()
    except RuntimeError:
        return
    if not home.is_absolute():
        return
    yield PathRule(home, "the home folder", inside=False, above=home != Path("/"))
    for name in _PRIVATE:
        yield PathRule(home / name, f"~/{name}", above=False)


def _names_between(folder: Path, root: Path) -> tuple[str, ...]:
    """The names on the way from a folder down to `root`, if that is below it."""
    return root.relative_to(folder).parts if root.is_relative_to(folder) else ()


def _rules_inside(data: Path, link: Path) -> Iterator[PathRule]:
    """For a link in the data folder: the parts of it that are kept apart from the one that the link is in."""
    yield PathRule(data, "the data folder itself", inside=False)
    own_part = link.relative_to(data).parts[0]
    for name in OWN:
        if name != own_part:
            yield PathRule(data / name, f"{name} of the data folder")


def _links_below(data: Path) -> Iterator[Path]:
    """The links by which a part of the data may be elsewhere: for a folder of difykit's, for that of a service."""
    yield from _links_in(data)
    volumes = data / "volumes"
    yield from _links_in(volumes)
    for folder in _entries(volumes):
        if not folder.is_symlink():
            yield from _links_in(Path(folder.path))


def _links_one_down(folder: Path) -> Iterator[Path]:
    for entry in _entries(folder):
        if not entry.is_symlink():
            yield from _links_in(Path(entry.path))


def _links_in(folder: Path) -> Iterator[Path]:
    yield from (Path(entry.path) for entry in _entries(folder) if entry.is_symlink())


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []  # not there, or closed to us, as a database's own folder is


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _is_ours(derived: Path) -> bool:
    names = {entry.name for entry in _entries(derived)}
    return not names or bool(names & {"lock", "settings.lock", "schema", "source.json", "upstream.git"})
