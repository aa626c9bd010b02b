"""The upstream repository: the pinned release can be fetched. No URL is shown: it may hold a password."""

from __future__ import annotations

from dataclasses import dataclass

from difykit import git
from difykit.checks.finding import Finding, NotJudged, error, ok, warning
from difykit.checks.workspace.space import Space


@dataclass(frozen=True)
class UpstreamAnswer:
    """Whether the pinned release can be fetched, and whether it was before."""

    ref: str
    problem: str = ""
    reached: bool = True
    fetched: bool = False


def look_at_upstream(space: Space, version: str) -> UpstreamAnswer:
    """Ask the upstream for the pin, with the user's own network settings. Raises NotJudged without git."""
    if not version:
        raise NotJudged("needs git")
    settings = space.settings.upstream
    ref = settings.ref if space.workspace else ""
    problem, reached = git.upstream_problem(settings.url, ref)
    fetched = bool(space.workspace and git.Store(space.workspace.store).release(ref))
    return UpstreamAnswer(ref, problem, reached, fetched)


def judge_upstream(upstream: UpstreamAnswer) -> list[Finding]:
    """The pinned release can be fetched, or is here already."""
    ref, problem = upstream.ref, upstream.problem
    if not problem:
        return [ok(f"it has {ref}" if ref else "it answers")]
    hint = "check the network and your proxy for git (git config http.proxy)"
    hint += "; or set another upstream.url in difykit.yaml" if ref else ""
    if upstream.reached:
        if upstream.fetched:
            return [warning(f"{problem} any more; {ref} is here already", "keep .difykit, or move the pin")]
        return [error(problem, "set upstream.ref in difykit.yaml to an existing release")]
    if upstream.fetched:
        text = f"{problem}; {ref} is here already, so sync works, but no other release can be fetched"
        return [warning(text, hint)]
    return [warning(f"{problem}; the first sync cannot fetch Dify", hint)]
