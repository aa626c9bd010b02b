"""What `build` and `render` would say of the overlays, by their own plans, and `env.check` of their settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from difykit.checks import Finding, Severity
from difykit.checks.overlays.report import OverlayReport
from difykit.checks.settings import findings, left_out_by, look_at, read_release
from difykit.core.errors import ConfigError, DifyKitError, Problem
from difykit.git import Store
from difykit.images import definition
from difykit.images.build import plan_build
from difykit.release.render import RenderInputs, judge_plan, read_inputs
from difykit.targets import target_of
from difykit.workspace import dotenv
from difykit.workspace.manifest import read_text
from difykit.workspace.state import BuiltImages, Image, Source
from difykit.workspace.workspace import Overlay, Workspace

_BY_THEMSELVES = {"unknown", "type"}
"""The rules for settings that look at one alone."""
_ANY_VALUE = "1"
"""Fits as a name, a password and a port."""
_REQUIRED = "required variable"
"""How Compose says that a file wants a variable which nobody sets."""
_UNBUILT = f"sha256:{'0' * 64}"


def judge_images(workspace: Workspace, report: OverlayReport) -> None:
    """The images that overlays name: each is defined, and its definition can be read."""
    try:
        _ = workspace.images
    except ConfigError as error:
        named = {f"images/{name}/": enabled for enabled in workspace.overlays for name in enabled.manifest.images}
        for problem in error.problems:
            if problem.file.startswith("overlays/"):
                report.refuse([_with_line(workspace, problem)])
            elif enabled := next((enabled for path, enabled in named.items() if problem.file.startswith(path)), None):
                report.refuse([f"{problem} (an image of the overlay {enabled.name})"])


def distributions(workspace: Workspace) -> tuple[str, ...]:
    """What images get of Python beside the release's own."""
    try:
        return tuple(name for _, manifest in workspace.images.values() for name in manifest.python)
    except ConfigError:
        return ()


def judge_build(workspace: Workspace, source: Source, store: Store, report: OverlayReport) -> None:
    """What `build` would refuse once the source is made; without an engine, as it asks none before that."""
    try:
        plan_build(workspace, source, store)
    except DifyKitError as error:
        if not _is_told(error, report):
            report.refusal(error, "build")


def judge_release(
    workspace: Workspace, source: Source, store: Store, report: OverlayReport, *, wired: bool
) -> None:
    """What `render` would refuse, and what is wrong with the overlays' settings."""
    images = BuiltImages(source=source.commit, images=_unbuilt(workspace))
    planner = target_of(workspace).plan_release
    try:
        inputs = read_inputs(workspace, source, images, store)
    except DifyKitError as error:
        report.refusal(error, "render")
        _leave_out_compose(workspace, report)
        return
    complete = _with_required(inputs)
    plan = None
    try:
        plan = planner(complete)
        unasked = judge_plan(complete, plan, planner)
    except DifyKitError as error:
        if _REQUIRED in error.message:
            report.leave_out(f"what Compose makes of the overlays' files: {error.message.splitlines()[0]}")
        elif wired or isinstance(error, ConfigError):  # else it tells of the wiring, which was told
            report.refusal(error, "render")
        if plan is None:
            _leave_out_compose(workspace, report)
    else:
        if unasked and any(plan.joined):
            report.leave_out(unasked)
        names = [enabled.name for enabled in _own(workspace)]
        about = tuple(start for name in names for start in (f"overlays/{name}/", f"overlay {name} "))
        report.warn(warning for warning in plan.warnings if about and warning.startswith(about))
    _judge_settings(workspace, source, store, inputs, report)


def _leave_out_compose(workspace: Workspace, report: OverlayReport) -> None:
    """Note that Compose was not asked, where it has something to be asked about."""
    if any(enabled.manifest.compose.files for enabled in workspace.overlays):
        report.leave_out("what Docker Compose makes of the overlays' files: it is asked once the rest is mended")


