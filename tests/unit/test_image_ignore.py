"""`.dockerignore` as BuildKit reads it; tests/docker/test_engine.py asks BuildKit itself."""

from __future__ import annotations

import pytest

from difykit.images.definition.ignore import glob, parse


@pytest.mark.parametrize(
    ("text", "path", "excluded"),
    [
        (".env", ".env", True),
        (".env", "core/.env", False),
        ("**/.env", "core/.env", True),
        ("**/.env", ".env", True),
        ("*.env.*", "a.env.b", True),
        ("*.env.*", "sub/a.env.b", False),
        ("logs", "logs/deep/x", True),
        ("/logs/", "logs/x", True),
        ("api/*.log*", "api/a.log.1", True),
        ("api/*.log*", "api/b/a.log", False),
        ("api/storage/**", "api/storage/a/b", True),
        ("*\n!api/\n!api/**", "api/a/b", False),
        ("*\n!api/\n!api/**\napi/tests", "api/tests/b", True),
        ("*\n!api/**", "web/x", True),
        ("**\n!packages/**/package.json", "packages/a/b/package.json", False),
        ("**\n!packages/**/package.json", "packages/a/b/index.ts", True),
        ("**\n!packages/**/", "packages/a/b/index.ts", False),
        ("# .env\n\n", ".env", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[ab].py", "a.py", True),
        ("[^ab].py", "a.py", False),
        ("(commonLayout)/x.tsx", "(commonLayout)/x.tsx", True),
        (r"\!x", "!x", True),
        ("\ufeff.env", ".env", True),
    ],
)
def test_patterns(text: str, path: str, excluded: bool) -> None:
    assert parse(text).excludes(path) is excluded


def test_a_copy_wildcard_stays_in_its_folder() -> None:
    assert glob("uv*").match("uv.lock")
    assert not glob("uv*").match("uv/lock")
