"""For each finding the command that takes out just that, or where to take it out by hand; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from shlex import quote

from difykit.adopt.model import KEY_STORE, ForkFinding, ForkSplit, PatchPlan

_NOTHING_TO_TAKE_OUT = frozenset({"blueprint", "taken along", "submodule"})
# A file with a finding of another kind holds other things, too.
_WHOLE = frozenset({"old content", "stale", "newer", "merge copy"})


def with_way_out(
    findings: Sequence[ForkFinding], parts: ForkSplit, name: str, patches: Sequence[PatchPlan]
) -> Iterator[ForkFinding]:
    """The findings, each with the way to take it out; `name` is the overlay's."""
    whole_paths = {finding.path for finding in findings if is_whole(finding)}
    for finding in findings:
        if finding.kind in _NOTHING_TO_TAKE_OUT:
            yield finding
        elif finding.path in parts.overlay:
            yield _in_overlay(finding, f"overlays/{name}/tree/{finding.path}", whole_file=finding.path in whole_paths)
        else:
            yield _in_patch(finding, patches)


def is_whole(finding: ForkFinding) -> bool:
    """Whether the finding's file is a leftover and nothing else."""
    return not finding.mixed and (finding.kind in _WHOLE or finding.text == KEY_STORE)


def _in_overlay(finding: ForkFinding, path: str, *, whole_file: bool) -> ForkFinding:
    if whole_file:
        return replace(finding, drop=f"rm {_word(path)}")
    line = f":{finding.line}" if finding.line else ""
    return replace(finding, edit=f"by hand in {_word(path)}{line}: the file holds more than that")


def _in_patch(finding: ForkFinding, patches: Sequence[PatchPlan]) -> ForkFinding:
    owners = [patch for patch in patches if finding.path in patch.paths]
    if not owners:
        return finding
    owner = owners[-1]
    if owner.leftover and (not owner.on_top or finding.kind == owner.leftover):
        file_option = f" --file {_word(finding.path)}" if len(owner.paths) > 1 else ""
        return replace(finding, drop=f"difykit patch.drop {owner.name}{file_option}")
    text = f"difykit patch.edit {owner.name}, which holds more than that; mend .difykit/source, then: difykit finish"
    return replace(finding, edit=text)


def _word(text: str) -> str:
    """A word for the shell; what a terminal cannot show is written by its number."""
    if text.isprintable():
        return quote(text)
    raw = text.encode("utf-8", "surrogateescape")
    plain = "".join(chr(byte) if 0x20 <= byte < 0x7F and byte not in b"'\\" else f"\\{byte:03o}" for byte in raw)
    return f"$'{plain}'"
