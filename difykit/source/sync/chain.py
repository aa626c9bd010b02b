"""The commits of a source in the object database: what `sync` makes, and what every proof of it makes too."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

from difykit.core.errors import ConfigError, DifyKitError, Problem
from difykit.git import Commit, Store, write_chain
from difykit.source import migrations, overlay
from difykit.source.sync.layers import LayerCommits
from difykit.source.sync.plan import LayerPlan, SourceInputs, layer_plans
from difykit.workspace.state import Source, SourceLayer


@dataclass(frozen=True)
class SourceChain:
    """The layers on a release: the commit of each, and of the last ones, which are new, what they change."""

    base: str
    plans: tuple[LayerPlan, ...]
    commits: tuple[str, ...]
    new: tuple[Commit, ...]
    builder: LayerCommits

    @property
    def tip(self) -> str:
        return self.commits[-1] if self.commits else self.base

    @property
    def below(self) -> str:
        """The commit that the new ones stand on."""
        return [self.base, *self.commits][len(self.commits) - len(self.new)]

    @property
    def layers(self) -> tuple[SourceLayer, ...]:
        return tuple(
            SourceLayer(kind=plan.kind, name=plan.name, key=plan.key, commit=commit)
            for plan, commit in zip(self.plans, self.commits, strict=True)
        )


@dataclass(frozen=True)
class ChainAttempt:
    """The layers on a release as far as they fit, and all that stands against a sync."""

    tip: str
    unwired: str
    """The commit below the wiring's."""
    problems: tuple[Problem, ...]
    faults: tuple[DifyKitError, ...]
    builder: LayerCommits


def attempt_chain(store: Store, base: str, release: Version | None, inputs: SourceInputs) -> ChainAttempt:
    """What `make_chain` would come to, whatever is wrong with overlays: they are laid as far as they fit.

    Raises PatchConflict for a patch that does not fit.
    """
    version = release or Version("0")
    builder = LayerCommits(store, base, version, inputs, [])
    attempt = builder.attempt(layer_plans(inputs, base, release, None), entire=True)
    commits = [base, *write_chain(store, base, attempt.commits)]
    tip = commits[-1]
    problems, faults = [*attempt.problems], [*attempt.faults]
    try:
        migrations.check_migrations(store.tree(tip), inputs.overlays, builder.owner)
    except ConfigError as error:
        problems += error.problems
    except DifyKitError as error:
        faults.append(error)
    return ChainAttempt(tip, commits[-2] if attempt.wired else tip, tuple(problems), tuple(faults), builder)


def make_chain(
    store: Store, base: str, release: Version | None, inputs: SourceInputs, before: Source | None
) -> SourceChain:
    """Make the commits that are not there yet; what `before` has is not made again.

    Raises PatchConflict, ConfigError or DifyKitError for what does not fit, migrations that cannot run among it.
    """
    version = release or Version("0")
    overlay.check_overlays(inputs.overlays, version)
    plans = layer_plans(inputs, base, release, before)
    existing = [plan for plan in plans if plan.commit]
    builder = LayerCommits(store, base, version, inputs, existing)
    new = builder.commits(plans[len(existing) :])
    existing_commits = [plan.commit or "" for plan in existing]
    commits = (*existing_commits, *write_chain(store, [base, *existing_commits][-1], new))
    chain = SourceChain(base, tuple(plans), commits, tuple(new), builder)
    if new or before is None or before.commit != chain.tip:
        migrations.check_migrations(store.tree(chain.tip), inputs.overlays, builder.owner)
    return chain
