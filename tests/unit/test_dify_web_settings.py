"""Which settings web reads while it is built and when it starts, and which its script fills from others."""

from __future__ import annotations

import pytest

from difykit.dify.entrypoints import read_entrypoint
from difykit.dify.web_settings import of_config, read_web

LAYOUT = """\
  const datasetMap: Record<DatasetAttr, string | undefined> = {
    [DatasetAttr.DATA_API_PREFIX]: process.env.NEXT_PUBLIC_API_PREFIX,
  }
  <body data-public-edition={process.env.NEXT_PUBLIC_EDITION}>
"""
ENV = """\
const clientSchema = {
  NEXT_PUBLIC_ALLOW_EMBED: coercedBoolean.default(false),
  NEXT_PUBLIC_BASE_PATH: z
    .string()
    .regex(/^\\/.*[^/]$/)
}
export const env = createEnv({
  server: {
    SERVER_CONSOLE_API_URL: z.string().optional(),
  },
})
"""
PAGE = "'use client'\nexport default () => <p>{process.env.NEXT_PUBLIC_MINE}{process.env['MY_SERVER']}</p>\n"


def reads(files: dict[str, str], *keys: str) -> tuple[list[str], list[str]]:
    result = read_web(keys, lambda path: files.get(path, ""), files)
    return sorted(result.built), sorted(result.started)


@pytest.mark.parametrize(
    ("files", "built"),
    [
        ({"web/next.config.js": "basePath: process.env.NEXT_PUBLIC_BASE_PATH || ''"}, {"NEXT_PUBLIC_BASE_PATH"}),
        ({"web/next.config.ts": "const dev = process.env.NODE_ENV === 'development'"}, set()),
        (
            {
                "web/next.config.ts": "import { env } from './env'\nbasePath: env.NEXT_PUBLIC_BASE_PATH,",
                "web/env.ts": ENV,
            },
            {"NEXT_PUBLIC_BASE_PATH"},
        ),
        ({"web/next.config.ts": "x: env.NEXT_PUBLIC_BASE_PATH"}, set()),
        (
            {
                "web/next.config.js": "const { basePath } = require('./utils/var-basePath')",
                "web/utils/var-basePath.js": "basePath: process.env['MY_BASE'],",
            },
            {"MY_BASE"},
        ),
        ({}, set()),
    ],
)
def test_what_the_config_reads_is_read_at_the_build(files: dict[str, str], built: set[str]) -> None:
    assert of_config(lambda path: files.get(path, "")) == built


def test_what_the_layout_writes_into_the_page_needs_no_build() -> None:
    files = {"web/app/layout.tsx": LAYOUT, "web/config/index.ts": "process.env.NEXT_PUBLIC_API_PREFIX"}
    assert reads(files, "NEXT_PUBLIC_API_PREFIX", "NEXT_PUBLIC_EDITION") == (
        [],
        ["NEXT_PUBLIC_API_PREFIX", "NEXT_PUBLIC_EDITION"],
    )


def test_what_only_code_of_the_browser_names_is_read_at_the_build() -> None:
    files = {"web/app/layout.tsx": LAYOUT, "web/config/index.ts": "process.env.NEXT_PUBLIC_GITHUB_ACCESS_TOKEN || ''"}
    assert reads(files, "NEXT_PUBLIC_GITHUB_ACCESS_TOKEN") == (["NEXT_PUBLIC_GITHUB_ACCESS_TOKEN"], [])


def test_a_middleware_sees_what_the_container_gets() -> None:
    files = {"web/proxy.ts": "process.env.NEXT_PUBLIC_CSP_WHITELIST"}
    assert reads(files, "NEXT_PUBLIC_CSP_WHITELIST") == ([], ["NEXT_PUBLIC_CSP_WHITELIST"])


def test_the_schema_of_later_releases_says_what_is_read_at_start() -> None:
    files = {
        "web/env.ts": ENV,
        "web/next.config.ts": "import { env } from './env'\nbasePath: env.NEXT_PUBLIC_BASE_PATH",
    }
    assert reads(files, "NEXT_PUBLIC_ALLOW_EMBED", "NEXT_PUBLIC_BASE_PATH", "SERVER_CONSOLE_API_URL") == (
        ["NEXT_PUBLIC_BASE_PATH"],
        ["NEXT_PUBLIC_ALLOW_EMBED", "NEXT_PUBLIC_BASE_PATH", "SERVER_CONSOLE_API_URL"],
    )


def test_a_page_of_an_overlay_has_settings_of_its_own() -> None:
    files = {"web/env.ts": ENV, "web/app/hello/page.tsx": PAGE}
    assert reads(files, "NEXT_PUBLIC_MINE", "MY_SERVER", "OTHER") == (["NEXT_PUBLIC_MINE"], ["MY_SERVER"])


@pytest.mark.parametrize(
    "path",
    [
        "web/app/a.spec.ts",
        "web/__tests__/a.ts",
        "web/public/a.js",
        "web/scripts/a.mjs",
        "web/vite.config.ts",
        "api/a.ts",
    ],
)
def test_tests_and_tools_read_nothing(path: str) -> None:
    assert reads({path: "process.env.NEXT_PUBLIC_MINE"}, "NEXT_PUBLIC_MINE") == ([], [])


@pytest.mark.parametrize(
    ("line", "key", "sources"),
    [
        (
            "export NEXT_PUBLIC_API_PREFIX=${CONSOLE_API_URL}/console/api",
            "NEXT_PUBLIC_API_PREFIX",
            ("CONSOLE_API_URL",),
        ),
        ("export NEXT_PUBLIC_X=${X:-true}", "NEXT_PUBLIC_X", ("X",)),
        ('export NEXT_PUBLIC_X="${X}"', "NEXT_PUBLIC_X", ("X",)),
        ("export NEXT_PUBLIC_X=${NEXT_PUBLIC_X}", "NEXT_PUBLIC_X", ()),
        ("export NEXT_PUBLIC_X=${NEXT_PUBLIC_X:-${X}}", "NEXT_PUBLIC_X", ()),
        ("  export HOST=${DIFY_BIND_ADDRESS}", "HOST", ()),
        ("# export NEXT_PUBLIC_X=${X}", "NEXT_PUBLIC_X", ()),
        ("export NEXT_PUBLIC_X=${X}\r", "NEXT_PUBLIC_X", ("X",)),
    ],
)
def test_what_a_script_always_fills_from_others(line: str, key: str, sources: tuple[str, ...]) -> None:
    assert read_entrypoint(f"#!/bin/bash\n{line}\nexec node server.js\n").sources(key) == sources


def test_what_a_script_reads_is_not_what_it_makes_itself() -> None:
    script = 'export A=${B}\nCORES=$(nproc)\nif [ -n "${C}" ]; then\n  D=${E:-$CORES}\nfi\nexec run $D ${F:-1}\n'
    assert read_entrypoint(script).reads == {"B", "C", "E", "F"}
