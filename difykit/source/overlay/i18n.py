"""One text of Dify's pages, found in the release's own layout: flat `.json` files, or nested `.ts` modules."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence

from difykit.core import typescript_object
from difykit.core.errors import DifyKitError
from difykit.core.typescript_object import ObjectEntry
from difykit.dify import layout
from difykit.git import Tree
from difykit.source.overlay import json_edit
from difykit.workspace.manifest import I18n

ROOT = layout.I18N


def text_file(where: str, edit: I18n, tree: Tree) -> str:
    """The file of the edit's namespace. Raises DifyKitError when the release has none, or two."""
    folder = f"{ROOT}/{edit.locale}"
    space = edit.key.split(".", 1)[0]
    # Dify's code calls a namespace `appDebug`, its file is `app-debug`.
    names = dict.fromkeys((space, "-".join(re.findall(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+", space)).lower()))
    candidates = [path for name in names for end in ("json", "ts") if tree.read(path := f"{folder}/{name}.{end}")]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise DifyKitError(
            f"{where}: the release has {' and '.join(candidates)}", hint="use `replace` with the right `file`"
        )
    raise DifyKitError(f"{where}: {_missing(folder, edit.locale, space, tree)}", hint=f"look into {ROOT} of the source")


def set_text(where: str, edit: I18n, file: str, source: str) -> str:
    """The file with the text set; only its literal changes.

    Raises DifyKitError when the key is not there, is not a plain text, or the file is not one this can be sure of.
    """
    key = edit.key.split(".", 1)[1]
    try:
        entries = json_edit.entries(source) if file.endswith(".json") else typescript_object.entries(source)
    except json.JSONDecodeError as error:
        raise DifyKitError(
            f"{where}: {file} is not JSON (line {error.lineno}: {error.msg})", hint="use `replace` for it"
        ) from error
    except (ValueError, RecursionError) as error:  # NotSure is one, too
        raise DifyKitError(f"{where}: {file} cannot be read for sure: {error}", hint="use `replace` for it") from error
    entry = _only_text(
        f"{where}: {file}", key, [candidate for candidate in entries if candidate.key == key], entries, source
    )
    quote = source[entry.start]
    new = (
        json.dumps(edit.value, ensure_ascii=False)
        if file.endswith(".json")
        else typescript_object.literal(edit.value, quote)
    )
    return source[: entry.start] + new + source[entry.end :]


def _only_text(
    where: str, key: str, hits: Sequence[ObjectEntry], entries: Sequence[ObjectEntry], source: str
) -> ObjectEntry:
    if not hits:
        raise DifyKitError(f"{where} has no text {key}{_near(key, entries)}", hint="correct the key for this release")
    lines = [source.count("\n", 0, hit.start) + 1 for hit in hits]
    if len(hits) > 1:
        places = ", ".join(map(str, lines))
        raise DifyKitError(f"{where} has {key} {len(hits)} times, at the lines {places}", hint="use `replace` for it")
    if hits[0].text is None:
        present = source[hits[0].start : hits[0].end][:60]
        raise DifyKitError(
            f"{where}: {key}, at line {lines[0]}, is not a plain text but {present}", hint="use `replace` for it"
        )
    return hits[0]


def _near(key: str, entries: Sequence[ObjectEntry]) -> str:
    group = [entry for entry in entries if entry.key.startswith(f"{key}.")]
    if group:
        return f": it is a group of {len(group)}, such as {group[0].key}"
    texts = {entry.key: entry.text for entry in entries if entry.text is not None}
    close = difflib.get_close_matches(key, texts, n=3, cutoff=0.5)
    close += [
        similar for similar in texts if similar.rsplit(".", 1)[-1] == key.rsplit(".", 1)[-1] and similar not in close
    ]
    shown = "".join(f"\n  {similar}: {texts[similar]}" for similar in close[:3])
    return f"; the nearest that it has:{shown}" if shown else ""


def _missing(folder: str, locale: str, space: str, tree: Tree) -> str:
    files = [path.removeprefix(f"{folder}/") for path in tree.under(folder)]
    if not files:
        locales = sorted({path.split("/")[2] for path in tree.under(ROOT) if path.count("/") > 2})
        close = difflib.get_close_matches(locale, locales, n=3, cutoff=0.3) or locales[:3]
        return f"the release has no {folder}" + (f"; it has {', '.join(close)}" if close else "")
    close = difflib.get_close_matches(space, [name.rsplit(".", 1)[0] for name in files], n=3)
    return f"the release has no texts {space} in {folder}" + (f"; it has {', '.join(close)}" if close else "")
