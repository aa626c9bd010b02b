"""From a survey to a plan; pure but for reading blobs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from difykit.adopt.composefiles import compose_files
from difykit.adopt.conflicts import without_conflicts
from difykit.adopt.endpoints import endpoints
from difykit.adopt.groups import grouped, patch_plans
from difykit.adopt.leftovers import carried, copies, deletions, markers, strays
from difykit.adopt.locks import lock_files
from difykit.adopt.model import KINDS, AdoptionPlan, Entries, ForkFinding, ForkSplit, Request
from difykit.adopt.removal_commands import with_way_out
from difykit.adopt.secrets import secrets
from difykit.adopt.split import split
from difykit.adopt.survey import Survey
from difykit.adopt.together import modules, together
from difykit.dify import layout


@dataclass(frozen=True)
class _Reader:
    """The files of both sides by path; b"" for none, for a link and for a submodule."""

    fork: Entries
    base: Entries
    blob: Callable[[str], bytes]
    standing: Callable[[Collection[bytes]], Collection[bytes]]

    def is_base(self, path: str, content: bytes) -> bool:
        """Whether a file would be Dify's own with this content."""
        modes = {side.get(path, "").partition(" ")[0] for side in (self.base, self.fork)}
        return len(modes) == 1 and content == self.old(path)

    def new(self, path: str) -> bytes:
        return self._read(self.fork, path)

    def old(self, path: str) -> bytes:
        return self._read(self.base, path)

    def _read(self, entries: Entries, path: str) -> bytes:
        mode, _, oid = entries.get(path, "").partition(" ")
        return self.blob(oid) if mode.startswith("100") else b""


def make_plan(
    request: Request,
    name: str,
    survey: Survey,
    *,
    tree: str,
    moved: Mapping[str, str],
    blob: Callable[[str], bytes],
    size: Mapping[str, int],
    standing: Callable[[Collection[bytes]], Collection[bytes]],
    on_part: Callable[[str], None],
) -> AdoptionPlan:
    """What of the fork goes where, and what somebody should look at.

    `tree` is the id of the fork's tree, `moved` its renamed files, `blob` reads a file by its id, `standing`
    says which texts stand in the base, `on_part` hears what is done.
    Raises DifyKitError for what neither a patch nor an overlay can carry.
    """
    parts = split(survey.base.entries, survey.fork, moved, blob, size)
    read = _Reader(survey.fork, survey.base.entries, blob, standing)
    raw = list(_findings(parts, survey, read, on_part))
    apart = _apart(raw, parts, read)
    raw = [replace(finding, mixed=True) if _is_tangled(finding, parts, apart) else finding for finding in raw]
    findings = sorted(raw, key=lambda finding: (list(KINDS).index(finding.kind), finding.path, finding.line))
    facts = {"name": name, "from": f"{request.fork} {request.ref} ({survey.tip.oid[:12]})"}
    if survey.base.version:
        facts["release"] = str(survey.base.version)
    sides = (survey.base.entries, survey.fork)
    resolved = {
        path: content for path, content in apart.items() if content is not None and not read.is_base(path, content)
    }
    code = [path for path in (*parts.overlay, *parts.unfit) if path.partition("/")[0] in {layout.API, layout.WEB}]
    new_modules = modules(code, survey.base.entries)

    on_part("see what changed together")

    def before(path: str) -> bytes:
        return read.old(parts.moved.get(path, path))

    groups = grouped(
        parts,
        request.by,
        findings,
        survey.own,
        sides,
        apart=resolved,
        together=lambda paths: together(
            paths, new_modules, lambda path: read.old(parts.moved.get(path, path)), read.new
        ),
    )
    patches = patch_plans(groups, survey.tip, facts)
    advised = tuple(with_way_out(findings, parts, name, patches))
    own = AdoptionPlan(
        request, name, survey.tip.oid, tree, survey.base, survey.candidates, parts, patches, advised, resolved
    )
    return replace(own, by_files=survey.by_files, content=survey.content)


def _apart(findings: Iterable[ForkFinding], parts: ForkSplit, read: _Reader) -> dict[str, bytes | None]:
    """For each of Dify's files with conflicts in it: the file without them, None where they cannot be told apart."""
    marked = {
        finding.path for finding in findings if finding.kind == "conflict markers" and finding.path in parts.patched
    }
    plain = sorted(path for path in marked if path in read.base and path not in parts.unfit)
    return {path: without_conflicts(read.old(path), read.new(path)) for path in plain}


def _is_tangled(finding: ForkFinding, parts: ForkSplit, apart: Mapping[str, bytes | None]) -> bool:
    """Whether a conflict cannot be taken out without what stands beside it: of an added or moved file, all is new."""
    if finding.kind != "conflict markers":
        return finding.mixed
    return finding.path in parts.overlay or apart.get(finding.path) is None


def _findings(parts: ForkSplit, survey: Survey, read: _Reader, on_part: Callable[[str], None]) -> Iterator[ForkFinding]:
    base, fork = survey.base.entries, survey.fork
    touched = [*parts.overlay, *(path for path in parts.patched if path in fork)]
    on_part(f"look for conflict markers in {len(touched)} files")
    yield from markers(touched, read.new, read.old)
    # A file that Dify ships, wherever and in whichever release, tells nobody a secret.
    shipped = {
        entry.partition(" ")[2] for release in (survey.base, *survey.releases) for entry in release.entries.values()
    }
    own = [path for path in touched if fork[path].partition(" ")[2] not in shipped]
    on_part(f"look for secrets in {len(own)} files")
    yield from secrets(own, read.new, read.old, read.standing)
    on_part("look for what merges left")
    yield from copies(parts, base, fork)
    yield from strays(parts, survey.base, fork, survey.releases)
    yield from deletions(parts, fork, survey.base, survey.releases)
    on_part("look at lock files, Compose files and endpoints")
    yield from lock_files(base, fork, read.new)
    yield from compose_files(base, fork, read.new, read.old)
    yield from endpoints(parts.overlay, parts.patched, read.new)
    yield from carried(parts)
    yield from _submodules(survey, read)


def _submodules(survey: Survey, read: _Reader) -> Iterator[ForkFinding]:
    named = {line.partition(b"=")[2].strip() for line in read.new(".gitmodules").splitlines() if b"path" in line}
    for path in survey.submodules:
        is_named = path.encode("utf-8", "surrogateescape") in named
        text = (
            ".gitmodules says of which repository" if is_named else "a stray: no .gitmodules says of which repository"
        )
        yield ForkFinding("submodule", path, text)
