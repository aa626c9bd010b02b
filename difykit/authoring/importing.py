"""`patch.import`: diffs, mails and commits of another repository become patches at the end of the series."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from difykit.authoring.chain import LayerRanks
from difykit.authoring.maker import made_for, whoami
from difykit.authoring.message import full_body
from difykit.authoring.prove import check_same
from difykit.authoring.rearrange import rearranged, series_write
from difykit.authoring.rebuild import FileWrite, Rebuilt, date_text, free_name, patch_file, read_text
from difykit.core import files
from difykit.core.errors import CommandFailed, DifyKitError
from difykit.core.progress import Progress
from difykit.git import Mail, applied, diff, range_mails, read_mails
from difykit.source.patch import FILL_IN, added, printable, read_series, read_trailers, write_patch
from difykit.workspace.repository import repository_faults, repository_url
from difykit.workspace.state import Source
from difykit.workspace.workspace import Workspace

_DIFF = re.compile(rb"(?m)^(?:diff --git |--- [^\r\n]*\r?\n\+\+\+ |Index: )")
_HEADER = rb"[A-Za-z][A-Za-z-]*:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*"
_MAIL = re.compile(rb"From [0-9a-f]{40} |From \S+ (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) |(?:" + _HEADER + rb")*From: ")
_UNNAMED = "An imported change"
_ELSEWHERE = "import it where upstream.ref is the Dify that it was made for, then: difykit upgrade.start --to RELEASE"
_HINTS = (
    (
        "without full index line",
        "it says that a binary file differs, and not what is in it: write it by git diff --binary",
    ),
    ("invalid path", "a patch cannot write there: leave that file out of it"),
)
"""What helps, by words of git's."""
_STEPS = re.compile(r"(?:[~^][0-9]*)+$")
_WHY = f"{FILL_IN}: what it is for, to whoever has to carry it on)"
_UPSTREAM = f"{FILL_IN}: a link, or why it was not sent)"


@dataclass(frozen=True)
class Incoming:
    """A change that came from outside: the mail that it is, or is made into, and where it is from."""

    origin: str
    mail: Mail
    strips: tuple[int, ...] = (1,)
    """How many folders to take off its paths, tried in turn."""


def import_patches(
    workspace: Workspace,
    progress: Progress,
    names: Sequence[str],
    *,
    repository: str = "",
    subject: str = "",
    why: str = "",
    check: bool = False,
) -> Rebuilt:
    """Make patches of these files, or of commits (OLD..NEW) of a repository, after the last one of the series.

    All of them or none. What a message does not say is to be filled in, and `patch.check` asks for it.
    Raises DifyKitError, with nothing changed, for what holds no change, and for what does not fit the pinned Dify with
    the patches that are there.
    """
    incoming = list(_incoming(names, repository, progress))
    if subject and len(incoming) == 1:
        incoming = [replace(incoming[0], mail=replace(incoming[0].mail, subject=subject))]
    elif subject:
        raise DifyKitError(f"--subject names one patch, and there are {len(incoming)}", hint="leave --subject out")
    expected: list[str] = []

    def change(chain: LayerRanks) -> Rebuilt:
        last = chain.commit[chain.last_patch]
        tree = chain.store.tree_id(last)
        before = series = read_text(workspace.patches / "series")
        taken = {entry for entry, _ in read_series(before)}
        writes: list[FileWrite] = []
        new: list[str] = []
        for item in incoming:
            following = _on(chain, tree, item)
            if following == tree:
                progress.skip(f"{item.origin}: it changes nothing that is not there already")
                continue
            name = free_name(item.mail.subject or _UNNAMED, taken)
            taken.add(name)
            series = added(series, name)
            new.append(name)
            writes.append(patch_file(name, _written(chain, item.mail, why, diff(chain.store, tree, following))))
            tree = following
        expected[:] = [tree]
        return Rebuilt((*writes, *series_write(before, series)), tuple(new))

    def proof(chain: LayerRanks, built: Source) -> None:
        patches = [layer.commit for layer in built.layers if layer.kind == "patch"]
        check_same(chain.store, expected[0], patches[-1] if patches else built.base, "the source after the patches")

    return rearranged(workspace, progress, "difykit patch.import", change, check=check, proof=proof)


