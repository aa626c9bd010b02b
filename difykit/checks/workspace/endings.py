"""Line ends: a script with those of Windows does not start in a container (facts §8, langgenius/dify#2511)."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from difykit import git
from difykit.checks.finding import Finding, error, not_judged, ok, warning
from difykit.checks.workspace.space import Space, text_of
from difykit.core import files, process
from difykit.core.errors import in_line

# What is run, or read line by line, inside an image or a container.
_STRICT = re.compile(r"(?:\.(?:sh|template|conf|env)|/(?:entrypoint|Dockerfile|\.env)[^/]*|\.patch)$")
_KEEPS = re.compile(r"(?m)^\*[ \t]+(?:\S+[ \t]+)*-text\b")
_LARGE = 4 << 20
_SHOWN = 5


@dataclass(frozen=True)
class Endings:
    """Files that must not hold CRLF and do, what was not read, and whether git is kept from putting CRLF into any."""

    windows: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    large: tuple[str, ...] = ()
    attributes: bool = True
    autocrlf: str = ""


def look_at_endings(space: Space) -> Endings:
    """Read the workspace's patches, overlays and images. Raises NotJudged without a workspace."""
    root = space.folder
    unreadable: list[str] = []
    large: list[str] = []
    paths = _files(root, unreadable)
    windows = sorted(name for name, path in paths if _is_windows(name, path, unreadable, large))
    alone = not process.is_installed("git") or not git.in_repository(root)
    return Endings(
        windows=tuple(windows),
        unreadable=tuple(unreadable),
        large=tuple(sorted(large)),
        attributes=alone or _KEEPS.search(text_of(root / ".gitattributes")) is not None,
        autocrlf="" if alone else git.git_setting(root, "core.autocrlf"),
    )


def _files(root: Path, unreadable: list[str]) -> Iterator[tuple[str, Path]]:
    for content in ("patches", "overlays", "images"):
        walk = os.walk(root / content, onerror=lambda error: _note(error, root, unreadable))
        for folder, _, names in walk:
            for name in names:
                path = Path(folder) / name
                yield path.relative_to(root).as_posix(), path


def _note(error: OSError, root: Path, unreadable: list[str]) -> None:
    if not isinstance(error, FileNotFoundError):
        unreadable.append(Path(error.filename).relative_to(root).as_posix())


def _is_windows(name: str, path: Path, unreadable: list[str], large: list[str]) -> bool:
    try:
        if not path.is_file():
            return False
        with files.opened(path) as file:
            start = file.read(2)
            if start != b"#!" and not _STRICT.search(name):
                return False
            if path.stat().st_size > _LARGE:
                large.append(name)
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


def judge_endings(endings: Endings) -> list[Finding]:
    """No CRLF where it breaks things, and git told to leave line ends alone."""
    findings = []
    if endings.windows:
        text = f"CRLF line ends in {in_line(endings.windows, _SHOWN)}: such a script does not start in a container,"
        text += " such a patch does not fit"
        findings.append(error(text, rf"perl -pi -e 's/\r$//' {shlex.join(endings.windows)}"))
    if endings.unreadable:
        findings.append(
            error(f"cannot be read: {', '.join(endings.unreadable)}", "give them to your user: chown, chmod")
        )
    if not endings.attributes:
        why = f"; your git has core.autocrlf={endings.autocrlf}" if endings.autocrlf in {"true", "input"} else ""
        text = f".gitattributes does not keep git from changing line ends in patches and overlays{why}"
        findings.append(warning(text, "echo '* -text' >> .gitattributes"))
    if endings.large:
        findings.append(not_judged(f"larger than {_LARGE >> 20} MiB, so not read: {in_line(endings.large, _SHOWN)}"))
    return findings or [ok("LF where it must be, and git leaves it alone")]
