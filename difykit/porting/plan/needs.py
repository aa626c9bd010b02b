"""What the parts of a workspace ask of each other and of a release, once all of them are on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from difykit.core.errors import ConfigError, Problem
from difykit.dify import layout
from difykit.git import Tree
from difykit.porting.plan.facts import ServiceFacts
from difykit.porting.plan.layers import fits
from difykit.porting.plan.model import Cell, ForecastPart, State, cell_of
from difykit.porting.plan.replay import Replay
from difykit.porting.plan.services import ReleaseServices, lost_services
from difykit.source import migrations, overlay
from difykit.workspace.workspace import Overlay


def with_needs(
    overlays: Sequence[Overlay],
    pin: ReleaseServices,
    replay: Replay,
    services: Mapping[str, ServiceFacts],
    cells: Mapping[str, Cell],
) -> list[Cell]:
    """The cells of patches and overlays by their labels, with what they ask of each other and of the release."""
    fitting = [enabled for enabled in overlays if fits(enabled, replay.number)]
    release = ReleaseServices(services, replay.tree, replay.number)
    needs = [(f"overlay {name}", problem) for name, problem in unmet(fitting, pin, release)]
    problems = migration_problems(replay.tree, fitting, replay.writes, lambda path: replay.owners.get(path, path))
    owners = {problem: f"overlay {name}" for name, problem in owned(problems, fitting)}
    needs += [(owners.get(problem) or replay.owners.get(problem.file, ""), problem) for problem in problems]
    return [_needing(cell, [problem for owner, problem in needs if owner == label]) for label, cell in cells.items()]


def unmet(overlays: Sequence[Overlay], pin: ReleaseServices, release: ReleaseServices) -> Iterator[tuple[str, Problem]]:
    """By overlay, what its manifest cannot have on the release: another overlay, a service."""
    try:
        overlay.check_overlays(overlays, release.version)
    except ConfigError as error:
        yield from owned(error.problems, overlays)
    yield from lost_services(overlays, pin, release)


def owned(problems: Sequence[Problem], overlays: Sequence[Overlay]) -> Iterator[tuple[str, Problem]]:
    """The problems that are in an overlay's folder, by its name."""
    for problem in problems:
        folder, _, inner_path = problem.file.partition("/")
        name = inner_path.partition("/")[0]
        if folder == "overlays" and any(enabled.name == name for enabled in overlays):
            yield name, problem


def migration_problems(
    tree: Tree, overlays: Sequence[Overlay], changed: Mapping[str, object], owner: Callable[[str], str]
) -> Sequence[Problem]:
    """What would stop the database, with everything laid on the release; nothing where nobody has a migration."""
    if not any(path.startswith(layout.CHAIN) for path in changed) and not migrations.own_migrations(overlays):
        return ()
    try:
        migrations.check_migrations(tree, overlays, owner)
    except ConfigError as error:
        return error.problems
    return ()


def _needing(cell: Cell, problems: Sequence[Problem]) -> Cell:
    """The cell with these problems; what a file of it is in conflict for already is not said twice."""
    stands = {part.what for part in cell.parts if part.work}
    parts = [_part(problem) for problem in problems if problem.file not in stands]
    return cell_of([*parts, *cell.parts], after=cell.after) if parts else cell


def _part(problem: Problem) -> ForecastPart:
    key, _, text = problem.text.partition(": ")
    if key.startswith("compose.") and text:
        return ForecastPart(key, State.GONE, note=text, work=True)
    return ForecastPart(problem.file, State.CONFLICTS, note=problem.text, work=True)