def _incoming(names: Sequence[str], repository: str, progress: Progress) -> Iterator[Incoming]:
    for name in names:
        if not repository:
            yield from _of_file(Path(name))
            continue
        since, until = _ends(name, repository)
        with progress.step(f"fetch {name} of {repository}"):
            raw = range_mails(repository_url(repository), since, until, progress.line)
        yield from _of_mails(raw, f"{name} of {repository}", "commit")


def _ends(name: str, repository: str) -> tuple[str, str]:
    """Both ends of a range of commits. Raises DifyKitError for what is none, and for what is not fetched from."""
    hint = "such as: difykit patch.import main..my-feature --from https://github.com/OWNER/NAME.git"
    since, mark, until = name.partition("..")
    if not (since and mark and until) or until.startswith("."):
        raise DifyKitError(f"{name} is no range of commits", hint=hint)
    for end in (since, until):
        for key, fault in repository_faults(repository_url(repository), _STEPS.sub("", end)):
            raise DifyKitError(f"--from: {fault}" if key == "url" else f"{end} in {name}: {fault}", hint=hint)
    return since, until


def _of_file(path: Path) -> Iterator[Incoming]:
    try:
        raw = files.read_bytes(path, limit=files.PATCH)
    except FileNotFoundError:
        raise DifyKitError(f"{path} is not there", hint="name a diff, a mail or a mailbox") from None
    except IsADirectoryError:
        raise DifyKitError(f"{path} is a folder", hint=f"name the files in it: difykit patch.import {path}/*") from None
    if _MAIL.match(raw):
        yield from _of_mails(raw, str(path))
        return
    start = _DIFF.search(raw)
    if start is None:
        raise DifyKitError(f"{path} holds no diff", hint="name what git diff, git format-patch or diff -u wrote")
    if raw[start.start() :].partition(b"\n")[0].endswith(b"\r"):  # written so on its way: git's own lines have none
        raw = raw.replace(b"\r\n", b"\n")
        start = _DIFF.search(raw) or start
    text = raw[: start.start()].decode("utf-8", "replace").strip()
    first, _, rest = text.partition("\n")
    subject = first.strip() or re.sub(r"[-_]+", " ", re.sub(r"^\d+[-_]", "", path.stem)).strip()
    mail = Mail(subject, "", "", "", rest.strip("\n"), raw[start.start() :])
    yield Incoming(str(path), mail, (1, 0))


def _of_mails(raw: bytes, origin: str, word: str = "mail") -> Iterator[Incoming]:
    try:
        mails = read_mails(raw)
    except CommandFailed as error:
        hint = "name what git format-patch or git diff wrote"
        raise DifyKitError(f"{origin} cannot be read as mails: {error.output}", hint=hint) from error
    carrying = [mail for mail in mails if mail.diff.strip()]
    if not carrying:
        raise DifyKitError(f"{origin} holds no change", hint="name what git format-patch wrote")
    for number, mail in enumerate(carrying, 1):
        yield Incoming(f"{origin}, {word} {number}" if len(carrying) > 1 else origin, mail)


def _on(chain: LayerRanks, tree: str, item: Incoming) -> str:
    """The tree with the change on it. Raises DifyKitError where it does not fit."""
    following, why = applied(chain.store, tree, item.mail.diff, item.strips)
    if following:
        return following
    lines = [line.removeprefix("error: ") for line in why.splitlines() if line.startswith(("error:", "fatal:"))]
    shown = "".join(f"\n  {printable(line)}" for line in lines[:10] or [why.strip()])
    hints = (hint for words, hint in _HINTS if words in why)
    raise DifyKitError(
        f"nothing was changed: {item.origin} ({printable(item.mail.subject)}) does not fit Dify"
        f" {chain.source.release} with the patches that are there:{shown}",
        hint=next(hints, _ELSEWHERE),
    )


def _written(chain: LayerRanks, mail: Mail, why: str, content: bytes) -> bytes:
    """The patch, with what the mail says; author and date where it has none are who imports it, and when."""
    me = whoami(chain.workspace)
    present = {key.lower() for key, _ in read_trailers(mail.body)}
    body = full_body(mail.body, why or _WHY, made_for(chain))
    if "upstream" not in present:
        body = body.replace("\nUpstream: not sent\n", f"\nUpstream: {_UPSTREAM}\n")
    return write_patch(
        subject=mail.subject or _UNNAMED,
        author=mail.author or me.name,
        email=mail.email or me.email,
        date=mail.date or date_text(me),
        body=body,
        diff=content,
    )
