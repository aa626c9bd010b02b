"""What is below `.difykit`: whole, and nothing put aside that its user may have forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from difykit.checks.finding import Finding, NotJudged, error, ok, warning
from difykit.checks.workspace.space import Space
from difykit.git import Harm, look_over
from difykit.workspace.derived import asides


@dataclass(frozen=True)
class Derived:
    """What is damaged below `.difykit`, and what was put aside there."""

    harms: tuple[Harm, ...]
    asides: tuple[Path, ...]
    exists: bool


def look_at_derived(space: Space, version: str) -> Derived:
    """Read all of it, each object of the store; Raises NotJudged without a workspace or git."""
    if space.root is None or not version:
        raise NotJudged("needs a workspace and git")
    folder = space.root / ".difykit"
    harms = tuple(look_over(space.root))
    return Derived(harms, asides(folder) if folder.is_dir() else (), folder.is_dir())


def judge_derived(derived: Derived) -> list[Finding]:
    """Nothing is damaged, and nothing waits that was put aside."""
    findings = [error(harm.text, harm.mend) for harm in derived.harms]
    findings += [
        warning(f"{path} was put aside, it may hold work of yours", f"take back what you need, then: rm -r {path}")
        for path in derived.asides
    ]
    return findings or [ok("what is there is sound" if derived.exists else "nothing was made yet")]
