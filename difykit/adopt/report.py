"""The plan in words: for the terminal, and as the file that stays beside the overlay; pure."""

from __future__ import annotations

from collections.abc import Iterator

from difykit.adopt.model import KINDS, AdoptionPlan, ForkFinding
from difykit.core import redact
from difykit.source.patch import printable

FILE = "ADOPTED.md"
_SHOWN = 6


def summary(plan: AdoptionPlan) -> Iterator[str]:
    """What is made of the fork, one line each."""
    parts = plan.split
    changed = len([path for path in parts.patched if path not in parts.moved.values()])
    if parts.overlay:
        yield f"overlay {plan.name}: {len(parts.overlay)} files"
    yield (
        f"patches: {len(plan.patches)}, for {changed} files"
        + (f" ({len(parts.moved)} of them moved)" if parts.moved else "")
        + (f", and {len(parts.deleted)} that go" if parts.deleted else "")
    )
    if plan.proven:
        beside = f", but for {len(plan.left_out)} submodules" if plan.left_out else ""
        yield f"proof: a sync of this gives tree {plan.proven}, the fork's own{beside}, byte for byte, with modes"


def findings_in_words(plan: AdoptionPlan) -> Iterator[str]:
    """What somebody should look at, by kind; of each kind the first ones."""
    for kind, findings in _by_kind(plan):
        yield f"{len(findings)} x {kind}: {KINDS[kind]}"
        for finding in findings[:_SHOWN]:
            yield f"    {finding}"
            if remedy := finding.drop or finding.edit:
                yield f"        {remedy}"
        if len(findings) > _SHOWN:
            where = f"overlays/{plan.name}/{FILE}" if plan.split.overlay else "--json"
            yield f"    and {len(findings) - _SHOWN} more: {where}"


def page(plan: AdoptionPlan) -> str:
    """The file that says where the overlay comes from, and what is still to be looked at."""
    beside = f", but for {len(plan.left_out)} submodules" if plan.left_out else ""
    nothing = "But for submodules nothing" if plan.left_out else "Nothing"
    lines = [
        f"# {plan.name}: adopted from a fork",
        "",
        f"`difykit adopt` made this overlay and {len(plan.patches)} patches of {plan.request.fork},",
        f"`{plan.request.ref}` (commit `{plan.fork_commit}`),",
        f"which stands on Dify `{plan.base.ref}` (commit `{plan.base.commit}`).",
        f"A `sync` of the workspace as it was then gives the fork's own tree{beside}, `{plan.fork_tree}`.",
        *([f"{plan.by_files[0].upper()}{plan.by_files[1:]}."] if plan.by_files else []),
        "",
    ]
    if plan.findings:
        lines += [
            f"{nothing} was left out. What somebody should look at, with the command that takes it out, and nothing",
            "else; where work of yours stands beside it, with the place to take it out by hand:",
            "",
        ]
    for kind, findings in _by_kind(plan):
        lines += [f"## {len(findings)} x {kind}", "", f"{KINDS[kind][0].upper()}{KINDS[kind][1:]}.", ""]
        for finding in findings:
            remedy = f"`{printable(finding.drop)}`" if finding.drop else printable(finding.edit)
            lines.append(f"- [ ] {_code(finding)}" + (f"\n  {remedy}" if remedy else ""))
        lines.append("")
    return redact.text("\n".join(lines)).rstrip("\n") + "\n"


def _code(finding: ForkFinding) -> str:
    where = f"{finding.path}:{finding.line}" if finding.line else finding.path
    return f"`{printable(where)}`: {printable(finding.text)}"


def _by_kind(plan: AdoptionPlan) -> Iterator[tuple[str, list[ForkFinding]]]:
    for kind in KINDS:
        if findings := [finding for finding in plan.findings if finding.kind == kind]:
            yield kind, findings
