"""From a survey to a plan; pure but for reading blobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from shlex import quote

from difykit.adopt.composefiles import compose_files
from difykit.adopt.endpoints import endpoints
from difykit.adopt.groups import grouped, patch_plans
from difykit.adopt.leftovers import carried, copies, deletions, markers, strays
from difykit.adopt.locks import lock_files
from difykit.adopt.model import KINDS, Entries, Finding, PatchPlan, Plan, Request, Split
from difykit.adopt.secrets import secrets
from difykit.adopt.split import split
from difykit.adopt.survey import Survey


@dataclass(frozen=True)
class _Reader:
    """The files of both sides by path; b"" for none, for a link and for a submodule."""

    fork: Entries
    base: Entries
    blob: Callable[[str], bytes]

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
    known: Survey,
    *,
    tree: str,
    moved: Mapping[str, str],
    blob: Callable[[str], bytes],
    size: Mapping[str, int],
) -> Plan:
    """What of the fork goes where, and what somebody should look at.

    `tree` is the id of the fork's tree, `moved` its renamed files, `blob` reads a file by its id.
    Raises DifyKitError for what neither a patch nor an overlay can carry.
    """
    parts = split(known.base.entries, known.fork, moved, blob, size)
    read = _Reader(known.fork, known.base.entries, blob)
    found = sorted(_found(parts, known, read), key=lambda each: (list(KINDS).index(each.kind), each.path, each.line))
    facts = {"name": name, "from": f"{request.fork} {request.ref} ({known.tip.oid[:12]})"}
    if known.base.version:
        facts["release"] = str(known.base.version)
    sides = (known.base.entries, known.fork)
    patches = patch_plans(grouped(parts, request.by, found, known.own, sides), known.tip, facts)
    told = tuple(replace(each, drop=_drop(each, parts, name, patches)) for each in found)
    return Plan(request, name, known.tip.oid, tree, known.base, known.candidates, parts, patches, told, known.by_files)


def _found(parts: Split, known: Survey, read: _Reader) -> Iterator[Finding]:
    base, fork = known.base.entries, known.fork
    touched = [*parts.overlay, *(path for path in parts.patched if path in fork)]
    yield from markers(touched, read.new, read.old)
    yield from secrets(touched, read.new, read.old)
    yield from copies(parts, base, fork)
    yield from strays(parts, known.base, fork, known.releases)
    yield from deletions(parts, fork, known.base, known.releases)
    yield from lock_files(base, fork, read.new)
    yield from compose_files(base, fork, read.new, read.old)
    yield from endpoints(parts.overlay, parts.patched, read.new)
    yield from carried(parts)


def _drop(finding: Finding, parts: Split, name: str, patches: tuple[PatchPlan, ...]) -> str:
    """The command that takes it out, or that shows where it is; "" where there is nothing to take out."""
    if finding.kind in {"blueprint", "taken along"}:
        return ""
    if finding.path in parts.overlay:
        return f"rm {quote(f'overlays/{name}/tree/{finding.path}')}"
    owner = next((each for each in patches if finding.path in each.paths), None)
    return f"difykit patch.drop {owner.name}" if owner else ""
