"""The texts of Dify's pages in both layouts: exactly one literal changes, or nothing and the reason."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from difykit.core.errors import DifyKitError
from difykit.core.typescript_object import NotOneObject, entries, literal
from difykit.source.overlay.i18n import set_text
from difykit.workspace.manifest import I18n

MODULE = """\
// Texts of { the login page
const translation = {
  pageTitle: 'Hey, let\\'s get started!', /* a } in a comment */
  "signBtn": "Sign in",
  'menus': {
    status: 'beta',
    apps: 'Studio', // the first: 'Apps'
    404: '',
  },
  tips: `two
lines`,
  list: ['a', { b: 'c' }],
  joined: 'a' + 'b',
  'with.dot': 'x',
}

export default translation
"""
FLAT = '{\n  "menus.apps": "Studio",\n  "signBtn": "Sign in",\n  "n": 1\n}\n'


def edit(key: str, value: str = "new") -> I18n:
    return I18n(locale="en-US", key=f"login.{key}", value=value)


def set_ts(key: str, value: str = "new", module: str = MODULE) -> str:
    return set_text("edits.0", edit(key, value), "login.ts", module)


def message(key: str, module: str = MODULE, file: str = "login.ts") -> str:
    with pytest.raises(DifyKitError) as caught:
        set_text("edits.0", edit(key), file, module)
    assert caught.value.hint
    return caught.value.message


def test_every_plain_text_of_a_module_is_found() -> None:
    assert {entry.key: entry.text for entry in entries(MODULE) if entry.text is not None} == {
        "pageTitle": "Hey, let's get started!",
        "signBtn": "Sign in",
        "menus.status": "beta",
        "menus.apps": "Studio",
        "menus.404": "",
        "with.dot": "x",
    }


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [
        ("menus.apps", "'Studio'", "'new'"),
        ("signBtn", '"Sign in"', '"new"'),
        ("with.dot", "'x'", "'new'"),
        ("pageTitle", "'Hey, let\\'s get started!'", "'new'"),
    ],
)
def test_only_the_literal_changes_and_its_quotes_stay(key: str, old: str, new: str) -> None:
    assert set_ts(key) == MODULE.replace(old, new)


def test_a_module_with_windows_line_ends_keeps_them() -> None:
    windows = MODULE.replace("\n", "\r\n")
    assert set_ts("menus.apps", module=windows) == windows.replace("'Studio'", "'new'")


def test_a_flat_key_of_a_json_file_stays_flat() -> None:
    assert set_text("edits.0", edit("menus.apps"), "a.json", FLAT) == FLAT.replace("Studio", "new")


def test_a_nested_key_of_a_json_file_is_found_too() -> None:
    assert set_text("edits.0", edit("a.b"), "a.json", '{"a": {"b": "x"}}') == '{"a": {"b": "new"}}'


def test_the_text_that_is_there_changes_no_byte() -> None:
    assert set_ts("menus.apps", "Studio") == MODULE


def test_a_missing_key_names_the_nearest_with_their_texts() -> None:
    assert message("signBtm") == "edits.0: login.ts has no text signBtm; the nearest that it has:\n  signBtn: Sign in"


def test_a_key_that_moved_to_another_group_is_named() -> None:
    assert "\n  menus.apps: Studio" in message("navigation.header.apps")


def test_a_group_is_no_text() -> None:
    assert message("menus") == "edits.0: login.ts has no text menus: it is a group of 3, such as menus.status"


@pytest.mark.parametrize(
    ("key", "what"), [("tips", "`two\nlines`"), ("list", "['a', { b: 'c' }]"), ("joined", "'a' + 'b'")]
)
def test_a_value_that_is_no_plain_text_is_refused(key: str, what: str) -> None:
    assert f"is not a plain text but {what}" in message(key)


def test_a_number_of_a_json_file_is_no_text() -> None:
    assert message("n", FLAT, "a.json") == "edits.0: a.json: n, at line 4, is not a plain text but 1"


def test_a_key_that_is_there_twice_is_refused_with_its_lines() -> None:
    module = "export default {\n  a: 'x',\n  a: 'y',\n}\n"
    assert message("a", module) == "edits.0: login.ts has a 2 times, at the lines 2, 3"


def test_a_file_that_is_not_json_is_told() -> None:
    assert message("a", "{,}", "a.json").startswith("edits.0: a.json is not JSON (line 1: ")


@pytest.mark.parametrize(
    "module",
    [
        "",
        "export default translation",
        "const a = { b: 'c' }",
        "const a = { b: 'c' }\nexport default b",
        "const a: T = { b: 'c' }\nexport default a",
        "const a = { b: 'c' }\na.b = 'd'\nexport default a",
        "const a = f({ b: 'c' })\nexport default a",
        "const a = { b: 'c' }.b\nexport default a",
        "export default { ...other, b: 'c' }",
        "export default { [b]: 'c' }",
        "export default { b }",
        "export default { b() { return 'c' } }",
        "export default { b: /'/, c: 'd' }",
        "export default { b: `${c}` }",
        "export default { b: 'c }",
        "export default { b: 'c'",
        "export default { b: ('c' }",
        "export default { b: , }",
        "export default { 'b\\9': 'c' }",
        "export default { b: 'c' }\nexport default { b: 'c' }",
        "export default { b: 'c' } /* open",
        "export default " + "{ a: " * 60 + "'x'" + " }" * 60,
    ],
)
def test_a_module_that_could_mean_something_else_is_refused(module: str) -> None:
    with pytest.raises(NotOneObject):
        entries(module)
    assert message("b", module).startswith("edits.0: login.ts cannot be read for sure: ")


@pytest.mark.parametrize(
    "module",
    [
        "export default { b: 'c' }",
        "export default {\n  b: 'c',\n};\n",
        "const a = { b: 'c' } as const\nexport default a",
        "\ufeffconst a = { b: 'c', translation: { a: 'x' } };\nexport default a;",
        "import x from 'y'\nconst a = { b: 'c', f: (n) => { return { b: n } }, }\nexport default a",
    ],
)
def test_a_module_in_another_shape_is_read(module: str) -> None:
    assert ("b", "c") in [(entry.key, entry.text) for entry in entries(module)]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"'\u00e9\x41\u{1F600}\n\t\\\''", "éA😀\n\t\\'"),
        ("'a\\\nb'", "ab"),
        (r"'\q\0'", "q\0"),
        (r"'\1'", None),
        (r"'\u12'", None),
        (r"'\u{110000}'", None),
    ],
)
def test_escapes_say_what_javascript_says(written: str, text: str | None) -> None:
    assert entries(f"export default {{ a: {written} }}")[0].text == text


@pytest.mark.parametrize(
    "hostile", ["'" * 99_999, "/*" * 99_999, "{a:" * 99_999, "`" + "\\" * 99_999, "'" + "\\'" * 99_999]
)
def test_a_hostile_module_is_refused_without_a_hang(hostile: str) -> None:
    with pytest.raises(NotOneObject):
        entries(f"export default {{ a: {hostile}")


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from("'\""))
def test_any_text_written_as_a_literal_reads_back(text: str, quote: str) -> None:
    assert entries(f"export default {{ a: {literal(text, quote)} }}")[0].text == text


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_set_in_both_layouts(text: str) -> None:
    assert {entry.key: entry.text for entry in entries(set_ts("menus.apps", text))}["menus.apps"] == text
    assert json.loads(set_text("edits.0", edit("menus.apps", text), "a.json", FLAT))["menus.apps"] == text