def _with_required(inputs: RenderInputs) -> RenderInputs:
    """The inputs as if the user had set what overlays require: that is for `.env`, and says nothing of an overlay."""
    present = {assignment.key for assignment in dotenv.assignments(inputs.user_env)} | inputs.settings_env.keys()
    present |= {key for part in inputs.overlays for key in part.env}
    required = {setting.key for part in inputs.overlays for setting in part.manifest.requires.settings}
    lines = "".join(f"\n{key}={_ANY_VALUE}" for key in sorted(required - present))
    return replace(inputs, user_env=f"{inputs.user_env}{lines}\n") if lines else inputs


def _judge_settings(
    workspace: Workspace, source: Source, store: Store, inputs: RenderInputs, report: OverlayReport
) -> None:
    """The overlays' settings, as `env.check` judges them."""
    try:
        text = read_text(workspace.root / "difykit.yaml", "difykit.yaml")
        settings = look_at(read_release(source.release, store.tree(source.commit)), inputs, text)
        own = [finding for finding in findings(settings) if _is_of_an_overlay(finding, inputs)]
        if any(part.removed for part in inputs.overlays):
            complete = look_at(read_release(source.release, store.tree(source.commit)), _with_required(inputs), text)
            report.refuse(_missed(workspace, findings(complete)))
    except DifyKitError as error:
        report.refusal(error, "env.check")
        return
    labels = {enabled.label for enabled in _own(workspace)}
    for finding in own:
        line = f"{finding}; {finding.hint}" if finding.hint else str(finding)
        if finding.severity is Severity.ERROR:
            report.refuse([line])
        elif finding.file in labels:
            report.warn([line])


def _missed(workspace: Workspace, wrong: Iterable[Finding]) -> Iterator[Problem]:
    """The errors for want of a service that an overlay leaves out, at the overlay: `render` refuses them."""
    for finding in (finding for finding in wrong if finding.severity is Severity.ERROR):
        for enabled in workspace.overlays:
            if left_out_by(enabled.name) in str(finding):
                yield enabled.problem(("compose", "remove"), f"compose.remove: {finding}; {finding.hint}")


def _is_of_an_overlay(finding: Finding, inputs: RenderInputs) -> bool:
    """Whether a finding speaks of what an overlay says itself, whatever `.env` holds."""
    entries = {f"overlays/{part.name}/overlay.yaml": part.manifest.env for part in inputs.overlays}
    return finding.rule in _BY_THEMSELVES and isinstance(entries.get(finding.file, {}).get(finding.subject), str)


def _own(workspace: Workspace) -> list[Overlay]:
    """The workspace's own overlays. One that difykit ships is for many releases: what may be meant is meant there."""
    return [enabled for enabled in workspace.overlays if enabled.folder.is_relative_to(workspace.root)]


def _unbuilt(workspace: Workspace) -> tuple[Image, ...]:
    """The images that `build` would make, as if it had; none where their definitions are wrong."""
    try:
        definitions = workspace.images
    except ConfigError:
        return ()
    prefix = workspace.settings.images.prefix
    return tuple(
        Image(
            name=name,
            replaces=manifest.replaces,
            strategy=manifest.strategy,
            reference=f"{_custom(prefix, name, manifest.replaces)}:not-built",
            image_id=_UNBUILT,
        )
        for name, (_, manifest) in definitions.items()
    )


def _custom(prefix: str, name: str, replaces: str) -> str:
    return definition.custom_name(prefix, replaces) if replaces else definition.own_name(prefix, name)


def _with_line(workspace: Workspace, problem: Problem) -> Problem:
    """A problem of an overlay's `images` with the line of the image that it names."""
    for enabled in workspace.overlays:
        for index, name in enumerate(enabled.manifest.images):
            if problem.file == enabled.label and not problem.line and f"images/{name}/" in problem.text:
                return enabled.problem(("images", index), problem.text)
    return problem


def _is_told(error: DifyKitError, report: OverlayReport) -> bool:
    """Whether an error is of image definitions alone, which are judged before any source."""
    problems = error.problems if isinstance(error, ConfigError) else ()
    return bool(problems) and all(any(problem.text in line for line in report.problems) for problem in problems)
