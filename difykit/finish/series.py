"""`patch.drop` and `patch.reorder`: the series changed so that the patches after follow, or nothing is changed."""

from __future__ import annotations

from collections.abc import Callable

from difykit.errors import DifyKitError, DirtyTree
from difykit.files import locked
from difykit.finish import journal
from difykit.finish.chain import Chain
from difykit.finish.gather import gather, tree_at
from difykit.finish.plan import Plan
from difykit.finish.prove import check_edited, proved_fit
from difykit.finish.rebuild import NOBODY, FileWrite, Rebuilt, read_text, rebuild
from difykit.finish.reweave import against_drop, against_move, with_layer_at, without_layer
from difykit.git import Store
from difykit.patch import pick, read_series, readable
from difykit.patch.paths import printable
from difykit.patch.seriesfile import dropped, moved
from difykit.progress import Progress
from difykit.state import Source
from difykit.sync import fit, pinned, sync
from difykit.workspace import Workspace


def drop(workspace: Workspace, progress: Progress, name: str) -> Rebuilt:
    """Take a patch out of the series and remove its file; the patches after it are written anew where they must be.

    A patch that is in no source, since it does not fit or is for another release, only goes.
    Raises DifyKitError, with nothing changed, naming what builds on it; DirtyTree for edits in the work tree.
    """
    patch = pick(readable(workspace.patches), name).name
    with pinned(workspace) as pin:
        state = fit(readable(workspace.patches), pin)[patch].state
    if state not in {"applies", "not fetched"}:
        return _remove(workspace, progress, patch)

    def change(chain: Chain) -> tuple[Plan, dict[str, str]]:
        rank = _rank(chain, patch)
        weaves = {path: chain.weave(path) for path in chain.touched.get(rank, {})}
        _refuse(chain, f"{patch} cannot be dropped", {path: against_drop(each, rank) for path, each in weaves.items()})
        return Plan((), weaves={path: without_layer(each, rank) for path, each in weaves.items()}), {}

    return _change(workspace, progress, f"difykit patch.drop {name}", change)


def reorder(workspace: Workspace, progress: Progress, name: str, place: int) -> Rebuilt:
    """Give a patch another place in the series, counted from 1; it and those it passes are written anew.

    Raises DifyKitError, with nothing changed, for a place that there is not, or naming the patches that it may not
    pass; DirtyTree for edits in the work tree.
    """

    def change(chain: Chain) -> tuple[Plan, dict[str, str]]:
        patch = pick([*chain.inputs.patches], name).name
        before = read_text(workspace.patches / "series")
        series = moved(before, patch, place)
        rank, to = _rank(chain, patch), _new_rank(chain, [entry for entry, _ in read_series(series)], patch)
        if to == rank:
            return Plan(()), {"patches/series": series} if series != before else {}
        weaves = {path: chain.weave(path) for path in chain.touched.get(rank, {})}
        against = {path: against_move(each, rank, to) for path, each in weaves.items()}
        _refuse(chain, f"{patch} cannot be moved there", against)
        moved_weaves = {path: with_layer_at(each, rank, to) for path, each in weaves.items()}
        return Plan((), weaves=moved_weaves, moved=(rank, to)), {"patches/series": series}

    return _change(workspace, progress, f"difykit patch.reorder {name}", change)


def _remove(workspace: Workspace, progress: Progress, patch: str) -> Rebuilt:
    """Take away a patch that no source is made with."""
    with locked(workspace.derived / "lock", f"difykit patch.drop {patch}"):
        series = dropped(read_text(workspace.patches / "series"), patch)
        writes = (FileWrite(f"patches/{patch}", None), FileWrite("patches/series", ("100644", series.encode())))
        journal.carry_out(workspace, journal.begin(workspace, writes, tree=None, head="", commit=""))
        journal.end(workspace)
    progress.hint("difykit patch.check, then: difykit sync")
    return Rebuilt(writes, dropped=(patch,))


def _change(
    workspace: Workspace, progress: Progress, doing: str, change: Callable[[Chain], tuple[Plan, dict[str, str]]]
) -> Rebuilt:
    sync(workspace, progress)  # which refuses where there are edits to lose
    with locked(workspace.derived / "lock", doing), Store(workspace.store) as store:
        tree = tree_at(workspace, store, None)
        found = gather(workspace, store, tree)
        if found.steps:
            raise DirtyTree(f"{tree.path} was edited meanwhile", hint="take the edits in first: difykit finish")
        plan, extra = change(found.chain)
        rebuilt = rebuild(found.chain, plan, after=found.chain.last_patch, now=NOBODY)
        more = tuple(FileWrite(path, ("100644", text.encode())) for path, text in extra.items())
        rebuilt = Rebuilt((*rebuilt.writes, *more), (), rebuilt.changed, rebuilt.dropped)
        _prove(found.chain, plan, rebuilt)
        begun = journal.begin(workspace, rebuilt.writes, tree=None, head="", commit="")
        journal.carry_out(workspace, begun)
        journal.end(workspace)
    sync(Workspace.open(workspace.root), progress)
    return rebuilt


def _prove(chain: Chain, plan: Plan, rebuilt: Rebuilt) -> Source:
    made = proved_fit(chain, rebuilt.writes)
    check_edited(chain, plan, made)
    return made


def _rank(chain: Chain, name: str) -> int:
    return next(each.rank for each in chain.patches if each.name == name)


def _new_rank(chain: Chain, names: list[str], name: str) -> int:
    """The rank, between those of its new neighbours; its own where they are the ones that it has."""
    ranks = {each.name: each.rank for each in chain.patches}
    here = [each for each in names if each in ranks]
    if here == list(ranks):
        return ranks[name]
    at = here.index(name)
    return (ranks[here[at - 1]] if at else 0) + 1


def _refuse(chain: Chain, what: str, against: dict[str, set[int]]) -> None:
    found = [(rank, path) for path, ranks in sorted(against.items()) for rank in sorted(ranks)]
    if not found:
        return
    lines = "\n".join(f"  {chain.strata[rank].label} builds on it in {printable(path)}" for rank, path in found[:20])
    raise DifyKitError(
        f"nothing was changed: {what}:\n{lines}",
        hint="change or drop that first; difykit patch.show NAME shows a patch",
    )
