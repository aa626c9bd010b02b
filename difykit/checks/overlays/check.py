"""`overlay.check`: what each verb would say of the overlays, asked of the verbs' own plans, with nothing written."""

from __future__ import annotations

from packaging.version import Version

from difykit.checks.overlays import steps
from difykit.checks.overlays.report import OverlayReport
from difykit.core.errors import ConfigError, DifyKitError, PatchConflict
from difykit.git import Store, borrowing
from difykit.source import overlay
from difykit.source.patch import printable, readable
from difykit.source.routes import read_addresses, route_problems
from difykit.source.sync import PinnedDify, SourceInputs, attempt_chain, fit, read_inputs, unlocked
from difykit.workspace.state import Source
from difykit.workspace.workspace import Workspace


def check(workspace: Workspace, pin: PinnedDify) -> OverlayReport:
    """All that is wrong with the enabled overlays for the pinned release, as far as it was fetched.

    Raises ConfigError for a manifest that cannot be read.
    """
    report = OverlayReport()
    if pin.version:
        try:
            overlay.check_overlays(workspace.overlays, pin.version)
        except ConfigError as error:
            report.refuse(error.problems)
    steps.judge_images(workspace, report)
    if pin.tree is not None and pin.version is not None:
        with Store(workspace.store) as store:
            base = store.release(pin.ref)
            if base:
                _judge_release(workspace, pin, store, base, pin.version, report)
    return report


def _judge_release(
    workspace: Workspace, pin: PinnedDify, store: Store, base: str, version: Version, report: OverlayReport
) -> None:
    """Make the source in a repository that is thrown away, as `sync` would, and hand it to the later verbs' plans."""
    inputs = _fitting(workspace, pin, report)
    with borrowing(store) as scratch:
        try:
            attempt = attempt_chain(scratch, base, version, inputs)
        except PatchConflict as error:
            report.leave_out(f"what comes after {error.message.splitlines()[0]} (difykit patch.check)")
            return
        tree = scratch.tree(attempt.tip)
        report.refuse(attempt.problems)
        unwired = read_addresses(scratch.tree(attempt.unwired), workspace.overlays)
        routes = route_problems(workspace.overlays, unwired)
        report.refuse(routes)
        told = " ".join(problem.text for problem in routes)
        report.refuse(fault.message for fault in attempt.faults if fault.message.partition(": ")[2] not in told)
        distributions = steps.distributions(workspace)
        content = overlay.content_findings(workspace.overlays, tree, scratch.tree(base), version, distributions)
        report.refuse(content.problems)
        report.warn(content.warnings)
        for reason in content.not_judged:
            report.leave_out(reason)
        for manifest in unlocked(tree, scratch.tree(base), attempt.builder.owner):
            if manifest.owner.startswith("overlay "):
                report.warn([f"{manifest}; mend it: {manifest.mending}"])
        source = Source(release=pin.ref, base=base, commit=attempt.tip, layers=())
        steps.judge_build(workspace, source, scratch, report)
        steps.judge_release(workspace, source, scratch, report, wired=not (attempt.problems or attempt.faults))


def _fitting(workspace: Workspace, pin: PinnedDify, report: OverlayReport) -> SourceInputs:
    """What the source is made from, without the patches that do not fit: `patch.check` tells of those."""
    try:
        inputs = read_inputs(workspace, pin.version)
    except ConfigError as error:
        report.leave_out(f"how the overlays fit on the patches: {error.message.splitlines()[0]} (difykit patch.check)")
        inputs = read_inputs(workspace, pin.version, patches=False)
    fits = fit(inputs.patches, pin)
    unfit = {name for name, outcome in fits.items() if outcome.state != "applies"}
    for name in sorted(unfit):
        report.leave_out(f"how the overlays fit on patches/{printable(name)}, which does not fit (difykit patch.check)")
    return inputs.without(unfit)
