"""Texts of Dify's pages: the customised side's keys follow upstream from nested `.ts` modules to flat `.json` files."""

from __future__ import annotations

import json

from difykit.core import typescript_object
from difykit.dify import layout
from difykit.git import Changes, Store
from difykit.porting.strategies.jsonkeys import merge_json
from difykit.porting.strategies.model import Conflict, MergeTexts, Solved, Trees


def ts_to_json(store: Store, conflict: Conflict, trees: Trees) -> tuple[Changes, Solved] | None:
    """Texts changed in a `.ts` that upstream replaced by a `.json`: set there, under the keys joined by dots.

    None where upstream changed one of these texts too, or a module is not plain texts.
    """
    match = layout.TEXTS.fullmatch(conflict.path)
    if match is None or match["form"] != "ts" or conflict.ours or not conflict.base or not conflict.theirs:
        return None
    target = f"{match['stem']}.json"
    translation = trees.ours.read(target)
    if translation is None or trees.theirs.read(target):
        return None
    try:
        base, theirs = (_flat(store.blob(entry.oid).decode()) for entry in (conflict.base, conflict.theirs))
    except (typescript_object.NotOneObject, RecursionError, UnicodeDecodeError):
        return None
    unsure = {key for side in (base, theirs) for key, text in side.items() if text is None}
    if any(base.get(key) != theirs.get(key) or (key in base) != (key in theirs) for key in unsure):
        return None
    merged = merge_json(MergeTexts(target, _dump(base), translation[1].decode(), _dump(theirs)), trees)
    if merged is None:
        return None
    changes: Changes = {conflict.path: None, target: (translation[0], merged.text.encode())}
    return changes, Solved(conflict.path, "i18n ts to json", f"the texts are in {target}")


def _flat(source: str) -> dict[str, str | None]:
    texts: dict[str, str | None] = {}
    for entry in typescript_object.entries(source):
        if entry.key in texts:
            raise typescript_object.NotOneObject(f"{entry.key} is given twice")
        texts[entry.key] = entry.text
    return texts


def _dump(texts: dict[str, str | None]) -> str:
    plain = {key: text for key, text in texts.items() if text is not None}
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n" if plain else "{\n}\n"


def stay_deleted(conflict: Conflict) -> tuple[Changes, Solved] | None:
    """A locale's texts that the customised side took away stay away; upstream only changed what they say."""
    match = layout.TEXTS.fullmatch(conflict.path)
    stands = conflict.theirs or not conflict.base or not conflict.ours
    if match is None or match["locale"] == layout.TEXTS_SOURCE or stands:
        return None
    note = "your side has no such file; upstream changed texts in it"
    return {conflict.path: None}, Solved(conflict.path, "texts taken away", note)
