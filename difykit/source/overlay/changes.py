"""What one overlay changes in a release: its whole files, and its edits."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from difykit.core import files
from difykit.core.errors import ConfigError, DifyKitError
from difykit.core.files import path_fault, tree_files
from difykit.git import Blob, Changes, Tree
from difykit.source.overlay.check import problem_at, tree_folder
from difykit.source.overlay.edits import edited
from difykit.workspace.manifest import Edit, OneOf, TreeEntry, When
from difykit.workspace.workspace import Overlay


def holds(when: When | None, tree: Tree, release: Version) -> bool:
    """Whether a condition holds for this release."""
    if when is None:
        return True
    if when.dify is not None and not SpecifierSet(when.dify).contains(release, prereleases=True):
        return False
    return when.exists is None or tree.exists(when.exists)


def trees_for(overlay: Overlay, tree: Tree, release: Version) -> list[tuple[TreeEntry, Path]]:
    """The overlay's folders of whole files that apply to this release. Raises ConfigError for one that is no folder."""
    return [
        (entry, folder)
        for number, entry in enumerate(overlay.manifest.trees)
        if holds(entry.when, tree, release) and (folder := tree_folder(overlay, number))
    ]


def overlay_changes(overlay: Overlay, tree: Tree, release: Version) -> tuple[Changes, frozenset[str]]:
    """What the overlay does to `tree`, and which of the paths are whole files.

    Raises DifyKitError for a file that may not be in a tree, ConfigError with every edit that does not fit.
    """
    whole_changes = whole_files(overlay, tree, release)
    if clash := _file_over_folder(whole_changes, tree):
        raise DifyKitError(f"overlay {overlay.name}: {clash}", hint="rename the file in the overlay's tree")
    return _edit(overlay, whole_changes, tree, release), frozenset(whole_changes)


def whole_files(overlay: Overlay, tree: Tree, release: Version) -> Changes:
    """The files of the overlay's trees that apply to this release.

    Raises DifyKitError for one that may not be in a tree.
    """
    changes: Changes = {}
    for entry, folder in trees_for(overlay, tree, release):
        for path, file_path in tree_files(folder):
            label = f"overlays/{overlay.name}/{entry.source}/{path}"
            changes[path] = _blob(label, path, file_path, folder)
    return changes


@dataclass(frozen=True)
class EditOutcome:
    """What came of one entry of `edits`: the paths that it changed, and what it does not fit by, if it does not."""

    index: int
    paths: tuple[str, ...]
    fault: DifyKitError | None = None


def edit_outcomes(
    overlay: Overlay, whole_changes: Changes, tree: Tree, release: Version
) -> tuple[Changes, tuple[EditOutcome, ...]]:
    """The overlay's files, and the files that its edits change; an edit sees what those before it made."""
    changes = dict(whole_changes)
    outcomes: list[EditOutcome] = []
    for index, item in enumerate(overlay.manifest.edits):
        paths: list[str] = []
        fault: DifyKitError | None = None
        try:
            for position, edit in _chosen(index, item, tree, release):
                paths.append(edit.file or "")
                current = tree.with_changes(changes)
                paths[-1], changes[paths[-1]] = edited(".".join(map(str, position)), edit, current)
        except DifyKitError as error:
            fault = error
        outcomes.append(EditOutcome(index, tuple(paths), fault))
    return changes, tuple(outcomes)


def _edit(overlay: Overlay, whole_changes: Changes, tree: Tree, release: Version) -> Changes:
    """As `edit_outcomes`; raises ConfigError with every edit that does not fit."""
    changes, outcomes = edit_outcomes(overlay, whole_changes, tree, release)
    faults = [(outcome.index, outcome.fault) for outcome in outcomes if outcome.fault]
    if faults:
        problems = [problem_at(overlay, ("edits", index), fault.message) for index, fault in faults]
        hints = dict.fromkeys(fault.hint for _, fault in faults if fault.hint)
        raise ConfigError(problems, hint="; ".join(hints))
    return changes


def content_key(overlay: Overlay) -> str:
    """A digest of everything in the overlay that its commit is made from; "" when it has no files and no edits."""
    digest = hashlib.sha256()
    has_content = bool(overlay.manifest.edits)
    for entry in overlay.manifest.trees:
        folder = overlay.folder / entry.source
        if not folder.is_dir():
            continue
        for path, file_path in tree_files(folder):
            has_content = True
            mode, content = _blob(str(file_path), path, file_path, folder)
            digest.update(
                f"{entry.source}\0{path}\0{mode}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content
            )
    if not has_content:
        return ""
    spec = overlay.manifest.model_dump_json(include={"trees", "overrides", "edits", "description"})
    digest.update(f"{overlay.name}\0{spec}".encode())
    return digest.hexdigest()


def _chosen(index: int, item: Edit | OneOf, tree: Tree, release: Version) -> list[tuple[tuple[str | int, ...], Edit]]:
    """The edits of an entry that hold for the release, each with its place in the file."""
    if isinstance(item, Edit):
        return [(("edits", index), item)] if holds(item.when, tree, release) else []
    fitting = [(number, edit) for number, edit in enumerate(item.one_of) if holds(edit.when, tree, release)]
    if len(fitting) != 1:
        numbers = " and ".join(str(number) for number, _ in fitting)
        raise DifyKitError(
            f"edits.{index}: {len(fitting)} of the {len(item.one_of)} alternatives hold for release {release}"
            f"{f' ({numbers}, counted from 0)' if numbers else ''}; exactly one must",
            hint="look at their `when`; a path that tells the releases apart is the surest",
        )
    number, edit = fitting[0]
    return [(("edits", index, "one_of", number), edit)]


def _blob(label: str, path: str, file_path: Path, root: Path) -> Blob:
    if fault := path_fault(path):
        raise DifyKitError(f"{label}: {path!r} {fault}", hint="remove the file from the overlay")
    if file_path.is_symlink():
        target = file_path.readlink()
        if fault := _link_fault(file_path, target, root):
            raise DifyKitError(
                f"{label}: the link to {str(target)!r} {fault}", hint="make it a file, or link inside it"
            )
        return "120000", os.fsencode(target)
    executable = file_path.stat().st_mode & stat.S_IXUSR
    return ("100755" if executable else "100644"), files.read_bytes(file_path, limit=files.TREE)


def _link_fault(link: Path, target: Path, root: Path) -> str:
    """Why a link may not be laid, or "": as it is written, and by way of the links it passes, it must stay inside."""
    end = Path(os.path.normpath(link.parent / target))
    try:
        inside = end.is_relative_to(root) and link.resolve().is_relative_to(root.resolve())
    except (RuntimeError, OSError):
        return "goes round in circles"
    if target.is_absolute() or not inside:
        return "leaves the tree"
    destination = end.relative_to(root).as_posix()
    return "" if destination == "." else path_fault(destination)


def _file_over_folder(whole_changes: Changes, tree: Tree) -> str:
    """A path that would have to be a file and a folder at once; "" when there is none."""
    folders = tree.folders()  # once: to ask the tree for each file takes minutes for an overlay of many
    for path in whole_changes:
        if path in folders and not tree.has_file(path):
            return f"{path} is a folder in the release"
        for end in (i for i, char in enumerate(path) if char == "/"):
            if path[:end] in whole_changes:
                return f"{path[:end]} is a file in one of its trees, so {path} cannot be laid there"
            if tree.has_file(path[:end]):
                return f"{path[:end]} is a file in the release, so {path} cannot be laid there"
    return ""
