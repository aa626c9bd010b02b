"""From a workspace on its pin to the staged one on another release: ported, proved, and ready to land.

Nothing is remembered half way but what people resolved: a run that was cut off is simply made again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from difykit.core import files
from difykit.core.errors import ConfigError, visible
from difykit.core.progress import Progress
from difykit.git import Store
from difykit.porting.apply import journal
from difykit.porting.apply.journal import JournalLayer, Places, State, Stop, UpgradeJournal
from difykit.porting.apply.overlay_repair import Mend, changed_by_hand, insisted, may_be_mended, mend, mended
from difykit.porting.apply.pin import with_ref
from difykit.porting.apply.port import Ported, Porter, carried_before, keep_carried
from difykit.porting.apply.proof import prove
from difykit.porting.apply.staging import stage, write_blob
from difykit.porting.mergelist import LayerMerges, MergeList, keep_merges, unknown_of
from difykit.porting.plan import chain
from difykit.porting.plan.chain import ChainRelease, ReleaseChain, is_for
from difykit.porting.plan.merging import Workbench
from difykit.porting.plan.needs import owned
from difykit.porting.plan.refresh import refresh
from difykit.porting.plan.services import lost_services
from difykit.porting.plan.sides import UpgradeSides, ground_of
from difykit.porting.plan.wholefiles import Refreshed, check_own
from difykit.source.overlay import removed
from difykit.source.patch import dropped, load
from difykit.workspace.lock import write_lock
from difykit.workspace.manifest import read_text
from difykit.workspace.workspace import Overlay, Workspace


@dataclass
class UpgradeRun:
    """One run, and the journal that it keeps."""

    workspace: Workspace
    bench: Workbench
    old: ReleaseChain
    target: ChainRelease
    journal: UpgradeJournal
    progress: Progress
    waiting: dict[str, JournalLayer] = field(default_factory=dict)
    """Overlays of which nothing is said before their edits are known to fit, by name."""
    recalled: set[str] = field(default_factory=set)
    """The files of overlays that are mended as before."""
    beyond: dict[str, LayerMerges] = field(default_factory=dict)
    """What was merged beyond git so far, by layer."""

    @property
    def places(self) -> Places:
        return self.bench.places

    @property
    def store(self) -> Store:
        return self.bench.store

    def ground(self, tip: str) -> UpgradeSides:
        """The two releases, with what is carried so far."""
        return ground_of(self.workspace, self.store, self.old, self.target, tip)

    def note(self, layer: JournalLayer) -> None:
        """Write down how far a layer is, and say it where that is news."""
        before = next((entry for entry in self.journal.layers if entry.label == layer.label), None)
        if before == layer:
            return
        layers = tuple(layer if entry.label == layer.label else entry for entry in self.journal.layers)
        self.journal = self.journal.model_copy(update={"layers": layers, "stop": None})
        journal.write(self.places.journal, self.journal)
        say = self.progress.skip if layer.state == "untouched" else self.progress.ok
        say(f"{layer.label}: {layer.state}" + (f": {layer.note}" if layer.note else ""))

    def note_overlay(self, overlay: Overlay, layer: JournalLayer) -> None:
        """Note an overlay, at once or, where its edits or a mended file have to fit yet, once they do."""
        if overlay.manifest.edits or may_be_mended(self.places, self.workspace.root, self.bench.memory, layer.name):
            self.waiting[layer.name] = layer
        else:
            self.note(layer)

    def note_mended(self) -> None:
        """Note the overlays that waited for it: those that a person mended are ported."""
        for layer in self.waiting.values():
            update = {}
            if words := [self._how(repair) for repair in changed_by_hand(self.places, self.workspace.root, layer.name)]:
                update = {"state": "ported", "note": "; ".join(filter(None, (layer.note, *words)))}
            self.note(layer.model_copy(update=update))
        self.waiting.clear()

    def _how(self, mend: Mend) -> str:
        how = "is mended as before" if mend.path in self.recalled else "was mended by hand"
        return f"its {mend.file} {how}{insisted(self.bench.memory, mend)}"

    def keep_ported(self, ported: Sequence[Ported]) -> None:
        """Write down the patches that are carried, and what of them was merged beyond git."""
        keep_carried(self.bench, ported)
        for port in ported:
            patch, label = port.patch, f"patch {port.patch.name}"
            unknown = unknown_of(port.note) if port.beyond is None else ""
            self.beyond[label] = LayerMerges(
                kind="patch",
                name=patch.name,
                title=visible(patch.subject),
                why=visible(patch.trailer("Why")),
                merges=port.beyond or (),
                unknown=visible(unknown),
            )
        self.keep_merges()

    def keep_refreshed(self, refreshed: Iterable[Refreshed]) -> None:
        """Write down what of overlays was merged beyond git."""
        for overlay in refreshed:
            title = visible(overlay.overlay.manifest.description)
            merges = LayerMerges(kind="overlay", name=overlay.overlay.name, title=title, merges=overlay.beyond)
            self.beyond[merges.label] = merges
        self.keep_merges()

    def keep_merges(self) -> None:
        """Write down what was merged beyond git so far."""
        layers = tuple(layer for layer in self.beyond.values() if layer.merges or layer.unknown)
        journal = self.journal
        merges = MergeList(old=journal.old, to=journal.to, commit=journal.commit, layers=layers)
        keep_merges(self.store, self.places, merges)

    def wait(self, stop: Stop, later: Collection[str] = ()) -> None:
        """Write down that a layer waits for a person; those in `later` will."""
        states: dict[str, State] = {**dict.fromkeys(later, "to do"), stop.label: "conflict"}
        layers = tuple(
            layer.model_copy(update={"state": states[layer.label]}) if layer.label in states else layer
            for layer in self.journal.layers
        )
        self.journal = self.journal.model_copy(update={"layers": layers, "stop": stop})
        journal.write(self.places.journal, self.journal)


def planned(workspace: Workspace) -> tuple[JournalLayer, ...]:
    """The layers that an upgrade carries: all patches of the series, all enabled overlays."""
    patches = [JournalLayer(kind="patch", name=patch.name) for patch in load(workspace.patches)]
    return (*patches, *(JournalLayer(kind="overlay", name=overlay.name) for overlay in workspace.overlays))


def carry(run: UpgradeRun) -> bool:
    """Make and prove the staged workspace; False where it waits for a person.

    Raises ConfigError, PatchConflict or DifyKitError for what cannot be carried at all.
    """
    stage(run.workspace, run.places.staged)
    staged = _moved_pin(run)
    patches = load(run.workspace.patches)
    ported = carried_before(run.bench, patches)
    ground = run.ground(ported[-1].commit if ported else run.target.commit)
    for result in Porter(run.bench, ground.series, ground.target, ground.tip).port(patches[len(ported) :]):
        if isinstance(result, Stop):
            run.keep_ported(ported)
            run.wait(result)
            return False
        ported.append(result)
        run.note(JournalLayer(kind="patch", name=result.patch.name, state=result.state, note=result.note))
    run.keep_ported(ported)
    _write_patches(run.places, ported)
    refreshed = _overlays(run, staged, ground)
    if refreshed is None:
        return False
    rebuilt = _built(run, Workspace.open(run.places.staged), ground)
    if rebuilt is None:
        return False
    prove(run.store, rebuilt, ported, refreshed)
    write_lock(run.places.staged / "difykit.lock", rebuilt.lock(run.store))
    return True


def _moved_pin(run: UpgradeRun) -> Workspace:
    """The staged workspace on the new pin, without the overlays that are not for it."""
    path = run.places.staged / "difykit.yaml"
    text = with_ref(read_text(path, path.name), run.target.ref)
    for overlay in run.workspace.overlays:
        requirement = overlay.manifest.requires.dify
        if not is_for(overlay, run.target):
            text = removed(text, "overlays", overlay.name)
            note = f"it is for Dify {requirement} (its requires), and is disabled"
            run.note(JournalLayer(kind="overlay", name=overlay.name, state="left out", note=note))
    mark = "\ufeff" if files.read_bytes(path).startswith(b"\xef\xbb\xbf") else ""
    files.write(path, mark + text, mode=path.stat().st_mode & 0o7777)
    return Workspace.open(run.places.staged)


def _write_patches(places: Places, ported: Iterable[Ported]) -> None:
    series = places.staged / "patches" / "series"
    for port in ported:
        path = places.staged / "patches" / port.patch.name
        if port.content is not None:
            files.write(path, port.content, mode=path.stat().st_mode & 0o7777)
        if port.state == "dropped":
            text = dropped(files.read_bytes(series).decode(), port.patch.name)
            files.write(series, text, mode=series.stat().st_mode & 0o7777)
            path.unlink()


def _overlays(run: UpgradeRun, staged: Workspace, ground: UpgradeSides) -> list[Refreshed] | None:
    """Carry the whole files of all overlays; None where one waits for a person."""
    refreshed: list[Refreshed] = []
    for overlay in staged.overlays:
        link = run.old.link("overlay", overlay.name)
        if link is None:  # it has no files and no edits
            run.note_overlay(overlay, JournalLayer(kind="overlay", name=overlay.name, state="untouched"))
            continue
        result = refresh(run.bench, overlay, ground, link.parent)
        if isinstance(result, Stop):
            run.keep_refreshed(refreshed)
            run.wait(result)
            return None
        _write_overlay(run, overlay, result)
        refreshed.append(result)
        ground.lay(overlay)
    run.keep_refreshed(refreshed)
    return refreshed


def _write_overlay(run: UpgradeRun, overlay: Overlay, update: Refreshed) -> None:
    check_own(overlay, str(run.places.staged.resolve()), update.files)
    for path, blob in sorted(update.files.items()):
        target = overlay.folder / path
        if blob is None:
            target.unlink()
            files.prune_empty(target, overlay.folder)
        else:
            write_blob(target, blob, like=target)
    for warning in update.warnings:
        run.progress.warn(warning)
    run.note_overlay(overlay, JournalLayer(kind="overlay", name=overlay.name, state=update.state, note=update.note))


def _built(run: UpgradeRun, staged: Workspace, ground: UpgradeSides) -> ReleaseChain | None:
    """The chain of the staged workspace; None where an overlay does not fit, and waits for a person."""
    mended(run.places, staged)
    staged = Workspace.open(staged.root)
    problems = [problem for _, problem in lost_services(staged.overlays, ground.pinned, ground.released)]
    hint = ""
    try:
        built = chain.build(staged, run.store, run.target)
    except ConfigError as error:
        problems, hint = [*error.problems, *problems], error.hint
    if not problems:
        run.note_mended()
        return built
    refused = ConfigError(problems, hint=hint)
    stop = mend(run.bench, staged, refused, run.target)
    if stop is None:
        raise refused
    if not stop.text:  # a mend of before was put in its place
        run.progress.ok(f"{stop.label}: its {stop.file} is mended as before")
        run.recalled.add(f"overlays/{stop.name}/{stop.file}")
        return _built(run, staged, ground)
    run.wait(stop, {f"overlay {name}" for name, _ in owned(problems, staged.overlays)})
    return None
