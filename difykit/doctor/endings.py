"""Line ends: a script with those of Windows does not start in a container (facts §8, langgenius/dify#2511)."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from difykit import files, git, process
from difykit.doctor.finding import Said, fail, ok, skip, warn
from difykit.doctor.space import Space

# What is run, or read line by line, inside an image or a container.
_STRICT = re.compile(r"(?:\.(?:sh|template|conf|env)|/(?:entrypoint|Dockerfile|\.env)[^/]*|\.patch)$")
_KEEPS = re.compile(r"(?m)^\*[ \t]+(?:\S+[ \t]+)*-text\b")
_LARGE = 4 << 20
_SHOWN = 5


@dataclass(frozen=True)
class Endings:
    """Files that must not hold CRLF and do, folders that cannot be read, and whether git may put CRLF into any."""

    windows: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    kept: bool = True
    autocrlf: str = ""


def look_at_endings(space: Space) -> Endings | None:
    """Read the workspace's patches, overlays and images; None without a workspace."""
    if space.root is None:
        return None
    unreadable: list[str] = []
    found = sorted(name for name, place in _files(space.root, unreadable) if _is_windows(name, place, unreadable))
    try:
        attributes = files.read_text(space.root / ".gitattributes", errors="replace")
    except OSError:
        attributes = ""
    alone = not process.is_installed("git") or not git.in_repository(space.root)
    return Endings(
        windows=tuple(found),
        unreadable=tuple(unreadable),
        kept=alone or _KEEPS.search(attributes) is not None,
        autocrlf="" if alone else git.git_setting(space.root, "core.autocrlf"),
    )


def _files(root: Path, unreadable: list[str]) -> Iterator[tuple[str, Path]]:
    for content in ("patches", "overlays", "images"):
        walk = os.walk(root / content, onerror=lambda error: _note(error, root, unreadable))
        for folder, _, names in walk:
            for name in names:
                place = Path(folder) / name
                yield place.relative_to(root).as_posix(), place


def _note(error: OSError, root: Path, unreadable: list[str]) -> None:
    if not isinstance(error, FileNotFoundError):
        unreadable.append(Path(error.filename).relative_to(root).as_posix())


def _is_windows(name: str, place: Path, unreadable: list[str]) -> bool:
    try:
        if not place.is_file() or place.stat().st_size > _LARGE:
            return False
        with files.opened(place) as file:
            start = file.read(2)
            if start != b"#!" and not _STRICT.search(name):
                return False
            return _has_windows_ends(name, start + file.read())
    except OSError:
        unreadable.append(name)
        return False


def _has_windows_ends(name: str, content: bytes) -> bool:
    if name.endswith(".patch"):
        # Lines of the files it changes may end so; its own may not.
        return re.search(rb"(?m)^diff --git .*\r$", content) is not None
    return b"\r\n" in content


def endings_said(endings: Endings | None) -> list[Said]:
    """No CRLF where it breaks things, and git told to leave line ends alone."""
    if endings is None:
        return [skip("no workspace")]
    said = []
    if endings.windows:
        names = endings.windows
        some = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        text = f"CRLF line ends in {some}: such a script does not start in a container, such a patch does not fit"
        said.append(fail(text, rf"perl -pi -e 's/\r$//' {shlex.join(names)}"))
    if endings.unreadable:
        said.append(fail(f"cannot be read: {', '.join(endings.unreadable)}", "give them to your user: chown, chmod"))
    if not endings.kept:
        why = f"; your git has core.autocrlf={endings.autocrlf}" if endings.autocrlf in {"true", "input"} else ""
        text = f".gitattributes does not keep git from changing line ends in patches and overlays{why}"
        said.append(warn(text, "echo '* -text' >> .gitattributes"))
    return said or [ok("LF where it must be, and git leaves it alone")]
