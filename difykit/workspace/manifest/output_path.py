"""Where a command may write what its options name: not over the workspace, not where difykit makes things anew."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

from difykit.workspace.manifest.data_folder import DERIVED, FILES, FOLDERS, OWN, content_rules
from difykit.workspace.manifest.paths import PathComparison, PathFault, PathRule, end_of, folds_names, follow

_MADE = (
    *("adopt", "build", "demo", "dev", "finish", "host", "logs", "release", "schema", "source", "transaction"),
    *("upgrade", "upstream.git"),
)
"""What a folder for work of one's own may not be in `.difykit/`; beside those it may."""


def output_file(root: Path, data: Path, name: str) -> Path:
    """The file that an option of a command names, links followed.

    Raises PathFault, the end of a sentence about the file, where writing it would change the workspace itself, what
    difykit makes anew or the data of a service, and for what is no file.
    """
    end = follow(Path.cwd() / name).end
    rules = [*content_rules(root, end), *_data_rules(data, {*OWN} - {"backups"})]
    if fault := PathComparison(folds=folds_names(root / "difykit.yaml")).conflict(end, rules):
        raise PathFault(fault)
    try:
        mode = end.stat().st_mode
    except OSError:
        return end
    if not stat.S_ISREG(mode):
        raise PathFault("is not a file")
    return end


def mount_fault(root: Path, data: Path, source: str) -> str:
    """How an absolute path meets what difykit makes anew or prunes, or "": `is …` or `lies in …`."""
    rules = [PathRule(root / DERIVED, f"{DERIVED}, which difykit makes anew", above=False)]
    rules.append(PathRule(data / "releases", "releases of the data folder, which are pruned", above=False))
    return PathComparison(folds=folds_names(root / "difykit.yaml")).conflict(end_of(Path(source)), rules)


def work_folder(root: Path, data: Path, name: str, *, entire: bool) -> Path:
    """The folder that an option names for work of one's own, links followed; only parts of it where not `entire`.

    Raises PathFault, as `output_file` does; the work tree of the source itself is fine.
    """
    end = follow(Path.cwd() / name).end
    if end == root / DERIVED / "source":
        return end
    rules = [rule for rule in content_rules(root, end) if rule.path != root / DERIVED]
    rules += [PathRule(root / DERIVED / part, f"{DERIVED}/{part}") for part in _MADE]
    rules += _data_rules(data, {*OWN} - {"middleware"})
    rules = [rule._replace(above=entire) for rule in rules]
    if fault := PathComparison(folds=folds_names(root / "difykit.yaml")).conflict(end, rules):
        raise PathFault(fault)
    return end


def new_folder(folder: Path) -> Path:
    """The folder for a new workspace, links followed. Raises PathFault for one inside of what a workspace consists of.

    It may be a workspace, and may lie in one that keeps others.
    """
    end = follow(Path.cwd() / folder).end
    above = [parent for parent in end.parents if (parent / "difykit.yaml").is_file()]
    rules = [
        PathRule(root / part, f"{part} of the workspace {root}", above=False)
        for root in above
        for part in (DERIVED, *FOLDERS, *FILES)
    ]
    rules += [
        PathRule(parent, f"{parent}, a folder of git's") for parent in (end, *end.parents) if parent.name == ".git"
    ]
    if fault := PathComparison(folds=False).conflict(end, rules):
        raise PathFault(fault)
    return end


def _data_rules(data: Path, parts: Iterable[str]) -> list[PathRule]:
    return [PathRule(data / part, f"{part} of the data folder") for part in sorted(parts)]
