"""From layers to commits: patches applied exactly, overlays laid on, the wiring last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from packaging.version import Version

from difykit.core.errors import ConfigError, DifyKitError, PatchConflict, Problem
from difykit.dify import gateway
from difykit.git import Changes, Commit, Person, Spellings, Store, Tree, clash_text
from difykit.source import migrations, overlay, wiring
from difykit.source.patch import Patch, apply, printable
from difykit.source.sync.plan import LayerPlan, SourceInputs
from difykit.workspace.workspace import Overlay


@dataclass(frozen=True)
class LayerAttempt:
    """The commits of layers that fit, and what stands against the others."""

    commits: list[Commit]
    problems: tuple[Problem, ...]
    hint: str
    faults: tuple[DifyKitError, ...]
    """What has no place in a file of the workspace."""
    wired: bool = False
    """Whether the last commit is the wiring's."""


class LayerCommits:
    """Makes the commits of the layers that are not there yet, on those that are."""

    def __init__(
        self, store: Store, base: str, release: Version, inputs: SourceInputs, existing: Sequence[LayerPlan]
    ) -> None:
        self._store = store
        self._base = base
        self._release = release
        self._inputs = inputs
        self._made = existing
        self._patches = {patch.name: patch for patch in inputs.patches}
        self._owner: dict[str, str] = {}
        self._base_tree: Tree | None = None
        self._spellings: Spellings | None = None

    def commits(self, new: Sequence[LayerPlan]) -> list[Commit]:
        """The commits of `new`, in order.

        Raises PatchConflict, ConfigError or DifyKitError for a layer that does not fit.
        """
        attempt = self.attempt(new)
        for fault in attempt.faults[:1]:
            raise fault
        if attempt.problems:
            raise ConfigError(attempt.problems, hint=attempt.hint)
        return attempt.commits

    def attempt(self, new: Sequence[LayerPlan], *, entire: bool = False) -> LayerAttempt:
        """The commits of `new` as far as they can be made, in order, with what stands against the others.

        With `entire` an overlay of which some does not fit is laid as far as it does, and nothing ends the attempt but
        a patch. Raises PatchConflict for a patch that does not fit.
        """
        if not new:
            return LayerAttempt([], (), "", ())
        parent = self._base
        for plan in self._made:
            assert plan.commit is not None
            self._own(plan, self._touched(plan, parent))
            parent = plan.commit
        tree = self._store.tree(parent)
        self._prefetch(tree, new)
        who = Person("difykit", "difykit@localhost", self._store.date(self._base))
        commits: list[Commit] = []
        applied: Changes = {}
        problems: list[Problem] = []
        hints: dict[str, None] = {}
        faults: list[DifyKitError] = []
        unmade: set[str] = set()
        for plan in new:
            current = Tree(self._store, tree.entries, applied)
            try:
                commit = self._commit(plan, current, who)
                self._refuse_spellings(plan, commit.changes, current)
            except ConfigError as error:  # the next overlay's problems are worth knowing too
                problems += error.problems
                hints[error.hint] = None
            except PatchConflict:
                raise
            except DifyKitError as error:
                faults.append(error)
                if not entire:
                    break  # as it always was: nothing after it is looked at
            else:
                applied.update(commit.changes)
                commits.append(commit)
                continue
            unmade.add(plan.name)
            if entire and (part := self._part(plan, current, who)):
                applied.update(part.changes)
                commits.append(part)
        wired = bool(commits) and new[-1].kind == "wiring" and new[-1].name not in unmade
        return LayerAttempt(commits, tuple(problems), "; ".join(filter(None, hints)), tuple(faults), wired)

    def _part(self, plan: LayerPlan, tree: Tree, who: Person) -> Commit | None:
        """As much of an overlay as fits, where not all of it does; None where nothing of it can be laid."""
        if plan.kind != "overlay":
            return None
        enabled = self._overlay(plan.name)
        try:
            whole_changes = overlay.whole_files(enabled, tree, self._release)
            changes, _ = overlay.edit_outcomes(enabled, whole_changes, tree, self._release)
            self._own(plan, changes)
        except DifyKitError:
            return None
        return Commit(f"overlay {plan.name}, in part\n", who, who, changes)

    def _refuse_spellings(self, plan: LayerPlan, changes: Changes, tree: Tree) -> None:
        """Raises ConfigError where a new file would be one with another on a file system that folds names."""
        added = [path for path, blob in changes.items() if blob and not tree.has_file(path)]
        if self._spellings is None and added:
            self._spellings = Spellings(tree.under(""))
        if self._spellings is None:
            return
        removed = [path for path, blob in changes.items() if blob is None and tree.has_file(path)]
        clashes = self._spellings.change(removed, added)
        if clashes:
            label = f"overlays/{plan.name}" if plan.kind == "overlay" else f"patches/{printable(plan.name)}"
            raise ConfigError(
                [
                    Problem(label, 0, f"{clash_text(name, clashing)} ({self.owner_of(clashing)})")
                    for name, clashing in clashes
                ],
                hint="give one of the two another name",
            )

    def owner_of(self, path: str) -> str:
        """Whose a path is, a folder too: the layer's that changes something there, or Dify's."""
        layers = [label for own, label in self._owner.items() if f"{own}/".startswith(f"{path}/")]
        return next(iter(layers), "Dify's own")

    def owner(self, path: str) -> str:
        """Which layer changes `path`; the path itself where none does. Known once `commits` has run."""
        return self._owner.get(path, path)

    def replaced(self) -> dict[str, str]:
        """For each upstream file that an overlay replaces whole: the id of the upstream blob."""
        if self._base_tree is None:
            self._base_tree = self._store.tree(self._base)
        entries = self._base_tree.entries
        whole_paths = {
            path
            for enabled in self._inputs.overlays
            for _, folder in overlay.trees_for(enabled, self._base_tree, self._release)
            for path, _ in overlay.files_of(folder)
        }
        return {path: entries[path].oid for path in sorted(whole_paths) if path in entries}

    def _touched(self, plan: LayerPlan, parent: str) -> Iterable[str]:
        """The paths that a layer writes, also where it writes what was there before."""
        if plan.kind == "patch":
            return _paths(self._patch(plan.name))
        if plan.kind == "overlay":
            return overlay.overlay_changes(self._overlay(plan.name), self._store.tree(parent), self._release)[0]
        return ()

    def _overlay(self, name: str) -> Overlay:
        return next(item for item in self._inputs.overlays if item.name == name)

    def _commit(self, plan: LayerPlan, tree: Tree, who: Person) -> Commit:
        if plan.kind == "patch":
            patch = self._patch(plan.name)
            changes = apply(patch, tree.read)
            self._own(plan, changes)
            return Commit(patch_message(patch), author_of(patch, who), who, changes)
        if plan.kind == "overlay":
            enabled = self._overlay(plan.name)
            changes, whole_paths = overlay.overlay_changes(enabled, tree, self._release)
            self._refuse_double(enabled, whole_paths)
            self._own(plan, changes)
            return Commit(f"overlay {plan.name}: {enabled.manifest.description}\n", who, who, changes)
        own = {entry.overlay.name for entry in migrations.own_migrations(self._inputs.overlays)}
        wired = own.union(wiring.wired_names(self._inputs.overlays))
        names = ", ".join(enabled.name for enabled in self._inputs.overlays if enabled.name in wired)
        changes = self._wired(tree)
        changes |= migrations.program_changes(self._inputs.overlays, tree)
        return Commit(f"wiring: register what the overlays add ({names})\n", who, who, changes)

    def _wired(self, tree: Tree) -> Changes:
        try:
            return wiring.wiring_changes(self._inputs.overlays, tree)
        except DifyKitError as error:
            files = (wiring.BLUEPRINTS_FILE, gateway.TEMPLATE)
            owners = [self._owner[path] for path in files if path in error.message and path in self._owner]
            if not owners:
                raise
            hint = f"{owners[0]} changes that file: mend it there"
            raise DifyKitError(error.message, hint=hint) from error

    def _patch(self, name: str) -> Patch:
        return self._patches[name]

    def _prefetch(self, tree: Tree, new: Sequence[LayerPlan]) -> None:
        """Read what the patches change in one go: a question and an answer for each file would cost the most."""
        paths = {path for plan in new if plan.kind == "patch" for path in _paths(self._patch(plan.name))}
        tree.prefetch(paths)

    def _own(self, plan: LayerPlan, paths: Iterable[str]) -> None:
        self._owner |= dict.fromkeys(paths, plan.label)

    def _may_override(self, enabled: Overlay, path: str) -> bool:
        return path in enabled.manifest.overrides and self._owner[path].startswith("patch ")

    def _refuse_double(self, enabled: Overlay, whole_paths: frozenset[str]) -> None:
        problems = [
            Problem(enabled.label, 0, f"{path} is a whole file here, but {self._owner[path]} changes it too")
            for path in sorted(whole_paths)
            if path in self._owner and not self._may_override(enabled, path)
        ]
        if problems:
            over_patch = any(self._owner[path].startswith("patch ") for path in whole_paths if path in self._owner)
            hint = "make it an edit, or keep one of the two"
            hint += "; a file that is to win over a patch is named under `overrides`" if over_patch else ""
            raise ConfigError(problems, hint=hint)


def _paths(patch: Patch) -> set[str]:
    return {path for change in patch.changes for path in (change.old_path, change.new_path) if path}


def patch_message(patch: Patch) -> str:
    """The message of the commit that a patch becomes."""
    trailer = f"Difykit-Patch: patches/{patch.name}\n"
    body = patch.body.strip("\n")
    if not body:
        return f"{patch.subject}\n\n{trailer}"
    return f"{patch.subject}\n\n{body}\n" + ("" if patch.trailers else "\n") + trailer


def author_of(patch: Patch, fallback: Person) -> Person:
    """Who made a patch, and when; what it does not say is from `fallback`."""
    try:
        when = parsedate_to_datetime(patch.date)
    except (TypeError, ValueError):
        return Person(patch.author or fallback.name, patch.email or fallback.email, fallback.seconds)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)  # not the time zone of this machine
    zone = when.strftime("%z")
    return Person(patch.author or fallback.name, patch.email or fallback.email, max(0, int(when.timestamp())), zone)
