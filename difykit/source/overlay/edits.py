"""Edits: literal texts, lines, JSON keys and texts of pages, each with an asserted number of matches."""

from __future__ import annotations

import json
from typing import Any

from difykit.core.errors import DifyKitError
from difykit.git import Blob, Tree
from difykit.source.overlay.i18n import set_text, text_file
from difykit.source.overlay.json_edit import JsonFault, merge
from difykit.source.overlay.text_edit import AlreadyThere, TextFault, insert, replace
from difykit.workspace.manifest import Edit

_BOM = "\ufeff"


def edited(where: str, edit: Edit, tree: Tree) -> tuple[str, Blob]:
    """The path of the file that the edit changes, and what it becomes; `where` is how messages call the edit.

    Raises DifyKitError when the release has no such file or the edit does not fit it.
    """
    path = edit.file or ""
    if edit.i18n:
        path = text_file(where, edit.i18n, tree)
    return path, apply_edit(where, edit, tree.read(path), path)


def apply_edit(where: str, edit: Edit, blob: Blob | None, path: str = "") -> Blob:
    """The file after the edit; `path` is needed where the edit does not name the file.

    Raises DifyKitError when there is no such file or the edit does not fit it.
    """
    path = path or edit.file or ""
    if blob is None:
        raise DifyKitError(f"{where}: the release has no {path}", hint="give the edit a `when`, or correct its `file`")
    mode, content = blob
    if mode == "120000":
        raise DifyKitError(f"{where}: {path} is a symlink", hint="edit the file that it points to")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise DifyKitError(f"{where}: {path} is not text", hint="use a whole file in the overlay's tree") from error
    mark = _BOM if text.startswith(_BOM) else ""
    try:
        return mode, (mark + _changed(where, edit, path, text.removeprefix(_BOM))).encode()
    except UnicodeEncodeError as error:
        half_character = f"{where}: {path}: the new text holds half a character (a surrogate), which no file can"
        raise DifyKitError(
            half_character, hint="write the character itself, or as \\UXXXXXXXX, in overlay.yaml"
        ) from error


def _changed(where: str, edit: Edit, path: str, text: str) -> str:
    if edit.i18n:
        return set_text(where, edit.i18n, path, text)
    if edit.json_:
        return _merge(where, path, edit.json_.merge, text)
    try:
        if edit.insert:
            return insert(text, edit.insert)
        assert edit.replace is not None
        return replace(text, edit.replace)
    except AlreadyThere as fault:
        hint = "remove the edit, or give it a `when` for the releases that need it"
        raise DifyKitError(f"{where}: {path}: {fault}", hint=hint) from fault
    except TextFault as fault:
        key = "find" if edit.replace else "after" if edit.insert and edit.insert.after is not None else "before"
        raise DifyKitError(f"{where}: {path} {fault}", hint=f"correct `{key}` or `count` for this release") from fault


def _merge(where: str, path: str, values: dict[str, Any], text: str) -> str:
    try:
        return merge(text, values)
    except JsonFault as fault:
        hint = "correct the keys under `merge` for this release"
        if fault.present:
            hint = f"what it has there is {fault.present}; {hint}"
        raise DifyKitError(f"{where}: {path}: {fault}", hint=hint) from fault
    except json.JSONDecodeError as error:
        raise DifyKitError(
            f"{where}: {path} is not JSON (line {error.lineno}: {error.msg})", hint="use `replace` for it"
        ) from error
    except RecursionError as error:
        raise DifyKitError(f"{where}: {path} is nested too deeply", hint="use `replace` for it") from error
    except ValueError as error:  # a number of more digits than Python reads
        raise DifyKitError(f"{where}: {path} cannot be read: {error}", hint="use `replace` for it") from error
