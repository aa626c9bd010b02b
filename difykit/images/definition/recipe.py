"""Upstream's own way to make an image: its Dockerfile, the context that fits it, and where each file lands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from posixpath import basename, dirname

from difykit.core.errors import DifyKitError
from difykit.images.definition import dockerfile, ignore
from difykit.images.definition.dockerfile import Copy

_WILD = frozenset("*?[")


@dataclass(frozen=True)
class CopiedPath:
    """One source of one COPY, with its wildcards resolved: a file or a folder, and the path it gets in the image."""

    source: str  # relative to the context, "" is all of it
    folder: bool
    dest: str
    copy: Copy

    def lands(self, path: str) -> str | None:
        """Where a file of the context lands by this move: "" where that cannot be known, None when it does not."""
        if not self.folder:
            return self.dest if path == self.source else None
        if self.source and not path.startswith(self.source + "/"):
            return None
        return _below(self.dest, path[len(self.source) :].lstrip("/")) if self.dest else ""

    def origin(self, dest: str) -> str | None:
        """The file of the context that would lie at `dest`, or None when this move does not reach it."""
        if not self.folder:
            return self.source if dest == self.dest else None
        start = self.dest.rstrip("/") + "/"
        return _below(self.source, dest[len(start) :]) if self.dest and dest.startswith(start) else None


@dataclass(frozen=True)
class Recipe:
    """A Dockerfile of the release with its build context."""

    path: str  # api/Dockerfile
    context: str  # a folder of the release, "" is its root
    ignore_path: str  # "" where there is none
    ignored: ignore.Ignore
    copies: tuple[Copy, ...]
    moves: tuple[CopiedPath, ...]
    text: str = ""
    user: str = ""  # whom the image runs as, "" where that is left to the image it stands on
    arguments: frozenset[str] = frozenset()  # the build arguments that it declares

    def __bool__(self) -> bool:
        """Whether the release has one."""
        return bool(self.path)

    @property
    def folder(self) -> str:
        """The folder of the Dockerfile: the part of Dify that the image runs."""
        return dirname(self.path)

    @property
    def own_files(self) -> frozenset[str]:
        """The files that say how to build; they need not exist."""
        if not self.path:
            return frozenset()
        specific = self.path + ".dockerignore"
        general = _below(self.context, ".dockerignore")
        return frozenset({self.path, specific} if self.ignore_path == specific else {self.path, specific, general})

    def inside(self, path: str) -> str | None:
        """A path of the release as the build sees it: relative to the context; None when the build does not see it."""
        if self.context and not path.startswith(self.context + "/"):
            return None
        inner = path[len(self.context) :].lstrip("/")
        return None if self.ignored.excludes(inner) else inner

    def outside(self, inner: str) -> str:
        """A path of the context as the release has it."""
        return _below(self.context, inner)

    def uses(self, path: str) -> list[tuple[CopiedPath, str]]:
        """The moves that take a path of the release, each with the place it gets in the image."""
        inner = self.inside(path)
        landings = [] if inner is None else [(move, move.lands(inner)) for move in self.moves]
        return [(move, dest) for move, dest in landings if dest is not None]


NO_RECIPE = Recipe("", "", "", ignore.Ignore(), (), ())
"""Of an image that the release does not make itself."""


def read_recipe(
    path: str,
    read: Callable[[str], bytes | None],
    paths: Collection[str],
    args: Mapping[str, str] | None = None,
) -> Recipe:
    """The recipe whose Dockerfile is at `path` of a release that has the files `paths`, built with `args`.

    Raises DifyKitError when there is no such file, or no folder has all that it copies.
    """
    raw = read(path)
    if raw is None:
        raise DifyKitError(f"this source has no {path}", hint="is upstream.ref in difykit.yaml a Dify release?")
    text = raw.decode("utf-8", "replace")
    parsed = dockerfile.parse(text, args)
    copies = parsed.copies
    context, inner = _context(path, copies, paths)
    ignore_path = next(
        (name for name in (path + ".dockerignore", _below(context, ".dockerignore")) if read(name) is not None), ""
    )
    ignored = ignore.parse((read(ignore_path) or b"").decode("utf-8", "replace")) if ignore_path else ignore.Ignore()
    moves = tuple(move for copy in copies if not copy.origin for move in _moves(copy, inner))
    return Recipe(path, context, ignore_path, ignored, copies, moves, text, parsed.user, parsed.arguments)


def _context(path: str, copies: Iterable[Copy], paths: Collection[str]) -> tuple[str, Collection[str]]:
    """The first of (the Dockerfile's folder, the root) that has every file the Dockerfile names, and what is in it."""
    sources = sorted({source for copy in copies if not copy.origin for source in copy.sources})
    lacking: list[str] = []
    for context in (dirname(path), ""):
        start = context + "/" if context else ""
        inner = [name[len(start) :] for name in paths if name.startswith(start)]
        existing = _with_folders(inner)
        missing = [source for source in sources if source and not _WILD & set(source) and source not in existing]
        if not missing:
            return context, inner
        lacking.append(f"{context or 'the root'} lacks {', '.join(missing[:3])}")
    raise DifyKitError(
        f"{path} copies files that no build context of this source has: {'; '.join(lacking)}",
        hint="does a patch or an overlay delete them? git log --diff-filter=D in .difykit/source says which",
    )


def _with_folders(paths: Iterable[str]) -> set[str]:
    folders: set[str] = set()
    for path in paths:
        while path and path not in folders:
            folders.add(path)
            path = path.rpartition("/")[0]  # noqa: PLW2901 - walks up until a folder that is known
    return folders


def _moves(copy: Copy, paths: Collection[str]) -> list[CopiedPath]:
    moves = []
    files = frozenset(paths)
    for source in copy.sources:
        for name in _expanded(source, paths):
            folder = name not in files
            into = copy.into and not folder
            dest = _below(copy.dest, basename(name)) if into and copy.dest else copy.dest
            moves.append(CopiedPath(name, folder, dest, copy))
    return moves


def _expanded(source: str, paths: Collection[str]) -> list[str]:
    if not _WILD & set(source):
        return [source]
    pattern, depth = ignore.glob(source), source.count("/") + 1
    candidates = {"/".join(path.split("/")[:depth]) for path in paths if path.count("/") + 1 >= depth}
    return sorted(name for name in candidates if pattern.match(name))


def _below(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name
