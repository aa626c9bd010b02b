"""How Dify's api is written, as far as its code is read for who uses a setting.

Read in 1.0.0 to 1.16.1. One object holds all settings; an extension is asked by `is_enabled` before `init_app` is
called (`api/app_factory.py`); a driver is imported in the branch that chooses it (`extensions/ext_storage.py`,
`extensions/ext_mail.py`, `core/rag/datasource/vdb/vector_factory.py`), from 1.14.0 on by an entry point that is called
like the value of VECTOR_STORE (`core/rag/datasource/vdb/vector_backend_registry.py`).
"""

from __future__ import annotations

import re

from difykit.dify import keys, layout

CONFIG = "dify_config"
"""The object that holds the settings."""
ENABLED, STARTED = "is_enabled", "init_app"
ENTRY_POINTS = {"dify.vector_backends": keys.VECTOR_STORE}
"""A group of entry points whose names are the values of a setting → that setting."""
PYTHON = re.compile(r"api/(?!tests/|migrations/|commands(?:/|\.py)|.*/tests?/)(?:.*/)?(?!test_|conftest)[\w-]+\.py")
"""The code that runs in services; commands run by hand alone."""
PROVIDERS = re.compile(r"api/(?:providers|packages)/.*pyproject\.toml")
"""What names the entry points of drivers, from 1.14.0 on."""
_ROOT = re.compile(r"api/(?:(?:providers|packages)/.*?/src/)?")


def module_name(path: str) -> str:
    """The name by which api's code imports a file of it."""
    return _ROOT.sub("", path, count=1).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def is_config(path: str) -> bool:
    """Whether a module belongs to the classes that hold the settings."""
    return path.startswith(f"{layout.CONFIGS}/")
