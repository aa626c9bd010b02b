"""Drivers: keys of another storage or vector store than the one that is chosen, and what the chosen one lacks.

Which keys belong to which is told by the release's own files: `middleware/storage/*_config.py`, `middleware/vdb/…`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from difykit import env
from difykit.dify import drivers as tables
from difykit.dify import keys
from difykit.settings.finding import Finding, error, warning
from difykit.settings.given import Look, Setting


def drivers(look: Look) -> Iterator[Finding]:
    """Keys that are set for a storage or a vector store that is not the chosen one."""
    values = look.environment.values
    storage, store = values.get(keys.STORAGE_TYPE, ""), values.get(keys.VECTOR_STORE, "")
    for setting in look.effective.values():
        if not setting.raw or _as_shipped(setting, look):
            continue
        types, stores = _storage_types(setting.key, look), _vector_stores(setting.key, look)
        also = stores | (keys.OCEANBASE_TYPES & {values.get(keys.DB_TYPE, "")})
        if types and storage and storage not in types and not (stores and store in stores):
            wanted = " or ".join(sorted(types))
            chosen = _told(keys.STORAGE_TYPE, look)
            text = f"is read only with STORAGE_TYPE={wanted}, and it is {chosen}: it has no effect"
            yield warning("driver", setting, text, f"set STORAGE_TYPE={wanted}, or take it out")
        elif stores and not types and store not in stores and values.get(keys.DB_TYPE) not in stores & also:
            text = f"belongs to VECTOR_STORE={' or '.join(sorted(stores))}, and it is {_told(keys.VECTOR_STORE, look)}"
            yield warning("driver", setting, text, "take it out, unless knowledge bases are left in that store")
        yield from _plugin(setting, values.get(keys.PLUGIN_STORAGE_TYPE, ""), look)
        yield from _opendal(setting, storage, values.get(keys.OPENDAL_SCHEME, ""), look)


def lacking(look: Look) -> Iterator[Finding]:
    """What the chosen storage cannot do without."""
    values = look.environment.values
    at = look.effective.get(keys.STORAGE_TYPE)
    wanted = [
        key for key in tables.STORAGE_NEEDS.get(values.get(keys.STORAGE_TYPE, ""), ()) if key in look.release.known
    ]
    scheme = look.effective.get(keys.OPENDAL_SCHEME)
    if values.get(keys.STORAGE_TYPE) == "opendal" and scheme and keys.OPENDAL_SCHEME in look.release.known:
        at, name = scheme, values.get(keys.OPENDAL_SCHEME, "").upper()
        wanted = [f"OPENDAL_{name}_{option}" for option in tables.OPENDAL_NEEDS.get(name, ())]
    missing = [key for key in wanted if _unset(key, look)]
    if at and missing:
        text = f"is chosen, and {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set: nothing is stored"
        yield error("driver", at, text, f"set {', '.join(missing)}")


def _unset(key: str, look: Look) -> bool:
    """Whether a key is empty, or has the placeholder that Dify ships, such as your-bucket-name."""
    value = look.environment.values.get(key, "")
    return not value or (key not in look.effective and "your" in value)


def _storage_types(key: str, look: Look) -> set[str]:
    field = look.release.fields.get(key)
    found = tables.STORAGE_CONFIG.fullmatch(field.path) if field else None
    if found is None or found[1] == "opendal":  # OPENDAL_SCHEME has a rule of its own
        return set()
    return {tables.STORAGE_TYPES.get(found[1], found[1].replace("_", "-"))}


def _vector_stores(key: str, look: Look) -> set[str]:
    field = look.release.fields.get(key)
    found = tables.VECTOR_CONFIG.fullmatch(field.path) if field else None
    return set(tables.VECTOR_STORES.get(found[1], (found[1],))) if found else set()


def _plugin(setting: Setting, chosen: str, look: Look) -> Iterator[Finding]:
    wanted = next((name for prefix, name in tables.PLUGIN_PREFIXES.items() if setting.key.startswith(prefix)), "")
    if wanted and chosen and chosen != wanted:
        told = _told(keys.PLUGIN_STORAGE_TYPE, look)
        text = f"is read only with PLUGIN_STORAGE_TYPE={wanted}, and it is {told}: it has no effect"
        yield warning("driver", setting, text, f"set PLUGIN_STORAGE_TYPE={wanted}, or take it out")


def _opendal(setting: Setting, storage: str, scheme: str, look: Look) -> Iterator[Finding]:
    found = re.fullmatch(r"OPENDAL_([A-Z0-9]+)_([A-Z0-9_]+)", setting.key)
    if not found or keys.OPENDAL_SCHEME not in look.release.known:
        return
    driver, option = found[1], found[2]
    if driver in tables.OPENDAL and option not in tables.OPENDAL[driver]:
        near = difflib.get_close_matches(option, tables.OPENDAL[driver], n=1)
        also = tables.OPENDAL_ALSO_CALLED.get(driver, {}).get(option)
        near = [also] if also else near
        text = f"is no option of OpenDAL's {driver.lower()}, which takes it without a word and then does without it"
        if near:
            yield error("driver", setting, text, f"write OPENDAL_{driver}_{near[0]}")
        else:  # a newer OpenDAL may have options that this list lacks
            yield warning("driver", setting, f"as far as difykit knows it {text}", "look it up, or take it out")
    elif storage != "opendal":
        text = f"is read only with STORAGE_TYPE=opendal, and it is {_told(keys.STORAGE_TYPE, look)}: it has no effect"
        yield warning("driver", setting, text, "set STORAGE_TYPE=opendal, or take it out")
    elif driver != scheme.upper():
        text = (
            f"is read only with OPENDAL_SCHEME={driver.lower()}, and it is {_told(keys.OPENDAL_SCHEME, look)}:"
            " it has no effect"
        )
        yield warning("driver", setting, text, f"set OPENDAL_SCHEME={driver.lower()}, or take it out")


def _as_shipped(setting: Setting, look: Look) -> bool:
    shipped = look.release.shipped.get(setting.key)
    return shipped is not None and env.template(shipped.raw) == env.template(setting.raw)


def _told(key: str, look: Look) -> str:
    """The chosen driver, as far as it is the name of one: what else stands in `.env` may be a misplaced secret."""
    chosen, field = look.environment.values.get(key, ""), look.release.fields.get(key)
    names = {*look.release.stores, *tables.PLUGIN_PREFIXES.values(), *tables.STORAGE_NEEDS, "local", "opendal"}
    names |= {name.lower() for name in tables.OPENDAL}
    if not chosen:
        return "not set"
    return chosen if chosen in names or (field and chosen in field.kind.choices) else "another"
