"""`difykit.yaml`: every problem at once, each with its line and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import ConfigError, DifyKitError
from difykit.workspace.manifest import Settings, read_manifest

PIN = "version: 1\nupstream: {ref: 1.0.0}\n"


def read(tmp_path: Path, text: str | bytes) -> Settings:
    path = tmp_path / "difykit.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_manifest(Settings, path, "difykit.yaml")


def problems(tmp_path: Path, text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    return [str(problem) for problem in caught.value.problems]


def test_a_pin_is_enough(tmp_path: Path) -> None:
    settings = read(tmp_path, PIN)
    assert settings.upstream.url == "https://github.com/langgenius/dify.git"
    assert (settings.overlays, settings.env, settings.deploy.target) == ((), {}, "compose")


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = read(tmp_path, PIN)
    with pytest.raises(ValueError, match="frozen"):
        setattr(settings, "overlays", ("x",))  # noqa: B010 - mypy knows it is frozen


def test_all_problems_are_told_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = "version: 1\nupstream:\n  ref: -x\noverlays: [Hello]\nimages:\n  prefx: a/\ndeploy: {target: k8s}\n"
    found = problems(tmp_path, text)
    assert [line.split(": ")[:2] for line in found] == [
        ["difykit.yaml:3", "upstream.ref"],
        ["difykit.yaml:4", "overlays.0"],
        ["difykit.yaml:6", "images.prefx"],
        ["difykit.yaml:7", "deploy.target"],
    ]


def test_an_unknown_key_names_the_nearest_known_one(tmp_path: Path) -> None:
    assert problems(tmp_path, PIN + "overlay: []\n") == ["difykit.yaml:3: overlay: unknown key; did you mean overlays?"]


def test_an_unknown_key_in_a_section_is_compared_with_that_section(tmp_path: Path) -> None:
    assert problems(tmp_path, PIN + "deploy:\n  projekt: x\n") == [
        "difykit.yaml:4: deploy.projekt: unknown key; did you mean project?"
    ]


def test_an_unknown_key_far_from_all_is_only_unknown(tmp_path: Path) -> None:
    assert problems(tmp_path, PIN + "zzz: 1\n") == ["difykit.yaml:3: zzz: unknown key"]


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    assert problems(tmp_path, "version: 1\n") == ["difykit.yaml:1: upstream: is missing"]


def test_the_version_comes_before_everything_else(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "upstraem: 1\n")
    assert found == "difykit.yaml:1: version: is missing; the first line is `version: 1`"


@pytest.mark.parametrize("version", ["2", "'1'", "true", "1.5", "null", "[1]"])
def test_another_version_is_refused_before_anything_else(tmp_path: Path, version: str) -> None:
    (found,) = problems(tmp_path, f"nonsense: 1\nversion: {version}\n")
    assert found.startswith("difykit.yaml:2: version: this difykit reads version 1, not ")


@pytest.mark.parametrize("text", ["", "- a\n", "text\n", "# only a comment\n"])
def test_what_is_not_a_mapping_is_refused(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == ["difykit.yaml:1: must be a mapping that starts with `version: 1`"]


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, b"version: 1 # \xff\n") == ["difykit.yaml:1: is not UTF-8 text (byte 13)"]


def test_a_byte_order_mark_is_allowed(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + PIN.encode()).upstream.ref == "1.0.0"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DifyKitError, match=r"difykit.yaml: cannot be read: No such file"):
        read_manifest(Settings, tmp_path / "difykit.yaml", "difykit.yaml")


def test_env_values_are_the_texts_that_compose_would_make_of_them(tmp_path: Path) -> None:
    settings = read(tmp_path, PIN + "env: {A: 1, B: true, C: 'yes', D: 1.5, E: no}\n")
    assert settings.env == {"A": "1", "B": "true", "C": "yes", "D": "1.5", "E": "no"}


def test_a_problem_with_one_variable_has_the_line_of_that_variable(tmp_path: Path) -> None:
    found = problems(tmp_path, PIN + "env:\n  GOOD: x\n  BAD-NAME: y\n  LIST: [z]\n  404: w\n")
    assert [line.split(": ")[0] for line in found] == ["difykit.yaml:5", "difykit.yaml:6", "difykit.yaml:7"]


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/langgenius/dify.git",
        "https://ann@example.org/dify.git",
        "ssh://git@example.org:2222/dify.git",
        "git@github.com:langgenius/dify.git",
        "file:///srv/dify.git",
        "https://example.org/a::b/dify.git",
    ],
)
def test_an_https_ssh_or_file_url_is_taken(tmp_path: Path, url: str) -> None:
    assert read(tmp_path, f"version: 1\nupstream: {{url: '{url}', ref: '1'}}\n").upstream.url == url


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c id",
        "ext::sh -c 'touch /tmp/x' @a:b",
        "https::ext::sh",
        "fd::17",
        "-oProxyCommand=id",
        "--upload-pack=id",
        "--upload-pack=id@host:path",
        "http://example.org/dify.git",
        "git://example.org/dify.git",
        "ftp://example.org/dify.git",
        "/srv/dify.git",
        "../dify.git",
        "dify",
        "",
        "https://[::1/dify.git",
        "https:dify.git",
        "https:///dify.git",
        "ssh://-oProxyCommand=id/dify.git",
        "git@-oProxyCommand=id:dify.git",
    ],
)
def test_any_other_url_is_refused(tmp_path: Path, url: str) -> None:
    quoted = url.replace("'", "''")
    (found,) = problems(tmp_path, f"version: 1\nupstream:\n  url: '{quoted}'\n  ref: '1'\n")
    assert found.startswith("difykit.yaml:3: upstream.url: ")


@pytest.mark.parametrize(
    "url",
    ["https://a:hunter2@example.org/x", "https://john.doe@example.org/x", "a:hunter2@host:x", "ssh://git:hunter2@h/x"],
)
def test_a_url_with_a_password_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    (found,) = problems(tmp_path, f"version: 1\nupstream: {{url: '{url}', ref: '1'}}\n")
    way = "leave that, and a name before '@', to git's credential helpers; or use ssh"
    assert found == f"difykit.yaml:2: upstream.url: holds a password; {way}"


@pytest.mark.parametrize(
    "ref", ["--upload-pack=id", "-x", "", "a b", "a:b", "+a", "a^{commit}", "a~1", "a\\nb", "@", "a*"]
)
def test_a_ref_that_is_no_plain_name_is_refused(tmp_path: Path, ref: str) -> None:
    (found,) = problems(
        tmp_path,
        f'version: 1\nupstream:\n  ref: "{ref}"\n' if "\\n" in ref else f"version: 1\nupstream:\n  ref: '{ref}'\n",
    )
    assert found.startswith("difykit.yaml:3: upstream.ref: ")


def test_a_ref_that_yaml_takes_for_a_number_says_what_to_do(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "version: 1\nupstream:\n  ref: 1.0\n")
    assert found.startswith("difykit.yaml:3: upstream.ref: ")
    assert "string" in found


@pytest.mark.parametrize("data", ["data", "../data", "/srv/dify"])
def test_the_data_folder_can_be_anywhere(tmp_path: Path, data: str) -> None:
    assert read(tmp_path, PIN + f"deploy: {{data: '{data}'}}\n").deploy.data == data
