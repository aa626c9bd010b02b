"""`patch.split` and `patch.join`: one patch becomes several, several become one; the source stays the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from difykit.authoring.chain import LayerRanks
from difykit.authoring.rearrange import parent_of, rank_of, rearranged, series_write
from difykit.authoring.rebuild import NOBODY, FileWrite, Rebuilt, free_name, kept_head, patch_file, read_text
from difykit.core import files
from difykit.core.errors import DifyKitError, in_line
from difykit.core.progress import Progress
from difykit.git import Changes, Commit, Tree, diff, write_chain
from difykit.source.patch import (
    Patch,
    Piece,
    added,
    chosen,
    dropped,
    listed,
    named,
    partly,
    pieces,
    printable,
    read_series,
    read_trailers,
    title,
    write_patch,
)
from difykit.workspace.workspace import Workspace

_WAYS = ("file", "hunk")


def split(
    workspace: Workspace,
    progress: Progress,
    name: str,
    *,
    paths: Sequence[str] = (),
    hunks: Sequence[str] = (),
    by: str = "",
    subject: str = "",
    check: bool = False,
) -> Rebuilt:
    """Take files or hunks of a patch into a new one after it; or, `by` file or hunk, each of them into its own.

    Raises DifyKitError, with nothing changed, for what the patch does not have, where nothing would be left of it, and
    where the source would not be the same.
    """
    patch = named(workspace.patches, name)
    groups = _groups(patch, paths, hunks, by)
    if by and subject:
        hint = "leave --subject out: each is called after what is in it"
        raise DifyKitError(f"--subject names one patch, and --by {by} makes {len(groups)}", hint=hint)

    def change(chain: LayerRanks) -> Rebuilt:
        diffs = _diffs(chain, patch, groups)
        raw = files.read_bytes(workspace.patches / patch.name, limit=files.PATCH)
        before = series = read_text(workspace.patches / "series")
        writes, new, last = [patch_file(patch.name, kept_head(raw) + diffs[0])], [], patch.name
        taken = {entry for entry, _ in read_series(before)}
        for group, content in zip(groups[1:], diffs[1:], strict=True):
            words = subject if subject and not by else f"{patch.subject}: {_title(patch, group)}"
            file = free_name(words, taken)
            taken.add(file)
            series, last = added(series, file, after=last), file
            new.append(file)
            writes.append(patch_file(file, _written(patch, words, patch.body, content)))
        return Rebuilt((*writes, *series_write(before, series)), tuple(new), (patch.name,))

    return rearranged(workspace, progress, f"difykit patch.split {patch.name}", change, check=check)


def _groups(patch: Patch, paths: Sequence[str], hunks: Sequence[str], by: str) -> list[list[Piece]]:
    """Which pieces each patch has; the first is the one that keeps the name."""
    every = pieces(patch)
    if by and (by not in _WAYS or paths or hunks):
        text = f"--by {by}: there is no such way" if by not in _WAYS else f"--by {by} takes all of the patch"
        raise DifyKitError(text, hint="--by takes file or hunk, and no --file and --hunk beside it")
    if by:
        keys = [(piece.change, piece.hunk if by == "hunk" else 0) for piece in every]
        groups = [[piece for piece, own in zip(every, keys, strict=True) if own == key] for key in dict.fromkeys(keys)]
    else:
        goes = chosen(patch, paths, hunks)
        groups = [[piece for piece in every if piece not in goes], [piece for piece in every if piece in goes]]
    if len(groups) < 2 or not all(groups):
        shown = "\n".join(f"  {line}" for line in listed(patch))
        why = "nothing would be left in it" if paths or hunks else "what is to be taken out of it is not said"
        raise DifyKitError(
            f"nothing was changed: patches/{patch.name} is not split, since "
            + ("it is one piece" if len(every) < 2 else why)
            + f":\n{shown}",
            hint="--file PATH or --hunk PATH:NUMBER takes it into a new patch; --by file, --by hunk: each into its own",
        )
    return groups


def _diffs(chain: LayerRanks, patch: Patch, groups: Sequence[Sequence[Piece]]) -> list[bytes]:
    """The diffs of the patches, one on another; together they are what the patch does."""
    rank = rank_of(chain, patch.name)
    parent, store = parent_of(chain, rank), chain.store
    before, after = store.tree(parent), store.tree(chain.commit[rank])
    included: set[Piece] = set()
    commits = []
    for group in groups:
        included |= set(group)
        commits.append(Commit("part\n", NOBODY, NOBODY, _changes(patch, included, before, after)))
    ids = [parent, *write_chain(store, parent, commits)]
    return [diff(store, old, new) for old, new in pairwise(ids)]


def _changes(patch: Patch, included: set[Piece], before: Tree, after: Tree) -> Changes:
    """What stands at each path of the patch, with only the included pieces of it."""
    changes: Changes = {}
    for number, change in enumerate(patch.changes):
        whole = any(piece.change == number for piece in included)
        ends = (change.new_path,) if change.kind == "copy" else (change.old_path, change.new_path)
        for path in dict.fromkeys(path for path in ends if path is not None):
            blob = before.read(path)
            content = partly(change, number, included, blob[1]) if blob else None
            side = after if whole else before
            changes[path] = (blob[0], content) if blob and content is not None else side.read(path)
    return changes


def _title(patch: Patch, group: Sequence[Piece]) -> str:
    return in_line([*dict.fromkeys(printable(title(patch, piece)) for piece in group)], 1)


def _written(patch: Patch, subject: str, body: str, content: bytes) -> bytes:
    return write_patch(
        subject=subject, author=patch.author, email=patch.email, date=patch.date, body=body, diff=content
    )


def join(
    workspace: Workspace, progress: Progress, names: Sequence[str], *, subject: str = "", check: bool = False
) -> Rebuilt:
    """Make one patch of several, in the place and under the name of the first.

    Raises DifyKitError, with nothing changed, where a patch between them changes the same files, where they are for
    different releases, and where the source would not be the same.
    """
    loaded = [named(workspace.patches, name) for name in names]
    if len({patch.name for patch in loaded}) < 2:
        raise DifyKitError("patch.join needs two patches", hint="difykit patch.join FIRST SECOND")
    for key in ("Applies-to", "Until", "Stay-deleted"):
        if len({patch.trailer(key) for patch in loaded}) > 1:
            raise DifyKitError(
                f"nothing was changed: {', '.join(patch.name for patch in loaded)} differ in their {key}",
                hint=f"make {key} alike in their messages first",
            )

    def change(chain: LayerRanks) -> Rebuilt:
        ordered = sorted(loaded, key=lambda patch: rank_of(chain, patch.name))
        first, *others = ordered
        content = _joined_diff(chain, ordered)
        body = _body(ordered)
        before = series = read_text(workspace.patches / "series")
        for patch in others:
            series = dropped(series, patch.name)
        writes = [patch_file(first.name, _written(first, subject or first.subject, body, content))]
        gone = [FileWrite(f"patches/{patch.name}", None) for patch in others]
        return Rebuilt(
            (*gone, *writes, *series_write(before, series)), (), (first.name,), tuple(patch.name for patch in others)
        )

    return rearranged(workspace, progress, "difykit patch.join", change, check=check)


def _joined_diff(chain: LayerRanks, ordered: Sequence[Patch]) -> bytes:
    """What the patches do in the place of the first one."""
    ranks = [rank_of(chain, patch.name) for patch in ordered]
    _refuse_between(chain, ordered, ranks)
    changes: Changes = {}
    for rank in ranks:
        for path, (_, entry) in chain.touched.get(rank, {}).items():
            changes[path] = (entry.mode, chain.store.blob(entry.oid)) if entry else None
    parent = parent_of(chain, ranks[0])
    [commit] = write_chain(chain.store, parent, [Commit("joined\n", NOBODY, NOBODY, changes)])
    content = diff(chain.store, parent, commit)
    if not content:
        raise DifyKitError(
            "nothing was changed: the patches undo each other", hint="drop each of them: difykit patch.drop NAME"
        )
    return content


def _refuse_between(chain: LayerRanks, ordered: Sequence[Patch], ranks: Sequence[int]) -> None:
    """Raises DifyKitError where a patch that stays between them changes a file of one that moves before it."""
    blocking = [
        f"patches/{stratum.name} lies between, and changes {printable(path)} too"
        for stratum in chain.patches
        if ranks[0] < stratum.rank < ranks[-1] and stratum.rank not in ranks
        for path in sorted(_moving_paths(chain, ranks, stratum.rank) & chain.touched.get(stratum.rank, {}).keys())
    ]
    if blocking:
        shown = "\n".join(f"  {line}" for line in blocking[:20])
        names = " and ".join(patch.name for patch in ordered)
        raise DifyKitError(
            f"nothing was changed: {names} cannot be joined:\n{shown}",
            hint="move it out of the way (difykit patch.reorder NAME), or join it, too",
        )


def _moving_paths(chain: LayerRanks, ranks: Sequence[int], rank: int) -> set[str]:
    """The files of the patches that come to stand before the one of this rank."""
    return {path for own in ranks[1:] if own > rank for path in chain.touched.get(own, {})}


def _body(ordered: Sequence[Patch]) -> str:
    """What all of them say, the trailers of the first, and a `Why` of all."""
    texts = [_prose(ordered[0]), *(f"{patch.subject}\n\n{_prose(patch)}".strip() for patch in ordered[1:])]
    whys = dict.fromkeys(why for patch in ordered if (why := patch.trailer("Why")))
    own = [(key, "; ".join(whys) if key.lower() == "why" else value) for key, value in ordered[0].trailers]
    missing = {key: value for patch in ordered for key, value in patch.trailers}
    names = {key.lower() for key, _ in own}
    own += [(key, value) for key, value in missing.items() if key.lower() not in names]
    trailers = "\n".join(f"{key}: {value}" for key, value in own)
    return "\n\n".join(filter(None, (*texts, trailers)))


def _prose(patch: Patch) -> str:
    """The message without its trailers."""
    body = patch.body.strip("\n")
    if not patch.trailers:
        return body
    above, gap, last = body.rpartition("\n\n")
    return above if gap and read_trailers(last) else "" if read_trailers(body) and not gap else body
