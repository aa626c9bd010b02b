"""The review of an upgrade: of one that is forecast, of the one under way, or of the last one that landed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.git import Store
from difykit.porting import (
    Customisation,
    FileMerge,
    IndexStage,
    LayerMerges,
    MergeList,
    Outlook,
    Places,
    UpgradeJournal,
    Wish,
    blobs_of,
    forecast,
    read_journal,
    read_merges,
    unknown_of,
)
from difykit.porting.review.changes import changes_of
from difykit.porting.review.model import Review, ReviewedFile, ReviewSide
from difykit.porting.review.passages import passages_of
from difykit.workspace.workspace import Workspace

_OLDER = "an older difykit began this upgrade, and did not write down what it merged beyond git before this one went on"
_SIDES_UNKNOWN = "an older difykit carried it, and wrote no sides down; it noted"


def review(workspace: Workspace, to: str, progress: Progress) -> Review:
    """What an upgrade merged beyond git: the one under way, or the last that landed; what one to `to` would merge.

    Raises DifyKitError where there is none, or where its list cannot be read; for `to` what `forecast` raises.
    """
    if to:
        return _forecast(workspace, to, progress)
    places = Places(workspace.derived)
    journal = read_journal(places)
    if journal:
        return _under_way(workspace, journal, read_merges(places.merged))
    merges = read_merges(places.landed)
    if merges is None:
        raise DifyKitError(
            "no upgrade is under way, and none has landed here of which it is written down what it merged beyond git",
            hint="see what an upgrade would merge: difykit upgrade.review --to RELEASE",
        )
    return _review("landed", workspace, merges, tuple(_of_landed(workspace, merges)))


def _forecast(workspace: Workspace, to: str, progress: Progress) -> Review:
    outcome = forecast(workspace, Wish(to=(to,)), progress, contents=True)
    [outlook] = outcome.outlooks
    rows = zip(outcome.rows, outlook.cells, strict=True)
    files = tuple(
        _file(_layer(row), part.merge, outlook.contents) for row, cell in rows for part in cell.parts if part.merge
    )
    notes = tuple(filter(None, (outcome.note, _waiting(outlook))))
    return Review("forecast", outcome.pin, outlook.ref, files, notes=notes)


def _layer(row: Customisation) -> LayerMerges:
    kind = "patch" if row.kind == "patch" else "overlay"
    return LayerMerges.model_construct(kind=kind, name=row.name, title=row.title, why=row.why)


def _waiting(outlook: Outlook) -> str:
    if not outlook.work:
        return ""
    need = "1 customisation needs" if outlook.work == 1 else f"{outlook.work} customisations need"
    return f"{need} a person: what comes after may merge in another way"


def _under_way(workspace: Workspace, journal: UpgradeJournal, merges: MergeList | None) -> Review:
    if merges:
        return _review("under way", workspace, merges, ())
    layers = (
        LayerMerges(kind=layer.kind, name=layer.name, unknown=unknown)
        for layer in journal.layers
        if (unknown := unknown_of(layer.note))
    )
    older = MergeList(old=journal.old, to=journal.to, commit=journal.commit, layers=tuple(layers))
    return _review("under way", workspace, older, (_OLDER,))


def _of_landed(workspace: Workspace, merges: MergeList) -> Iterator[str]:
    pin = workspace.settings.upstream.ref
    if pin != merges.to:
        yield f"the workspace pins Dify {pin} now: what is shown is of the upgrade to {merges.to}"


def _review(
    stage: Literal["under way", "landed"], workspace: Workspace, merges: MergeList, notes: tuple[str, ...]
) -> Review:
    with Store(workspace.store) as store:
        contents = blobs_of(store, [merge for layer in merges.layers for merge in layer.merges])
    files = tuple(_file(layer, merge, contents) for layer in merges.layers for merge in layer.merges)
    return Review(stage, merges.old, merges.to, files, merges.branch, notes, tuple(_unknown(merges.layers)))


def _unknown(layers: Iterable[LayerMerges]) -> Iterator[str]:
    return (f"{layer.label}: {_SIDES_UNKNOWN}: {layer.unknown}" for layer in layers if layer.unknown)


def _file(layer: LayerMerges, merge: FileMerge, contents: Mapping[str, bytes]) -> ReviewedFile:
    sides = {name: _side(stage, contents) for name, stage in merge.sides.items()}
    texts = {
        name: contents[side.oid].decode("utf-8", "surrogateescape") for name, side in sides.items() if not side.absence
    }
    passages, one_sided = passages_of(texts)
    file = f"patches/{layer.name}" if layer.kind == "patch" else f"overlays/{layer.name}"
    changes = changes_of(texts)
    return ReviewedFile(layer.label, file, layer.title, layer.why, merge, sides, changes, passages, one_sided)


def _side(stage: IndexStage | None, contents: Mapping[str, bytes]) -> ReviewSide:
    if stage is None:
        return ReviewSide()
    content = contents.get(stage.oid)
    if content is None:
        absence = "a repository of its own" if stage.mode == "160000" else "its content is not here any more"
        return ReviewSide(stage.mode, stage.oid, absence=absence)
    if b"\0" in content:
        return ReviewSide(stage.mode, stage.oid, len(content), absence=f"not a text: {len(content)} bytes")
    lines = content.count(b"\n") + (not content.endswith(b"\n") and content != b"")
    return ReviewSide(stage.mode, stage.oid, len(content), lines, "")
