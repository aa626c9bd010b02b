"""What a manifest asks for and its lock does not say: by npm and by Python, whichever program wrote the lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.dify import locks
from difykit.git import GitEntry, Store, Tree
from difykit.source.sync import unlocked

PNPM = """\
lockfileVersion: '9.0'

importers:

  .:
    devDependencies:
      eslint:
        specifier: 'catalog:'
        version: 9.0.0

  web:
    dependencies:
      '@a/b':
        specifier: ^1.0.0
        version: 1.2.0
    optionalDependencies:
      c:
        specifier: 1.0.0
        version: 1.0.0

packages:

  c@1.0.0:
    resolution: {integrity: x}
"""
UV = """\
version = 1

[[package]]
name = "dify-api"
version = "1"
dependencies = [{ name = "a" }]

[package.metadata]
requires-dist = [
    { name = "a", extras = ["x"], specifier = ">=1,<2" },
    { name = "own", editable = "../own" },
]

[package.metadata.requires-dev]
dev = [{ name = "pytest", specifier = "~=8.0" }]

[[package]]
name = "z"
"""
PROJECT = """\
[project]
name = "dify_api"
dependencies = ["a[x]>=1,<2", "own"]
[dependency-groups]
dev = ["pytest~=8.0", {include-group = "x"}]
"""


class _Blobs(Store):
    """A store whose objects are their own names, so that a tree of texts needs no git."""

    def blob(self, oid: str) -> bytes:
        return oid.encode()


def tree(files: dict[str, str]) -> Tree:
    return Tree(_Blobs(Path("none")), {path: GitEntry("100644", text) for path, text in files.items()})


def told(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [str(manifest) for manifest in unlocked(tree(before), tree(before))] + [
        str(manifest)
        for manifest in unlocked(tree({**before, **after}), tree(before), lambda path: f"overlay of {path}")
    ]


WEB = {
    "web/package.json": '{"dependencies": {"@a/b": "^1.0.0"}, "optionalDependencies": {"c": "1.0.0"}}',
    "pnpm-lock.yaml": PNPM,
}
API = {"api/pyproject.toml": PROJECT, "api/uv.lock": UV}
OLD = {"api/pyproject.toml": '[tool.poetry.dependencies]\npython = "^3"\na = "1"\n', "api/poetry.lock": "hash"}


@pytest.mark.parametrize("files", [WEB, API])
def test_what_a_release_ships_fits(files: dict[str, str]) -> None:
    manifest, lock = files
    asked = locks.asked(manifest, files[manifest])
    locked = locks.locked(lock, files[lock], manifest, files[manifest])
    assert asked
    assert asked == locked


def edited(files: dict[str, str], old: str, new: str) -> dict[str, str]:
    manifest = next(iter(files))
    assert old in files[manifest]
    return {manifest: files[manifest].replace(old, new)}


CHANGES = [
    (
        WEB,
        '"c": "1.0.0"',
        '"c": "1.0.0", "d": "2"',
        "asks for d 2, and pnpm-lock.yaml does not fit it: the build of web stops",
    ),
    (WEB, "^1.0.0", "^2.0.0", "asks for @a/b ^2.0.0, and pnpm-lock.yaml does not fit it: the build of web stops there"),
    (WEB, ', "optionalDependencies": {"c": "1.0.0"}', "", "asks no more for c, and pnpm-lock.yaml does not fit it"),
    (
        API,
        '"own"',
        '"own", "new>=1"',
        "asks for new >=1, and api/uv.lock does not fit it: the build installs what the lock",
    ),
    (API, '"pytest~=8.0"', '"pytest~=8.0", "More"', "asks for more (dev), and api/uv.lock does not fit it"),
    (OLD, 'a = "1"', 'a = "1"\nb = "2"', 'asks for b "2", and api/poetry.lock does not fit it: the build of api stops'),
]


@pytest.mark.parametrize(("files", "old", "new", "line"), CHANGES)
def test_what_the_lock_does_not_say_is_told(files: dict[str, str], old: str, new: str, line: str) -> None:
    (said,) = told(files, edited(files, old, new))
    manifest = next(iter(files))
    assert said.startswith(f"overlay of {manifest}: {manifest} {line}")


@pytest.mark.parametrize(
    ("files", "after"),
    [
        (WEB, {"web/package.json": WEB["web/package.json"].replace("{", '{"name": "x", ', 1)}),
        (WEB, {"web/tools/package.json": '{"dependencies": {"x": "1"}}'}),
        (WEB, {"web/package.json": "{"}),
        (API, {"api/pyproject.toml": PROJECT + '[tool.x]\ny = "z"\n'}),
        ({"web/package.json": "{}"}, {"web/package.json": '{"dependencies": {"x": "1"}}'}),
        (OLD, {"api/pyproject.toml": OLD["api/pyproject.toml"] + 'b = "2"\n', "api/poetry.lock": "another"}),
    ],
)
def test_what_asks_for_nothing_new_or_has_no_lock_is_right(files: dict[str, str], after: dict[str, str]) -> None:
    assert told(files, after) == []


@pytest.mark.parametrize(
    ("files", "old", "new", "command"),
    [
        (WEB, "^1.0.0", "^2", "(cd .difykit/source && corepack pnpm install --lockfile-only) && difykit finish"),
        (API, '"own"', '"own", "b"', "(cd .difykit/source/api && uv lock) && difykit finish"),
        (OLD, 'a = "1"', 'a = "2"', "(cd .difykit/source/api && poetry lock) && difykit finish"),
    ],
)
def test_what_mends_it_is_a_command(files: dict[str, str], old: str, new: str, command: str) -> None:
    (manifest,) = unlocked(tree({**files, **edited(files, old, new)}), tree(files))
    assert manifest.mending.startswith(command)
