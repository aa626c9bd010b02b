"""Which settings web reads while it is built, and which when it starts; read from the release's own web sources.

Next.js puts the value of `process.env.NEXT_PUBLIC_…` into the code that browsers get while it builds, and keeps what
`next.config` came to. Dify hands most of its settings to the browser another way, which needs no build: the root layout
writes them into the page as `data-…`, up to 1.12.1 by hand, from 1.13.0 on by `web/env.ts`.
Source: https://nextjs.org/docs/app/guides/environment-variables, and the standalone server, which holds its config as
JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from difykit.dify import layout

PUBLIC = "NEXT_PUBLIC_"
"""What the names of variables begin with that Next.js lets a browser see. No other program reads them."""
ENV = "web/env.ts"
"""From 1.13.0 on: every setting that web reads, with what it takes."""
_CONFIGS = ("web/next.config.ts", "web/next.config.mjs", "web/next.config.js")
LAYOUT = "web/app/layout.tsx"
_AT_START = frozenset({LAYOUT, "web/middleware.ts", "web/proxy.ts", "web/instrumentation.ts", ENV})
"""What runs on the server for each request, so that it sees what the container gets."""
FIXED = frozenset({"NODE_ENV", "PORT", "HOSTNAME"})
"""What Dify's gateway and Next.js rely on inside the container, whatever the same name is to others."""
# Set by `next build` itself.
_OF_NEXT = frozenset({"NODE_ENV"})
_READ = re.compile(r"process\.env(?:\??\.([A-Za-z_]\w*)|\[\s*['\"]([A-Za-z_]\w*)['\"]\s*\])")
_OF_ENV = re.compile(r"(?<![\w.])env\.([A-Z]\w*)")
_IMPORTS_ENV = re.compile(r"""from ['"](?:\./|@/|~/)env['"]""")
_IMPORT = re.compile(r"""(?:from|require\()\s*['"]\./([\w./-]+)['"]""")
_SCHEMA = re.compile(r"^ {2,}([A-Z][A-Z0-9_]+): ", re.MULTILINE)
_DATASET = re.compile(r"(data-[\w-]+|\[\s*\w+\.\w+\s*\])\s*[=:]\s*\{?\s*process\.env\.([A-Za-z_]\w*)")
_CODE = re.compile(r"web/(?!public/|scripts/|node_modules/|bin/|testing/)(?:.*/)?[^/]+\.(?:tsx?|jsx?|mjs)")
_TEST = re.compile(r"(?:^|/)(?:__tests__|__mocks__|test|tests)/|\.(?:test|spec|stories|config)\.\w+$|\.d\.ts$")

Text = Callable[[str], str]
"""The text of a file of the release, "" where there is none."""


@dataclass(frozen=True)
class WebReads:
    """Which settings web reads, and when; one may be read at both."""

    built: frozenset[str] = frozenset()
    started: frozenset[str] = frozenset()


def of_config(text: Text) -> frozenset[str]:
    """The settings that `next.config` reads, which counts as it was when web was built."""
    config = next(filter(None, map(text, _CONFIGS)), "")
    names = _named(config)
    if _IMPORTS_ENV.search(config):
        names |= set(_OF_ENV.findall(config))
    for module in _IMPORT.findall(config):
        if module != "env":  # what of it counts is named by the config
            names |= _named("".join(text(f"{layout.WEB}/{module}{end}") for end in ("", ".js", ".ts")))
    return frozenset(names - _OF_NEXT)


def read_web(keys: Collection[str], text: Text, paths: Iterable[str]) -> WebReads:
    """When web reads which of `keys`. All its code is looked through for those that `env.ts` and the layout lack."""
    by_page = _handed_on(text) | set(_SCHEMA.findall(text(ENV)))
    code = _in_code(set(keys) - by_page, text, paths)
    at_start = {key for key, files in code.items() if files & _AT_START or not key.startswith(PUBLIC)}
    in_page = {key for key, files in code.items() if key.startswith(PUBLIC) and files - _AT_START}
    return WebReads(
        built=frozenset((of_config(text) & set(keys)) | in_page),
        started=frozenset((by_page & set(keys)) | at_start),
    )


def _named(code: str) -> set[str]:
    return {name or other for name, other in _READ.findall(code)}


def _handed_on(text: Text) -> set[str]:
    """The settings that the root layout writes into the page by hand, where code in the browser takes them from."""
    return {key for _, key in _DATASET.findall(text(LAYOUT))}


def _in_code(keys: Collection[str], text: Text, paths: Iterable[str]) -> dict[str, set[str]]:
    """The files of web's code that name each of `keys`; those that none names are left out."""
    files: dict[str, set[str]] = {}
    for path in filter(is_code, paths) if keys else ():
        for key in _named(text(path)) & set(keys):
            files.setdefault(key, set()).add(path)
    return files


def is_code(path: str) -> bool:
    """Whether a file of the release is code that web is made of."""
    return _CODE.fullmatch(path) is not None and not _TEST.search(path)
