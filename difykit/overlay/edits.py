"""Edits: literal texts and JSON keys, each with an asserted number of matches."""

from __future__ import annotations

import difflib
import json
from typing import Any

from difykit.errors import DifyKitError
from difykit.git import Blob
from difykit.manifest import Edit, Replace
from difykit.overlay.jsonedit import JsonFault, merge


def apply_edit(where: str, edit: Edit, blob: Blob | None) -> Blob:
    """The file after the edit; `where` is how messages call it.

    Raises DifyKitError when the release has no such file or the edit does not match as often as it says.
    """
    if blob is None:
        raise DifyKitError(
            f"{where}: the release has no {edit.file}", hint="give the edit a `when`, or correct its `file`"
        )
    mode, content = blob
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise DifyKitError(
            f"{where}: {edit.file} is not text", hint="use a whole file in the overlay's tree"
        ) from error
    if edit.replace:
        return mode, _replace(where, edit.file, edit.replace, text).encode()
    assert edit.json_ is not None
    return mode, _merge(where, edit.file, edit.json_.merge, text).encode()


def _replace(where: str, file: str, edit: Replace, text: str) -> str:
    found = text.count(edit.find)
    if found == edit.count:
        return text.replace(edit.find, edit.text)
    times = f"{found} times" if found != 1 else "once"
    message = f"{where}: {file} has the text to find {times}, not {edit.count}:\n  {edit.find.strip()}"
    if not found and (near := _nearest(edit.find, text)):
        message += f"\n  the nearest that it has, at line {near[0]}:\n  {near[1].strip()}"
    raise DifyKitError(message, hint="correct `find` or `count` for this release")


def _nearest(find: str, text: str) -> tuple[int, str] | None:
    """The line most like the first line of `find`; bounded, since files can be long."""
    first = next((line for line in find.splitlines() if line.strip()), "")
    lines = text.splitlines()[:20_000]
    close = difflib.get_close_matches(first.strip(), {line.strip() for line in lines if len(line) < 400}, n=1)
    if not close:
        return None
    return next((number, line) for number, line in enumerate(lines, 1) if line.strip() == close[0])


def _merge(where: str, file: str, wanted: dict[str, Any], text: str) -> str:
    try:
        return merge(text, wanted)
    except JsonFault as fault:
        raise DifyKitError(
            f"{where}: {file}: {fault}", hint="correct the keys under `merge` for this release"
        ) from fault
    except json.JSONDecodeError as error:
        raise DifyKitError(
            f"{where}: {file} is not JSON (line {error.lineno}: {error.msg})", hint="use `replace` for it"
        ) from error
