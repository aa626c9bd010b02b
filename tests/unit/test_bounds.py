"""Stated bounds: what is too large, too deep or too much is refused before it is read or walked, in a short message."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.core import yaml
from difykit.core.errors import SHOWN, ConfigError, DifyKitError, Problem, shortened
from difykit.core.interpolation import interpolate
from difykit.source.patch import load, parse
from difykit.workspace.dotenv import faults
from difykit.workspace.lock import read_lock
from difykit.workspace.manifest import ImageManifest, OverlayManifest, Settings, read_manifest
from difykit.workspace.manifest.load import read_text

HEAD = "version: 1\nupstream: {ref: '1'}\n"
LONG = "x" * 100_000


def bomb(levels: int, width: int) -> str:
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]\n" for n in range(1, levels)]
    return "a0: &a0 [x]\n" + "".join(lines)


def merges(levels: int) -> str:
    lines = [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], k{n}: 1}}\n" for n in range(1, levels)]
    return "a0: &a0 {k0: 1}\n" + "".join(lines)


@pytest.fixture
def peak() -> Iterator[None]:
    """No more memory than a few times the text that is refused."""
    tracemalloc.start()
    yield
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (bomb(100, 10), "a.yaml:6: too many nodes: its aliases multiply"),
        (bomb(100, 2), "a.yaml:15: too many nodes: its aliases multiply"),
        (merges(100), "a.yaml:13: too many nodes: its aliases multiply"),
        ("a: &a [" + "x, " * 30_000 + "]\nb: *a\n", "a.yaml:2: too many nodes: its aliases multiply"),
        ("a: [" + "1, " * 60_000 + "]", "a.yaml:1: too many nodes: difykit reads 50,000 keys and values of a file"),
        ("".join(f"k{n}: 1\n" for n in range(30_000)), "a.yaml:25001: too many nodes: difykit reads 50,000 keys and"),
        ("a: " + "[" * 100_000, "a.yaml:1: nested too deeply"),
        ("a: " + "{" * 100_000, "a.yaml:1: nested too deeply"),
        ("- " * 100_000, "a.yaml:1: nested too deeply"),
        ("? " * 100_000, "a.yaml:1: nested too deeply"),
        ("".join(f"{' ' * n}a:\n" for n in range(400)), "a.yaml:101: nested too deeply"),
        ("x" * (yaml.LARGEST + 1), "a.yaml: is 4.2 MB large; difykit reads files of up to 4.2 MB here"),
        ("a: &a {<<: *a}\n", "a.yaml:1: nested too deeply"),
    ],
)
def test_what_is_too_much_is_refused_where_it_begins(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        yaml.load("a.yaml", text)
    assert caught.value.message.startswith(said)


@pytest.mark.parametrize(
    "text",
    [
        bomb(5, 10),
        "a: [" + "1, " * 20_000 + "]",
        "a: " + "[" * 90 + "]" * 90,
        "".join(f"a{n}: &a{n} x\nb{n}: *a{n}\n" for n in range(1000)),
        "a: '" + "x" * 1_000_000 + "'",
    ],
)
def test_what_is_within_the_bounds_is_read(text: str) -> None:
    assert yaml.load("a.yaml", text).value


@pytest.mark.usefixtures("peak")
@pytest.mark.parametrize("name", ["difykit.yaml", "overlays/a/overlay.yaml", "images/api/image.yaml", ".env"])
def test_a_huge_file_is_refused_by_its_size_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(ConfigError) as caught:
        read_text(path, name)
    why = "it has 190.7 MiB, and no more than 4 MiB are read of such a file"
    assert caught.value.message == f"{name}: cannot be read: {why}"


def test_a_series_and_a_patch_have_bounds(tmp_path: Path) -> None:
    (tmp_path / "series").write_text("".join(f"{number}.patch\n" for number in range(10_001)))
    with pytest.raises(ConfigError, match=r"^patches/series:10001: names 10,001 patches; difykit reads up to 10,000$"):
        load(tmp_path)
    with pytest.raises(ConfigError, match=r"^patches/a.patch: has 3,000,001 lines; difykit reads patches of up to"):
        parse("a.patch", b"\n" * 3_000_001)


def test_variables_in_each_other_have_a_bound() -> None:
    assert interpolate("${A:-" * 50 + "x" + "}" * 50, {}) == "x"
    with pytest.raises(DifyKitError, match="a value has more than 50 variables in each other"):
        interpolate("${A:-" * 5000 + "x" + "}" * 5000, {})


def test_a_huge_lock_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "difykit.lock").open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(ConfigError, match=r"^difykit.lock: cannot be read: it has 190.7 MiB"):
        read_lock(tmp_path / "difykit.lock")


def test_a_file_that_tells_no_size_is_refused_by_its_kind() -> None:
    with pytest.raises(ConfigError, match=r"difykit.yaml: cannot be read: it is a device, and no file"):
        read_text(Path("/dev/zero"), "difykit.yaml")


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}'{'k' * 1000}': 1\n",
        f"{HEAD}? '{LONG}'\n: 1\n",
        f"{HEAD}? '{LONG}'\n: 1\n? '{LONG}'\n: 1\n",
        f"version: '{LONG}'\n",
        f"version: 1\nupstream: {{ref: '{LONG}$'}}\n",
        f"version: 1\nupstream: {{ref: '1', url: '{LONG}'}}\n",
        f"{HEAD}overlays: ['{LONG}']\n",
        f"{HEAD}env: {{? 'a {LONG}' : 1}}\n",
        f"{HEAD}deploy: {{data: '{LONG}:'}}\n",
        f"{HEAD}deploy: {{project: '{LONG}$', target: '{LONG}'}}\n",
        f"{HEAD}images: {{prefix: '{LONG}', platforms: ['{LONG}'], cache: '{LONG}$'}}\n",
        f"{HEAD}mirrors: {{apt: '{LONG}', registry: '{LONG}$'}}\nproxy: {{http: '{LONG}'}}\n",
        f"{HEAD}env: !{LONG} x\n",
        f"{HEAD}env: *{LONG}\n",
        f"{HEAD}env: !!int '{LONG}'\n",
        f"{HEAD}env: !!bool '{LONG}'\n",
        f"{HEAD}env: {'9' * 100_000}\n",
    ],
)
def test_a_long_text_is_not_echoed_whole(tmp_path: Path, text: str) -> None:
    (tmp_path / "difykit.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_manifest(Settings, tmp_path / "difykit.yaml", "difykit.yaml")
    assert len(caught.value.message) < 1000
    assert LONG[: SHOWN + 100] not in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        f"trees: [{{from: '{'a/' * 4000}b'}}]\n",
        f"trees: [{{from: '{LONG}'}}]\n",
        f"requires: {{dify: '{LONG}', overlays: ['{LONG}'], env: ['{LONG}$']}}\n",
        f"api: {{console: ['{LONG}-'], python: ['{LONG} x'], blueprints: ['{LONG}']}}\n",
        f"edits: [{{file: '../{LONG}', replace: {{find: a, with: b}}}}]\n",
        f"edits: [{{i18n: {{locale: '{LONG}', key: '{LONG}', value: x}}}}]\n",
        f"gateway: {{routes: [{{path: '{LONG}'}}]}}\n",
        f"env: {{A: {{template: '${LONG}'}}}}\n",
        f"images: ['{LONG}']\n",
    ],
)
def test_a_long_text_of_an_overlay_is_not_echoed_whole(tmp_path: Path, text: str) -> None:
    (tmp_path / "overlay.yaml").write_text(f"version: 1\ndescription: x\n{text}")
    with pytest.raises(ConfigError) as caught:
        read_manifest(OverlayManifest, tmp_path / "overlay.yaml", "overlay.yaml")
    assert len(caught.value.message) < 1500
    assert LONG[: SHOWN + 100] not in caught.value.message


def test_a_thousand_problems_are_counted(tmp_path: Path) -> None:
    (tmp_path / "difykit.yaml").write_text(HEAD + "".join(f"k{n}: 1\n" for n in range(1000)))
    with pytest.raises(ConfigError) as caught:
        read_manifest(Settings, tmp_path / "difykit.yaml", "difykit.yaml")
    lines = caught.value.message.splitlines()
    assert (len(lines), lines[-1], len(caught.value.problems)) == (101, "and 900 more problems", 1000)


@pytest.mark.parametrize(("text", "shown"), [("a" * 200, "a" * 200), ("a" * 201, "a" * 200 + "…"), ("", "")])
def test_a_text_is_cut_after_its_bound(text: str, shown: str) -> None:
    assert shortened(text) == shown


def test_a_line_of_a_problem_ends() -> None:
    assert [len(line) for line in str(Problem("a", 1, f"{LONG}\n{LONG}")).split("\n")] == [1001, 1001]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"a": "\ud83d\ude00"}', {"a": "😀"}),
        (r'{"\ud83d\ude00": 1}', {"😀": 1}),
        (r'["\uD83D\uDE00\ud83d\ude00x"]', ["😀😀x"]),
        (r'a: "\U0001F600"', {"a": "😀"}),
        (r'a: "x\ud83d\ude00\u00e9"', {"a": "x😀é"}),
        (r"a: '\ud83d\ude00'", {"a": r"\ud83d\ude00"}),
        (r"a: \ud83d\ude00", {"a": r"\ud83d\ude00"}),
    ],
)
def test_a_character_that_json_spells_in_two_is_one(text: str, value: object) -> None:
    assert yaml.load("a.yaml", text).value == value


@pytest.mark.parametrize("text", [r'"\ud83d"', r'"\ude00\ud83d"', r'"\ud83d x \ude00"', r'"\ud83d\ud83d\ude00"'])
def test_half_a_character_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"a.yaml:2: is not YAML: the character 0xd[8e][03][0d] may not stand there"):
        yaml.load("a.yaml", f"a: 1\nb: {text}\n")


@pytest.mark.parametrize(
    ("model", "text", "said"),
    [
        (Settings, HEAD + 'env: {A: "x\\0y"}\n', "file:3: env.A: "),
        (Settings, HEAD + 'env:\n  "A\\0": x\n', "file:4: env"),
        (Settings, HEAD + 'proxy: {no_proxy: "a\\0"}\n', "file:3: proxy.no_proxy: "),
        (Settings, 'version: 1\nupstream: {ref: "1", url: "a@b:c\\0"}\n', "file:2: upstream.url: "),
        (OverlayManifest, 'version: 1\ndescription: x\nenv: {A: "x\\0y"}\n', "file:3: env.A: "),
        (OverlayManifest, 'version: 1\ndescription: x\nenv: {A: [{value: "\\0"}]}\n', "file:3: env.A.0.value: "),
        (OverlayManifest, 'version: 1\ndescription: x\nenv: {A: {template: "\\0"}}\n', "file:3: env.A.template: "),
        (OverlayManifest, 'version: 1\ndescription: "a\\0"\n', "file:2: description: "),
        (OverlayManifest, 'version: 1\ndescription: x\ntrees: [{from: "a\\0"}]\n', "file:3: trees.0.from: "),
        (OverlayManifest, 'version: 1\ndescription: x\ncompose: {files: ["a\\0"]}\n', "file:3: compose.files.0: "),
        (OverlayManifest, 'version: 1\ndescription: x\ncompose: {remove: ["a\\0"]}\n', "file:3: compose.remove.0: "),
        (ImageManifest, 'version: 1\nbuild_args: {A: "x\\0"}\n', "file:2: build_args.A: "),
        (ImageManifest, 'version: 1\npython: ["a @ https://e/x\\0.whl"]\n', "file:2: python.0: "),
    ],
)
def test_a_nul_is_told_where_it_stands(
    tmp_path: Path, model: type[Settings | OverlayManifest | ImageManifest], text: str, said: str
) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_manifest(model, tmp_path / "file", "file")
    (line,) = caught.value.message.splitlines()
    assert line.startswith(said)
    assert "holds a NUL character, which nothing can pass on" in line or "\\x00" in line


@pytest.mark.parametrize("key", ["from", "file"])
def test_a_path_with_what_controls_a_terminal_is_none(tmp_path: Path, key: str) -> None:
    entry = 'trees: [{from: "a\\eb"}]' if key == "from" else 'compose: {files: [{file: "a\\tb"}]}'
    (tmp_path / "file").write_text(f"version: 1\ndescription: x\n{entry}\n")
    with pytest.raises(ConfigError, match="holds the control character"):
        read_manifest(OverlayManifest, tmp_path / "file", "file")


def test_a_nul_in_an_env_file_is_told() -> None:
    assert list(map(str, faults(".env", "A=1\nB='x\0'\n"))) == [
        ".env:2: holds a NUL character, which no setting can have"
    ]
