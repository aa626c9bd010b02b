"""What is below `.difykit`: whole, and nothing put aside that its user may have forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from difykit.derived import asides
from difykit.doctor.finding import Said, fail, ok, skip, warn
from difykit.doctor.space import Space
from difykit.git.checkup import Harm, look_over


@dataclass(frozen=True)
class Derived:
    """What is damaged below `.difykit`, and what was put aside there."""

    harms: tuple[Harm, ...]
    asides: tuple[Path, ...]
    exists: bool


def look_at_derived(space: Space, version: str) -> Derived | None:
    """Read all of it, each object of the store; None where there is no workspace, or no git."""
    if space.root is None or not version:
        return None
    folder = space.root / ".difykit"
    harms = tuple(look_over(space.root))
    return Derived(harms, asides(folder) if folder.is_dir() else (), folder.is_dir())


def derived_said(derived: Derived | None) -> list[Said]:
    """Nothing is damaged, and nothing waits that was put aside."""
    if derived is None:
        return [skip("needs a workspace and git")]
    findings = [fail(harm.text, harm.mend) for harm in derived.harms]
    findings += [
        warn(f"{path} was put aside, it may hold work of yours", f"take back what you need, then: rm -r {path}")
        for path in derived.asides
    ]
    return findings or [ok("what is there is sound" if derived.exists else "nothing was made yet")]
