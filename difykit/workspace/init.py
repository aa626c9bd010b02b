"""`init`: a new workspace, which holds only what is yours."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.workspace.workspace import check_new_folder, ci_file, lend_schemas

RELEASE = "1.15.0"
"""The Dify release that new workspaces are pinned to: the newest that difykit's tests run on."""

_SETTINGS = """\
# yaml-language-server: $schema=.difykit/schema/difykit.schema.json
version: 1
upstream: {{url: https://github.com/langgenius/dify.git, ref: {release}}}
overlays: []  # yours in overlays/NAME, or a shipped one: difykit overlay.list
images: {{prefix: ""}}  # a registry path that ends in '/', to publish there
env: {{}}  # settings that are not secret; secrets live in .env
{toolkit}
deploy: {{target: compose, project: dify, data: data}}
"""
_NO_TOOLKIT = "# toolkit: git+https://HOST/OWNER/difykit.git@COMMIT  # fill in which difykit; CI installs just that"

_TASKS = '''\
"""The commands of this workspace: `invoke --list` shows them, `invoke --help TASK` explains one."""

from difykit.commands import namespace
'''


CI = {"github": ".github/workflows/publish.yml", "gitlab": ".gitlab-ci.yml"}
"""The CI systems that a workspace can be given a pipeline for, and where each looks for it."""


def workspace_files(ci: str = "", toolkit: str = "") -> dict[str, str]:
    """The files of a new workspace by path, with the pipeline of a CI system where one is named.

    `toolkit` says which difykit it is made for, "" where that is not known.
    """
    return {
        "difykit.yaml": _SETTINGS.format(
            release=RELEASE,
            toolkit=f"toolkit: {toolkit}  # which difykit; CI installs just that" if toolkit else _NO_TOOLKIT,
        ),
        "tasks.py": _TASKS,
        ".gitignore": "/.difykit/\n/data/\n/.env\n/images.json\n",
        ".gitattributes": "* -text\n",
        "patches/series": "# One patch a line, in this order: files that `git format-patch` made.\n",
        "overlays/.gitkeep": "",
        "images/.gitkeep": "",
        **_pipeline(ci),
    }


def _pipeline(ci: str) -> dict[str, str]:
    return {CI[ci]: files.read_text(ci_file(ci))} if ci else {}


def init(folder: Path, ci: str = "", toolkit: str = "") -> list[str]:
    """Write a new workspace into `folder`, made if missing, for the difykit that `toolkit` names; the paths written.

    Where `folder` is a workspace already and `ci` names a CI system, only its pipeline is written.
    Raises DifyKitError for an unknown CI system, or when one of the files exists already; then nothing is written.
    """
    check_new_folder(folder)
    if ci and ci not in CI:
        raise DifyKitError(f"there is no pipeline for {ci!r}", hint=f"difykit init {folder} --ci {' or '.join(CI)}")
    texts = _pipeline(ci) if ci and (folder / "difykit.yaml").is_file() else workspace_files(ci, toolkit)
    # What an init that was killed left is nobody else's; difykit.yaml comes last, and makes the folder a workspace.
    conflicting = [path for path in texts if path == "difykit.yaml" or not _holds(folder / path, texts[path])]
    conflicting = [path for path in conflicting if os.path.lexists(folder / path)]
    if conflicting:
        raise DifyKitError(
            f"{folder} has {', '.join(conflicting)} already; nothing was written",
            hint="name a new folder, or work in that one: it may be a workspace already",
        )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".difykit-init-", dir=folder) as scratch:
        for path, text in texts.items():
            target = Path(scratch) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        for path in sorted(texts, key=lambda path: path == "difykit.yaml"):  # last: it makes the folder a workspace
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(scratch) / path).rename(folder / path)
    lend_schemas(folder / ".difykit")
    return sorted(texts)


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and not path.is_symlink() and files.read_bytes(path) == text.encode()
