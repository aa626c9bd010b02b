"""Drivers: keys of another storage or vector store than the one that is chosen, and what the chosen one lacks.

Which keys belong to which is told by the release's own files: `middleware/storage/*_config.py`, `middleware/vdb/…`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from difykit.checks import Finding
from difykit.checks.settings.configured import Look, Setting
from difykit.dify import drivers as tables
from difykit.dify import keys


def mismatches(look: Look) -> Iterator[Finding]:
    """Keys of a driver that is not the chosen one, what the chosen one lacks."""
    yield from _unchosen(look)
    yield from _incomplete(look)


def _unchosen(look: Look) -> Iterator[Finding]:
    """Keys that are set for a storage or a vector store that is not the chosen one."""
    values = look.environment.values
    storage, store = values.get(keys.STORAGE_TYPE, ""), values.get(keys.VECTOR_STORE, "")
    for setting in look.effective.values():
        if not setting.raw or look.as_shipped(setting):
            continue
        types, stores = storage_types(setting.key, look), vector_stores_of(setting.key, look)
        also = stores | (keys.OCEANBASE_TYPES & {values.get(keys.DB_TYPE, "")})
        if types and storage and storage not in types and not (stores and store in stores):
            names = " or ".join(sorted(types))
            chosen = _name(keys.STORAGE_TYPE, look)
            text = f"is read only with {keys.STORAGE_TYPE}={names}, and it is {chosen}: it has no effect"
            yield setting.warning(text, f"set {keys.STORAGE_TYPE}={names}, or take it out")
        elif stores and not types and store not in stores and values.get(keys.DB_TYPE) not in stores & also:
            names, chosen = " or ".join(sorted(stores)), _name(keys.VECTOR_STORE, look)
            text = f"belongs to {keys.VECTOR_STORE}={names}, and it is {chosen}"
            yield setting.warning(text, "take it out, unless knowledge bases are left in that store")
        yield from _plugin(setting, values.get(keys.PLUGIN_STORAGE_TYPE, ""), look)
        yield from _opendal(setting, storage, values.get(keys.OPENDAL_SCHEME, ""), look)


def _incomplete(look: Look) -> Iterator[Finding]:
    """What the chosen storage cannot do without."""
    scheme = look.effective.get(keys.OPENDAL_SCHEME) if _by_opendal(look) else None
    setting, missing = scheme or look.effective.get(keys.STORAGE_TYPE), lacking(look)
    if setting and missing:
        text = f"is chosen, and {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set: nothing is stored"
        yield setting.error(text, f"set {', '.join(missing)}")


def lacking(look: Look) -> list[str]:
    """The settings that the chosen storage cannot do without and that are not set."""
    values = look.environment.values
    needed = [
        key for key in tables.STORAGE_NEEDS.get(values.get(keys.STORAGE_TYPE, ""), ()) if key in look.release.known
    ]
    if _by_opendal(look) and keys.OPENDAL_SCHEME in look.effective:
        name = values.get(keys.OPENDAL_SCHEME, "").upper()
        needed = [f"OPENDAL_{name}_{option}" for option in tables.OPENDAL_NEEDS.get(name, ())]
    return [key for key in needed if _unset(key, look)]


def _by_opendal(look: Look) -> bool:
    return look.environment.values.get(keys.STORAGE_TYPE) == "opendal" and keys.OPENDAL_SCHEME in look.release.known


def _unset(key: str, look: Look) -> bool:
    """Whether a key is empty, or has the placeholder that Dify ships, such as your-bucket-name."""
    value = look.environment.values.get(key, "")
    return not value or (key not in look.effective and "your" in value)


def storage_types(key: str, look: Look) -> set[str]:
    """The values of STORAGE_TYPE with which api reads a key, by the file of its config class."""
    field = look.release.fields.get(key)
    match = tables.STORAGE_CONFIG.fullmatch(field.path) if field else None
    if match is None or match[1] == "opendal":  # OPENDAL_SCHEME has a rule of its own
        return set()
    return {tables.STORAGE_TYPES.get(match[1], match[1].replace("_", "-"))}


def vector_stores_of(key: str, look: Look) -> set[str]:
    """The values of VECTOR_STORE with which api reads a key, by the file of its config class."""
    field = look.release.fields.get(key)
    match = tables.VECTOR_CONFIG.fullmatch(field.path) if field else None
    return set(tables.VECTOR_STORES.get(match[1], (match[1],))) if match else set()


def _plugin(setting: Setting, chosen: str, look: Look) -> Iterator[Finding]:
    backend = next((name for prefix, name in tables.PLUGIN_PREFIXES.items() if setting.key.startswith(prefix)), "")
    if backend and chosen and chosen != backend:
        choice = _name(keys.PLUGIN_STORAGE_TYPE, look)
        text = f"is read only with {keys.PLUGIN_STORAGE_TYPE}={backend}, and it is {choice}: it has no effect"
        yield setting.warning(text, f"set {keys.PLUGIN_STORAGE_TYPE}={backend}, or take it out")


def _opendal(setting: Setting, storage: str, scheme: str, look: Look) -> Iterator[Finding]:
    match = re.fullmatch(r"OPENDAL_([A-Z0-9]+)_([A-Z0-9_]+)", setting.key)
    if not match or keys.OPENDAL_SCHEME not in look.release.known:
        return
    driver, option = match[1], match[2]
    if driver in tables.OPENDAL and option not in tables.OPENDAL[driver]:
        near = difflib.get_close_matches(option, tables.OPENDAL[driver], n=1)
        also = tables.OPENDAL_ALSO_CALLED.get(driver, {}).get(option)
        near = [also] if also else near
        text = f"is no option of OpenDAL's {driver.lower()}, which takes it without a word and then does without it"
        if near:
            yield setting.error(text, f"write OPENDAL_{driver}_{near[0]}")
        else:  # a newer OpenDAL may have options that this list lacks
            yield setting.warning(f"as far as difykit knows it {text}", "look it up, or take it out")
    elif storage != "opendal":
        chosen = _name(keys.STORAGE_TYPE, look)
        text = f"is read only with {keys.STORAGE_TYPE}=opendal, and it is {chosen}: it has no effect"
        yield setting.warning(text, f"set {keys.STORAGE_TYPE}=opendal, or take it out")
    elif driver != scheme.upper():
        text = (
            f"is read only with {keys.OPENDAL_SCHEME}={driver.lower()}, and it is {_name(keys.OPENDAL_SCHEME, look)}:"
            " it has no effect"
        )
        yield setting.warning(text, f"set {keys.OPENDAL_SCHEME}={driver.lower()}, or take it out")


def _name(key: str, look: Look) -> str:
    """The chosen driver, as far as it is the name of one: what else stands in `.env` may be a misplaced secret."""
    chosen, field = look.environment.values.get(key, ""), look.release.fields.get(key)
    names = {*look.release.stores, *tables.PLUGIN_PREFIXES.values(), *tables.STORAGE_NEEDS, "local", "opendal"}
    names |= {name.lower() for name in tables.OPENDAL}
    if not chosen:
        return "not set"
    return chosen if chosen in names or (field and chosen in field.kind.choices) else "another"
