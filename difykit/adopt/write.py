"""The result in a scratch folder, and the proof that a sync of it gives the fork's own tree."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from difykit.adopt.entries import NOBODY
from difykit.adopt.model import AdoptionPlan, Entries, PatchPlan
from difykit.adopt.report import FILE, page
from difykit.adopt.survey import history_place
from difykit.core import files, yaml
from difykit.core.errors import DifyKitError, in_rows
from difykit.git import Changes, Commit, Store, diff, parent, write_chain
from difykit.source.overlay import inserted, release_version
from difykit.source.patch import added, write_patch
from difykit.source.sync import make_chain, read_inputs
from difykit.workspace.manifest import read_text
from difykit.workspace.workspace import Workspace

SETTINGS = "difykit.yaml"
SERIES = "patches/series"


def write_all(workspace: Workspace, plan: AdoptionPlan, fork: Entries, store: Store, into: Path) -> None:
    """Write what the workspace is to hold into an empty folder, laid out as a workspace."""
    sides = _sides(plan, fork, store)
    for patch in plan.patches:
        text = write_patch(
            subject=patch.subject,
            author=patch.author,
            email=patch.email,
            date=patch.date,
            body=patch.body,
            diff=_diff(workspace, patch, store, sides),
        )
        files.write(into / "patches" / patch.name, text)
    files.write(into / SERIES, _series(workspace, plan).encode())
    if plan.split.overlay:
        _write_overlay(plan, fork, store, into / "overlays" / plan.name)
    files.write(into / SETTINGS, _settings(workspace, plan))


@dataclass(frozen=True)
class _Sides:
    """The base, the fork without the leftovers that stand beside work of its own, and the fork."""

    base: str
    own: str
    fork: str


def _sides(plan: AdoptionPlan, fork: Entries, store: Store) -> _Sides:
    if not plan.apart:
        return _Sides(plan.base.commit, plan.content, plan.content)
    changes: Changes = {path: (fork[path].partition(" ")[0], content) for path, content in plan.apart.items()}
    [own] = write_chain(store, plan.content, [Commit("without leftovers\n", NOBODY, NOBODY, changes)])
    return _Sides(plan.base.commit, own, plan.content)


def _diff(workspace: Workspace, patch: PatchPlan, store: Store, sides: _Sides) -> bytes:
    if patch.commit:
        history = Store(history_place(workspace))
        return diff(history, parent(history, patch.commit), patch.commit, paths=patch.paths)
    old, new = (sides.own, sides.fork) if patch.on_top else (sides.base, sides.own)
    return diff(store, old, new, paths=patch.paths)


def _series(workspace: Workspace, plan: AdoptionPlan) -> str:
    series_file = workspace.patches / "series"
    text = files.read_bytes(series_file).decode() if series_file.is_file() else ""
    for patch in plan.patches:
        text = added(text, patch.name)
    return text


def _write_overlay(plan: AdoptionPlan, fork: Entries, store: Store, folder: Path) -> None:
    manifest = {
        "version": 1,
        "description": f"What {plan.name} {plan.request.ref} adds to Dify {plan.base.version or plan.base.ref}",
    }
    head = f"# Made by `difykit adopt`; {FILE} says from what.\n"
    files.write(folder / "overlay.yaml", head + yaml.dump(manifest))
    files.write(folder / FILE, page(plan))
    for path in plan.split.overlay:
        mode, _, oid = fork[path].partition(" ")
        target = folder / "tree" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if mode == "120000":
            target.symlink_to(os.fsdecode(store.blob(oid)))
        else:
            target.write_bytes(store.blob(oid))
            target.chmod(0o755 if mode == "100755" else 0o644)


def _settings(workspace: Workspace, plan: AdoptionPlan) -> str:
    """`difykit.yaml` with the base as its pin and the overlay enabled; all else in it stays."""
    text = read_text(workspace.root / SETTINGS, SETTINGS)
    if workspace.settings.upstream.ref != plan.base.ref:
        span = yaml.spans(text)[("upstream", "ref")]
        word = plan.base.ref if yaml.load("", plan.base.ref).value == plan.base.ref else f'"{plan.base.ref}"'
        text = text[: span.start] + word + text[span.end :]
    names = workspace.settings.overlays
    return inserted(text, "overlays", plan.name, len(names)) if plan.split.overlay else text


def prove(workspace: Workspace, plan: AdoptionPlan, store: Store, staging: Path) -> str:
    """The tree that a sync of the scratch workspace gives: the fork's own.

    Raises DifyKitError when it gives another, or nothing.
    """
    for name in workspace.settings.overlays:  # those that bring no files of their own may stay enabled
        if (overlay_folder := workspace.root / "overlays" / name).is_dir():
            (staging / "overlays").mkdir(exist_ok=True)
            (staging / "overlays" / name).symlink_to(overlay_folder, target_is_directory=True)
    staged = Workspace.open(staging)
    base = plan.base.commit
    release = release_version(staged.settings.upstream.ref, store, base)
    try:
        inputs = read_inputs(staged, release)
        tip = make_chain(store, base, release, inputs, None).tip
    except DifyKitError as error:
        raise _unproven(f"a sync of the result would fail: {error.message}", error.hint) from error
    if inputs.left_out:
        raise _unproven(f"a sync of the result would leave out {', '.join(inputs.left_out)}")
    tree = store.tree_id(tip)
    if tree != plan.fork_tree:
        lines = [f"{kind} {path}" for kind, path in store.changed(plan.content, tip)]
        text = f"a sync of the result gives tree {tree}, and the fork's is {plan.fork_tree}:{in_rows(lines, 10)}"
        raise _unproven(text)
    return tree


def _unproven(text: str, hint: str = "") -> DifyKitError:
    return DifyKitError(
        f"{text}\nSo nothing was written.",
        hint=hint or "please report this fork to the difykit project; --by file may get around it",
    )
