"""`upgrade.forecast`: what each customisation becomes on each release, before anything is moved."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait

from packaging.version import Version

from difykit.core import fifos
from difykit.core.errors import DifyKitError
from difykit.core.files import locked
from difykit.core.progress import Progress
from difykit.git import Store, borrowing, check_git
from difykit.porting.plan.chain import ChainRelease, build
from difykit.porting.plan.facts import read_deployment
from difykit.porting.plan.model import Customisation, Forecast, Outlook
from difykit.porting.plan.outlook import Share, outlooks, outlooks_apart
from difykit.porting.plan.releases import FetchedRelease, Wish, get_releases
from difykit.release.render import adds
from difykit.source import wiring
from difykit.source.overlay import release_version
from difykit.source.patch import Patch, load
from difykit.source.sync import known_base
from difykit.workspace import dotenv
from difykit.workspace.lock import read_lock
from difykit.workspace.workspace import Workspace

# Starting a process costs what two releases cost.
_FEW = 4


def forecast(
    workspace: Workspace, wish: Wish, progress: Progress, *, processes: int = 0, contents: bool = False
) -> Forecast:
    """The forecast for the releases wished for, in `processes` (one for each core, where it is 0).

    With `contents`, it has the files of what is merged beyond git.
    Missing releases are fetched; beyond that nothing is written, neither in the workspace nor in the store.
    Raises PatchConflict or ConfigError for a workspace that does not fit its own pin, DifyKitError when there are no
    such releases or the upstream cannot be reached for one that is named, MissingTool for a git before 2.39.
    """
    check_git()
    pin = workspace.settings.upstream
    with (
        locked(workspace.derived / "lock", "difykit upgrade.forecast", on_wait=progress.skip),
        Store(workspace.store) as store,
    ):
        store.ensure()
        base = _base(workspace, store, progress)
        version = release_version(pin.ref, store, base)
        releases, note = get_releases(store, pin.url, wish, version, progress)
        chosen = sorted(releases, key=lambda release: (release.version or Version("0"), release.date))
        if not chosen:
            return Forecast(pin.ref, _rows(workspace, load(workspace.patches)), (), note)
        with borrowing(store) as scratch:
            share = _share(workspace, scratch, base, pin.ref, version)
            share = replace(share, lenders=(store.path, scratch.path), contents=contents)
            with progress.step(f"replay the customisations on {len(chosen)} releases"):
                by_ref = {
                    outlook.ref: outlook for outlook in _run(share, chosen, processes or os.cpu_count() or 1, progress)
                }
    rows = _rows(workspace, load(workspace.patches))
    return Forecast(pin.ref, rows, tuple(by_ref[release.ref] for release in chosen), note)


def _base(workspace: Workspace, store: Store, progress: Progress) -> str:
    """The pinned commit."""
    pin, lock = workspace.settings.upstream, read_lock(workspace.lock_file)
    base = known_base(workspace, store, lock)
    if base is None:
        with progress.step(f"fetch Dify {pin.ref} from {pin.url}"):
            base = store.fetch(pin.url, pin.ref, progress.line)
    if lock and lock.upstream.ref == pin.ref and lock.upstream.commit != base:
        raise DifyKitError(
            f"the ref {pin.ref} of {pin.url} is commit {base}, but difykit.lock says {lock.upstream.commit}",
            hint="difykit sync says what to do about it",
        )
    return base


def _share(workspace: Workspace, scratch: Store, base: str, pin: str, version: Version | None) -> Share:
    release = ChainRelease(pin, base, version)
    chain = build(workspace, scratch, release)
    tree = scratch.tree(base)
    return Share(
        root=workspace.root,
        lenders=(),
        base=base,
        tip=chain.tip,
        version=release.number,
        before={link.plan.name: link.parent for link in chain.links if link.plan.kind == "overlay"},
        steps=chain.steps(scratch, tree, load(workspace.patches)),
        deployment=read_deployment(tree),
        keys=frozenset(_values(workspace)),
        lists=_lists(workspace),
        releases=(),
    )


def _values(workspace: Workspace) -> dict[str, str]:
    """The settings that the workspace makes, raw; "" for one that depends on the release, or is a secret."""
    own: dict[str, str] = {}
    for overlay in workspace.overlays:
        own |= dict.fromkeys(overlay.manifest.secrets, "")
        own |= {key: entry if isinstance(entry, str) else "" for key, entry in overlay.manifest.env.items()}
    own |= {key: dotenv.quote(value) for key, value in workspace.settings.env.items()}
    text = (fifos.read_env(workspace.env_file) or b"").decode("utf-8", "replace")
    return own | {assignment.key: assignment.raw for assignment in dotenv.assignments(text)}


def _lists(workspace: Workspace) -> dict[str, str]:
    values = {key: dotenv.decode(raw) or "" for key, raw in _values(workspace).items()}
    return {key: value for key, value in values.items() if value and not adds(value)}


def _rows(workspace: Workspace, patches: Sequence[Patch]) -> tuple[Customisation, ...]:
    rows = [Customisation("patch", patch.name, patch.subject, patch.trailer("Why")) for patch in patches]
    rows += [Customisation("overlay", overlay.name, overlay.manifest.description) for overlay in workspace.overlays]
    if names := wiring.wired_names(workspace.overlays):
        rows.append(Customisation("wiring", "wiring", f"registers and routes {', '.join(names)}"))
    return tuple(rows)


def _run(share: Share, releases: Sequence[FetchedRelease], processes: int, progress: Progress) -> Iterator[Outlook]:
    if processes == 1 or len(releases) <= _FEW:
        yield from outlooks(replace(share, releases=tuple(releases)))
        return
    # Neighbours share most files, and what was merged once is known: one piece for each process, not many small ones.
    size = -(-len(releases) // processes)
    pieces = [tuple(releases[at : at + size]) for at in range(0, len(releases), size)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_serve) as pool:
        pending = [pool.submit(outlooks_apart, replace(share, releases=piece)) for piece in pieces]
        count = 0
        try:
            for future in as_completed(pending):
                batch = future.result()
                count += len(batch)
                progress.line(f"{count} of {len(releases)} releases")
                yield from batch
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for helper in active_children():
                helper.terminate()  # its git ends with it
            raise


def _serve() -> None:
    """^C is this process's to tell of; its helpers end when it ends, also when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGKILL)
