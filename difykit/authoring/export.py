"""`patch.export`: commits of the work tree that were rewritten (reworded, reordered, edited, dropped), back as patches.

A patch whose file still gives its commit is left as it is, to the byte; so on a source that nobody touched nothing is
written, and CI can assert it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from difykit.authoring.chain import LayerRanks
from difykit.authoring.collect import KEPT, made_chain, tree_at
from difykit.authoring.prove import check_same, proved_fit
from difykit.authoring.rebuild import FileWrite, Rebuilt, date_text, gives, kept_head, read_text
from difykit.authoring.writing import end, write_down
from difykit.core import files, transaction
from difykit.core.errors import DifyKitError, DirtyTree
from difykit.core.files import locked
from difykit.core.progress import Progress
from difykit.git import Changes, OwnCommit, Person, Store, WorkTree, changes_between, diff, look
from difykit.source.patch import Patch, dropped, moved, read_series, write_patch
from difykit.source.sync import author_of, patch_message, plan_sync, read_made, sync
from difykit.workspace.workspace import Workspace

_TRAILER = re.compile(r"(?m)^Difykit-Patch: patches/(.+)\n?")


@dataclass(frozen=True)
class _Found:
    """A patch's commit in the work tree."""

    name: str
    parent: str
    commit: OwnCommit


def export(workspace: Workspace, progress: Progress) -> Rebuilt:
    """Write each patch whose file does not give its commit in the work tree any more; the others stay verbatim.

    Raises DirtyTree for edits that are in no patch's commit (`finish` takes those), DifyKitError when a sync would
    not give the same source.
    """
    transaction.refuse_pending(workspace.root)
    with locked(workspace.derived / "lock", "difykit patch.export"), Store(workspace.store) as store:
        tree = tree_at(workspace, store, None)
        source = read_made(workspace, store)
        if source is None or tree.head() is None:
            raise DifyKitError("there is no source to export", hint="make it: difykit sync")
        if tree.head() == source.commit:
            _check_all_taken(tree, tree.dirty())
            progress.skip("patches: each gives its commit")
            return Rebuilt(())
        chain = made_chain(workspace, store, source)
        patch_commits, head = _commits(chain, tree)
        rebuilt = _rebuilt(chain, patch_commits)
        _prove(chain, rebuilt, head)
        store.keep(KEPT, head)
        journal = write_down(workspace, rebuilt.writes, tree=tree.path, head=head, commit=head)
        transaction.forward(journal, progress)
        end(journal, store)
    for word, names in (("written anew", rebuilt.changed), ("dropped", rebuilt.dropped)):
        for name in names:
            progress.ok(f"patches/{name}: {word}")
    sync(Workspace.open(workspace.root), progress)
    return rebuilt


def stale(workspace: Workspace) -> tuple[str, ...]:
    """What `export`, `finish` or `sync` would change, in words; nothing is changed here.

    Raises DifyKitError where there is no source to compare with.
    """
    plan = plan_sync(workspace)
    with Store(workspace.store) as store:
        source = read_made(workspace, store)
        tree = WorkTree(workspace.source, store, only_look=True)
        if source is None or tree.head() is None:
            raise DifyKitError("there is no source to compare with", hint="make it: difykit sync")
        edits = tree.dirty()
        head = tree.head()
    new = next((layer.label for layer in plan.layers if not layer.commit), "")
    if not new and len(plan.layers) < len(source.layers):
        new = f"what was {source.layers[len(plan.layers)].name}"
    findings = [f"the source was made from other files, from {new} on (difykit sync)"] if new else []
    if head != source.commit:
        findings.append("the work tree has commits that are in no patch (difykit finish, or patch.export)")
    findings += [f"{path}: edited in the work tree, and in no patch or overlay (difykit finish)" for path in edits]
    if interrupted := transaction.pending(workspace.root):
        findings.append(f"{interrupted.owner.doing} was cut off ({interrupted.owner.verb})")
    return tuple(findings)


def _check_all_taken(tree: WorkTree, edits: Sequence[str]) -> None:
    if edits:
        shown = "".join(f"\n  {path}" for path in edits[:10])
        raise DirtyTree(f"{tree.path} has edits that are in no patch's commit:{shown}", hint="difykit finish")


