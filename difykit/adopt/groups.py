"""Which patch carries which paths; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from difykit.adopt.model import OF_COMMITS, By, Entries, ForkFinding, ForkSplit, PatchPlan
from difykit.dify import layout
from difykit.git import Told
from difykit.source.patch import file_name

LOCK_FILES = frozenset({"uv.lock", "poetry.lock", "pnpm-lock.yaml", "package-lock.json", "yarn.lock"})
# More than that, and a conflict in one file holds up too many others.
_MOST = 25
# In this order; of two kinds that one file is of, the first.
_ALONE = ("old content", "stale", "newer", "merge copy", "conflict markers")


def area(path: str, depth: int = 2) -> str:
    """The part of Dify that a path belongs to: api/<package>, web/<area>, docker, other."""
    parts = path.split("/")
    if parts[0] in {layout.API, layout.WEB}:
        return "/".join(parts[:-1][:depth])
    if parts[0] == layout.DOCKER:
        return "/".join(parts[:-1][: depth - 1])
    return "other" if depth <= 2 or len(parts) == 1 else "/".join(("other", *parts[:-1][: depth - 2]))


Together = Callable[[Sequence[str]], Sequence[tuple[str, Sequence[str]]]]
"""Which of some paths changed together: groups of them, each with what is new in it."""


@dataclass(frozen=True)
class Group:
    """The paths of one patch, what it is called, and the commit whose own change of them it is."""

    name: str
    paths: tuple[str, ...]
    commit: Told | None = None
    leftover: str = ""
    on_top: bool = False
    why: str = ""
    """Why these paths are in one patch, where their places do not say it."""


def grouped(
    split: ForkSplit,
    by: By,
    findings: Iterable[ForkFinding],
    own: Sequence[Told],
    sides: tuple[Entries, Entries],
    *,
    apart: Iterable[str] = (),
    together: Together | None = None,
) -> list[Group]:
    """The paths of each patch; what may be dropped has a patch for itself. `sides` are the base and the fork.

    `together` says which of some paths changed together, and what is new in them.
    Deletions come first: a path may turn from a folder into a file. What stands in a file beside work of the fork's
    (`apart`) comes last: nothing builds on it then.
    """
    apart = sorted(apart)
    groups = _leftovers(split, [finding for finding in findings if finding.path not in apart])
    grouped_paths = {path for group in groups for path in group.paths}
    remaining = [path for path in split.patched if path not in grouped_paths and path not in split.moved.values()]
    commits: list[Group] = []
    if by in OF_COMMITS:
        commits = by_commit([path for path in remaining if path not in {*split.moved, *apart}], own, *sides)
        remaining = [path for path in remaining if not any(path in group.paths for group in commits)]
    kind = "conflict markers"
    on_top = [Group(f"{kind} in {path}", (path,), leftover=kind, on_top=True) for path in apart]
    features = _features(remaining, split.moved, together) if by == "meaning" and together else []
    remaining = [path for path in remaining if not any(path in group.paths for group in features)]
    return [*groups, *commits, *features, *_own(remaining, by, split.moved), *on_top]


def _features(paths: Sequence[str], moved: Mapping[str, str], together: Together) -> list[Group]:
    """What changed together; by its areas where it is too much for one patch."""
    plain = [path for path in paths if PurePosixPath(path).name not in LOCK_FILES]
    groups: list[Group] = []
    for name, feature_paths in together(plain):
        why = f"In one patch, since what is new in these files is called alike: {name}."
        parts = _areas(feature_paths, 2) if len(feature_paths) > _MOST else []
        named = [(f"{name} in {part}", part_paths) for part, part_paths in parts] or [(name, [*feature_paths])]
        groups += [Group(title, _with_old(group_paths, moved), why=why) for title, group_paths in named]
    return groups


def _leftovers(split: ForkSplit, findings: Sequence[ForkFinding]) -> list[Group]:
    groups = [
        Group(f"files missing from {folder or 'the root'}", paths, leftover="deleted")
        for folder, paths in _folders(split.deleted)
    ]
    groups += [Group(f"{path}: a file and a folder change places", paths) for path, paths in split.swapped.items()]
    return groups + _alone(_leftover_kinds(findings, split), split.moved)


def _own(paths: Sequence[str], by: By, moved: Mapping[str, str]) -> list[Group]:
    if by == "file":
        return [Group(path, _pair(path, moved)) for path in paths]
    locks = [path for path in paths if PurePosixPath(path).name in LOCK_FILES]
    areas = _areas([path for path in paths if path not in locks], 2)
    named = [*areas, *((path, [path]) for path in locks)]
    return [Group(name, _with_old(group_paths, moved)) for name, group_paths in named]


def _leftover_kinds(findings: Sequence[ForkFinding], split: ForkSplit) -> dict[str, str]:
    """The files that are a leftover and nothing else, with its kind."""
    displaced = {path for paths in split.swapped.values() for path in paths} | set(split.moved)
    fit = [
        finding
        for finding in findings
        if finding.path in split.patched and finding.path not in displaced and not finding.mixed
    ]
    return {finding.path: finding.kind for kind in reversed(_ALONE) for finding in fit if finding.kind == kind}


def _alone(kinds: Mapping[str, str], moved: Mapping[str, str]) -> list[Group]:
    """A patch for each of these files; for each area where they are too many, as on a base that is far off."""
    groups: list[Group] = []
    for kind in _ALONE:
        paths = sorted(path for path, path_kind in kinds.items() if path_kind == kind)
        named = _areas(paths, 2) if len(paths) > _MOST else [(path, [path]) for path in paths]
        groups += [
            Group(f"{kind} in {name}", _with_old(group_paths, moved), leftover=kind) for name, group_paths in named
        ]
    return groups


def _folders(paths: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    by_folder: dict[str, list[str]] = {}
    for path in paths:
        by_folder.setdefault(path.rpartition("/")[0], []).append(path)
    return [(folder, tuple(folder_paths)) for folder, folder_paths in sorted(by_folder.items())]


def _pair(path: str, moved: Mapping[str, str]) -> tuple[str, ...]:
    return (moved[path], path) if path in moved else (path,)


def _with_old(paths: Iterable[str], moved: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(member for path in paths for member in _pair(path, moved)))


def _areas(paths: Sequence[str], depth: int) -> list[tuple[str, list[str]]]:
    """Areas that are small enough, and the parts of those that are not."""
    by_area: dict[str, list[str]] = {}
    for path in paths:
        by_area.setdefault(area(path, depth), []).append(path)
    result: list[tuple[str, list[str]]] = []
    for name, area_paths in sorted(by_area.items()):
        deeper = _areas(area_paths, depth + 1) if len(area_paths) > _MOST and depth < 8 else []
        result += deeper if len(deeper) > 1 else [(name, area_paths)]
    return result


def by_commit(paths: Iterable[str], own: Sequence[Told], base: Entries, fork: Entries) -> list[Group]:
    """For each commit of the fork, the paths of which it did a part, where all parts lead from the base to the fork.

    That is seen by the ids of the files alone: what a merge changed on the way has no such parts. `own` is in order.
    """
    makers: dict[str, list[Told]] = {path: [] for path in paths}
    for commit in own:
        for path in commit.changes.keys() & makers.keys():
            makers[path].append(commit)
    commit_paths: dict[str, list[str]] = {}
    for path, commits in makers.items():
        for commit in _chain(path, commits, base.get(path, ""), fork.get(path, "")):
            commit_paths.setdefault(commit.oid, []).append(path)
    return [
        Group(commit.subject or "a commit without a subject", tuple(sorted(commit_paths[commit.oid])), commit)
        for commit in own
        if commit.oid in commit_paths
    ]


def _chain(path: str, commits: Sequence[Told], start: str, end: str) -> list[Told]:
    """The commits that led the file from `start` to `end`, each from where the one before it ended; [] if none did."""
    chain: list[Told] = []
    for commit in reversed(commits):
        old, new = commit.changes[path]
        if new == end:
            chain.append(commit)
            end = old
            if end == start:
                return chain
    return []


def patch_plans(groups: Sequence[Group], tip: Told, facts: Mapping[str, str]) -> tuple[PatchPlan, ...]:
    """The patches, numbered. `facts` are `name` (of the overlay), `from` (the fork), `release` (if known)."""
    plans: list[PatchPlan] = []
    for number, group in enumerate(groups, 1):
        commit = group.commit
        subject = group.name if commit else f"{facts['name']}: {group.name}"
        who = commit or Told("", facts["name"], f"{facts['name']}@localhost", tip.date, "")
        name = f"{number:04d}-{file_name(group.name)}"
        made_by = commit.oid if commit else ""
        message = (subject, _body(group, facts), who.author, who.email, who.date)
        plans.append(PatchPlan(name, *message, group.paths, made_by, group.leftover, group.on_top))
    return tuple(plans)


def _body(group: Group, facts: Mapping[str, str]) -> str:
    commit = group.commit
    made_for = f"Made-for: {facts['release']}\n" if facts.get("release") else ""
    origin = f"{facts['from']}, commit {commit.oid[:12]}" if commit else facts["from"]
    trailers = f"Why: taken over from {origin}\nUpstream: not sent, it comes from a fork\n{made_for}"
    text = commit.body if commit else group.why
    return f"{text}\n\n{trailers}" if text else trailers
