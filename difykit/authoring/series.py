"""`patch.drop` and `patch.reorder`: the series changed so that the patches after follow, or nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from difykit.authoring.chain import LayerRanks
from difykit.authoring.line_removal import against_drop, against_move, with_layer_at, without_layer
from difykit.authoring.plan import FinishPlan
from difykit.authoring.prove import check_edited, proved_fit
from difykit.authoring.rearrange import rebuilt_layers
from difykit.authoring.rebuild import NOBODY, FileWrite, Rebuilt, read_text, rebuild
from difykit.authoring.writing import write
from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.files import locked
from difykit.core.progress import Progress
from difykit.source.patch import Trim, dropped, moved, named, pick, printable, read_series, readable, trim, trimmed
from difykit.source.sync import fit, pinned
from difykit.workspace.workspace import Workspace


def plan_drop(workspace: Workspace, name: str, paths: Sequence[str] = ()) -> Trim:
    """Which of a patch's files would go, and which stay; nothing is changed. Raises DifyKitError as `drop` does."""
    return trim(named(workspace.patches, name), paths)


def drop(
    workspace: Workspace, progress: Progress, name: str, paths: Sequence[str] = (), *, check: bool = False
) -> Rebuilt:
    """Take a patch, or only its changes of `paths`, out of the series; those after it are written anew if they must.

    A patch of which nothing is left goes with its file. With `check` only the outcome is found, and nothing changed.
    A patch that is in no source, since it does not fit or is for another release, is not proved.
    Raises DifyKitError, with nothing changed, for a path that the patch does not touch, and naming what builds on it;
    DirtyTree for edits in the work tree.
    """
    parsed = named(workspace.patches, name)
    patch, trimming = parsed.name, trim(parsed, paths)
    raw = files.read_bytes(workspace.patches / patch, limit=files.PATCH)
    remainder = trimmed(raw, parsed, trimming.goes) if trimming.stays else None
    doing = f"difykit patch.drop {name}"
    with pinned(workspace) as pin:
        state = fit(readable(workspace.patches), pin)[patch].state
    if state not in {"applies", "not fetched"}:
        return _remove(workspace, progress, patch, remainder, check=check)

    def change(chain: LayerRanks) -> tuple[FinishPlan, dict[str, str | bytes]]:
        rank = _rank(chain, patch)
        touched = [path for path in chain.touched.get(rank, {}) if path in trimming.goes]
        weaves = {path: chain.weave(path) for path in touched}
        refusal = (
            f"{patch} cannot be dropped"
            if remainder is None
            else f"{', '.join(touched)} cannot be taken out of {patch}"
        )
        _refuse(chain, refusal, {path: against_drop(weave, rank) for path, weave in weaves.items()})
        plan = FinishPlan((), weaves={path: without_layer(weave, rank) for path, weave in weaves.items()})
        return plan, {} if remainder is None else {f"patches/{patch}": remainder}

    return _change(workspace, progress, doing, change, check=check)


def reorder(workspace: Workspace, progress: Progress, name: str, position: int) -> Rebuilt:
    """Give a patch another place in the series, counted from 1; it and those it passes are written anew.

    Raises DifyKitError, with nothing changed, for a place that there is not, or naming the patches that it may not
    pass; DirtyTree for edits in the work tree.
    """
    # What needs no source is refused before one is made.
    moved(read_text(workspace.patches / "series"), pick(readable(workspace.patches), name).name, position)

    def change(chain: LayerRanks) -> tuple[FinishPlan, dict[str, str | bytes]]:
        patch = pick([*chain.inputs.patches], name).name
        before = read_text(workspace.patches / "series")
        series = moved(before, patch, position)
        rank, to = _rank(chain, patch), _new_rank(chain, [entry for entry, _ in read_series(series)], patch)
        if to == rank:
            return FinishPlan(()), {"patches/series": series} if series != before else {}
        weaves = {path: chain.weave(path) for path in chain.touched.get(rank, {})}
        against = {path: against_move(weave, rank, to) for path, weave in weaves.items()}
        _refuse(chain, f"{patch} cannot be moved there", against)
        moved_weaves = {path: with_layer_at(weave, rank, to) for path, weave in weaves.items()}
        return FinishPlan((), weaves=moved_weaves, moved=(rank, to)), {"patches/series": series}

    return _change(workspace, progress, f"difykit patch.reorder {name}", change)


def _remove(workspace: Workspace, progress: Progress, patch: str, remainder: bytes | None, *, check: bool) -> Rebuilt:
    """Take away a patch that no source is made with, or leave `remainder` of it."""
    with locked(workspace.derived / "lock", f"difykit patch.drop {patch}"):
        writes: tuple[FileWrite, ...]
        if remainder is None:
            series = dropped(read_text(workspace.patches / "series"), patch)
            writes = (FileWrite(f"patches/{patch}", None), FileWrite("patches/series", ("100644", series.encode())))
        else:
            writes = (FileWrite(f"patches/{patch}", ("100644", remainder)),)
        if not check:
            write(workspace, writes, progress)
    progress.hint("difykit patch.check, then: difykit sync")
    return Rebuilt(
        writes, changed=(patch,) if remainder is not None else (), dropped=() if remainder is not None else (patch,)
    )


def _change(
    workspace: Workspace,
    progress: Progress,
    doing: str,
    change: Callable[[LayerRanks], tuple[FinishPlan, dict[str, str | bytes]]],
    *,
    check: bool = False,
) -> Rebuilt:
    def proved(chain: LayerRanks) -> Rebuilt:
        plan, extra = change(chain)
        rebuilt = _with(rebuild(chain, plan, after=chain.last_patch, maker=NOBODY), extra)
        check_edited(chain, plan, proved_fit(chain, rebuilt.writes))
        return rebuilt

    return rebuilt_layers(workspace, progress, doing, proved, check=check)


def _with(rebuilt: Rebuilt, files: Mapping[str, str | bytes]) -> Rebuilt:
    """With these files as they are given here, whatever was made of them."""
    extra_writes = [
        FileWrite(path, ("100644", text.encode() if isinstance(text, str) else text)) for path, text in files.items()
    ]
    writes = [file_write for file_write in rebuilt.writes if file_write.path not in files]
    return Rebuilt((*writes, *extra_writes), rebuilt.new, rebuilt.changed, rebuilt.dropped)


def _rank(chain: LayerRanks, name: str) -> int:
    return next(patch.rank for patch in chain.patches if patch.name == name)


def _new_rank(chain: LayerRanks, names: list[str], name: str) -> int:
    """The rank, between those of its new neighbours; its own where they are the ones that it has."""
    ranks = {patch.name: patch.rank for patch in chain.patches}
    ordered = [entry for entry in names if entry in ranks]
    if ordered == list(ranks):
        return ranks[name]
    at = ordered.index(name)
    return (ranks[ordered[at - 1]] if at else 0) + 1


def _refuse(chain: LayerRanks, subject: str, against: dict[str, set[int]]) -> None:
    blocking = [(rank, path) for path, ranks in sorted(against.items()) for rank in sorted(ranks)]
    if not blocking:
        return
    lines = "\n".join(f"  {chain.strata[rank].label} builds on it in {printable(path)}" for rank, path in blocking[:20])
    raise DifyKitError(
        f"nothing was changed: {subject}:\n{lines}",
        hint="change or drop that first; difykit patch.show NAME shows a patch",
    )