def _commits(chain: LayerRanks, tree: WorkTree) -> tuple[list[_Found], str]:
    """The patches' commits in the work tree, in their order, and what is checked out."""
    edited = look(tree, chain.store, {chain.source.base})
    if chain.store.tree_id(edited.commit) != chain.store.tree_id(edited.head):
        _check_all_taken(tree, tree.dirty())
    if edited.start is None:
        raise DirtyTree(f"{tree.path} is not on Dify {chain.source.release}", hint="see its log: git log")
    names = {patch.name for patch in chain.inputs.patches}
    prefixes = (*(f"overlay {enabled.name}: " for enabled in chain.inputs.overlays), "wiring: register ")
    patch_commits: list[_Found] = []
    parent = chain.source.base
    for own in edited.own:
        marks = _TRAILER.findall(own.message)
        if (
            len(marks) == 1
            and marks[0] in names
            and marks[0] not in {patch_commit.name for patch_commit in patch_commits}
        ):
            patch_commits.append(_Found(marks[0], parent, own))
        elif not own.message.startswith(prefixes):
            subject = own.message.split("\n")[0]
            hint = "difykit finish takes in commits on top of the source; or squash it into a patch's commit"
            raise DirtyTree(f"the commit {own.id[:12]} ({subject}) is not of one patch", hint=hint)
        parent = own.id
    return patch_commits, edited.head


def _rebuilt(chain: LayerRanks, patch_commits: Sequence[_Found]) -> Rebuilt:
    patches = {patch.name: patch for patch in chain.inputs.patches}
    writes: list[FileWrite] = []
    applied: Changes = {}
    changed: list[str] = []
    for patch_commit in patch_commits:
        pairs = changes_between(chain.store, patch_commit.parent, patch_commit.commit.id)
        changes: Changes = {p: (new.mode, chain.store.blob(new.oid)) if new else None for p, (_, new) in pairs.items()}
        patch = patches[patch_commit.name]
        same = _same_message(chain, patch, patch_commit.commit)
        if not same or not gives(patch, chain.base.with_changes(applied), changes):
            raw = diff(chain.store, patch_commit.parent, patch_commit.commit.id)
            old = files.read_bytes(chain.workspace.patches / patch_commit.name, limit=files.PATCH)
            writes.append(
                FileWrite(
                    f"patches/{patch_commit.name}", ("100644", (kept_head(old) if same else _head(patch_commit)) + raw)
                )
            )
            changed.append(patch_commit.name)
        applied.update(changes)
    gone = tuple(name for name in patches if name not in {patch_commit.name for patch_commit in patch_commits})
    writes += [FileWrite(f"patches/{name}", None) for name in gone]
    before = read_text(chain.workspace.patches / "series")
    series = _series(before, [patch_commit.name for patch_commit in patch_commits], gone)
    if series != before:
        writes.append(FileWrite("patches/series", ("100644", series.encode())))
    return Rebuilt(tuple(writes), (), tuple(changed), gone)


def _same_message(chain: LayerRanks, patch: Patch, own: OwnCommit) -> bool:
    nobody = Person("difykit", "difykit@localhost", chain.store.date(chain.source.base))
    same = author_of(patch, nobody).line() == own.author.line()
    return same and patch_message(patch).strip() == own.message.strip()


def _head(patch_commit: _Found) -> bytes:
    subject, _, body = _TRAILER.sub("", patch_commit.commit.message).partition("\n")
    who = patch_commit.commit.author
    return write_patch(subject=subject, author=who.name, email=who.email, date=date_text(who), body=body, diff=b"")


def _series(text: str, names: Sequence[str], gone: Sequence[str]) -> str:
    """The series in this order, without what is gone; patches that are for other releases keep their places."""
    for name in gone:
        text = dropped(text, name)
    order = iter(names)
    ordered = [next(order) if name in names else name for name, _ in read_series(text)]
    for position, name in enumerate(ordered, 1):
        text = moved(text, name, position)
    return text


def _prove(chain: LayerRanks, rebuilt: Rebuilt, head: str) -> None:
    proven = proved_fit(chain, rebuilt.writes)
    check_same(chain.store, head, proven.commit, "the source")
