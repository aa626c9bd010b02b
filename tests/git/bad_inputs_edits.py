"""Bad inputs: edits."""

from __future__ import annotations

from tests.git.bad_inputs import SHELL, Bad, edits

NOTHING = "replace: {find: nothing, with: b}"
ROWS = (
    Bad(
        "an edit of a file that is missing",
        edits("{file: web/gone.ts, replace: {find: a, with: b}}"),
        "overlays/a/overlay.yaml:4: edits.0: the release has no web/gone.ts",
        hint="give the edit a `when`, or correct its `file`",
    ),
    Bad(
        "an edit that finds too little",
        edits(f"{{file: api/app.py, replace: {{find: print('once'), with: {SHELL}}}}}"),
        (
            "overlays/a/overlay.yaml:4: edits.0: api/app.py has the text to find 0 times, not 1:\n"
            "  print('once')\n"
            "  the nearest that it has, at line 1:\n"
            "  print('one')"
        ),
        hint="correct `find` or `count` for this release",
    ),
    Bad(
        "an edit that finds too much",
        edits("{file: api/app.py, replace: {find: print, with: log}}"),
        "overlays/a/overlay.yaml:4: edits.0: api/app.py has the text to find 3 times, not 1:\n  print",
        hint="correct `find` or `count` for this release",
    ),
    Bad(
        "an edit that is there already",
        edits("{file: api/app.py, insert: {after: one, text: print('two')}}"),
        (
            "overlays/a/overlay.yaml:4: edits.0: api/app.py: the lines to insert are already there: "
            "upstream may have made this change:\n"
            "  print('two')"
        ),
        hint="remove the edit, or give it a `when` for the releases that need it",
    ),
    Bad(
        "an edit without its anchor",
        edits("{file: api/app.py, insert: {before: four, text: x}}"),
        "overlays/a/overlay.yaml:4: edits.0: api/app.py has the anchor 0 times, not 1:\n  four",
        hint="correct `before` or `count` for this release",
    ),
    Bad(
        "a JSON edit of Python",
        edits("{file: api/app.py, json: {merge: {a: 1}}}"),
        "overlays/a/overlay.yaml:4: edits.0: api/app.py is not JSON (line 1: Expecting value)",
        hint="use `replace` for it",
    ),
    Bad(
        "a JSON edit into a text",
        edits("{file: web/package.json, json: {merge: {version: {major: 1}}}}"),
        (
            "overlays/a/overlay.yaml:4: edits.0: web/package.json: version is not an object, so keys "
            "cannot be merged into it"
        ),
        hint='what it has there is "1.0.0"; correct the keys under `merge` for this release',
    ),
    Bad(
        "a JSON edit with infinity",
        edits("{file: web/package.json, json: {merge: {version: .inf}}}"),
        "overlays/a/overlay.yaml:4: edits.0.json.merge: JSON has no infinity and no NaN",
    ),
    Bad(
        "a text that the release has not",
        edits("{i18n: {locale: en-US, key: login.signButton, value: x}}"),
        (
            "overlays/a/overlay.yaml:4: edits.0: web/i18n/en-US/login.json has no text signButton; the "
            "nearest that it has:\n"
            "  signBtn: Sign in"
        ),
        hint="correct the key for this release",
    ),
    Bad(
        "a locale that the release has not",
        edits("{i18n: {locale: de-DE, key: login.signBtn, value: x}}"),
        "overlays/a/overlay.yaml:4: edits.0: the release has no web/i18n/de-DE; it has en-US",
        hint="look into web/i18n of the source",
    ),
    Bad(
        "a locale outside",
        edits("{i18n: {locale: ../en, key: ../x, value: x}}"),
        (
            "overlays/a/overlay.yaml:4: edits.0.i18n.locale: '../en' is not a locale such as en-US\n"
            "overlays/a/overlay.yaml:4: edits.0.i18n.key: '../x' is not a namespace, a dot and a key, "
            "such as login.signBtn"
        ),
    ),
    Bad(
        "alternatives of which none holds",
        edits(f"{{one_of: [{{when: {{exists: gone}}, file: README.md, {NOTHING}}}]}}"),
        "overlays/a/overlay.yaml:4: edits.0: 0 of the 1 alternatives hold for release 1.0.0; exactly one must",
        hint="look at their `when`; a path that tells the releases apart is the surest",
    ),
    Bad(
        "alternatives of which two hold",
        edits(
            f"one_of:\n  - {{when: {{dify: '>=1'}}, file: README.md, {NOTHING}}}\n  - {{file: README.md, {NOTHING}}}"
        ),
        (
            "overlays/a/overlay.yaml:4: edits.0: 2 of the 2 alternatives hold for release 1.0.0 (0 and "
            "1, counted from 0); exactly one must"
        ),
        hint="look at their `when`; a path that tells the releases apart is the surest",
    ),
    Bad(
        "an edit outside",
        edits(f"{{file: ../../x, {NOTHING}}}"),
        "overlays/a/overlay.yaml:4: edits.0.file: '../../x' leaves the tree or is not in its plain form",
    ),
    Bad(
        "an edit in .git",
        edits(f"{{file: .git/config, {NOTHING}}}"),
        "overlays/a/overlay.yaml:4: edits.0.file: '.git/config' reaches into .git",
    ),
    Bad(
        "an edit in two ways",
        edits(f"{{file: x, {NOTHING}, json: {{merge: {{}}}}}}"),
        "overlays/a/overlay.yaml:4: edits.0: needs exactly one of `replace`, `insert`, `json`, `i18n`",
    ),
    Bad(
        "an edit in no way",
        edits("{file: x}"),
        "overlays/a/overlay.yaml:4: edits.0: needs exactly one of `replace`, `insert`, `json`, `i18n`",
    ),
    Bad(
        "an edit in a misspelt way",
        edits("{file: x, repalce: {find: a, with: b}}"),
        "overlays/a/overlay.yaml:4: edits.0.repalce: unknown key; did you mean replace?",
    ),
    Bad(
        "an edit without file",
        edits(f"{{{NOTHING}}}"),
        "overlays/a/overlay.yaml:4: edits.0: needs `file`, the file to change",
    ),
    Bad(
        "an edit that changes nothing",
        edits("{file: x, replace: {find: a, with: a}}"),
        "overlays/a/overlay.yaml:4: edits.0.replace: `find` and `with` are the same, so it changes nothing",
    ),
    Bad(
        "an edit that is not to be found",
        edits("{file: x, replace: {find: a, with: b, count: 0}}"),
        "overlays/a/overlay.yaml:4: edits.0.replace.count: input should be greater than or equal to 1",
    ),
    Bad(
        "an edit with an empty condition",
        edits(f"{{when: {{}}, file: x, {NOTHING}}}"),
        "overlays/a/overlay.yaml:4: edits.0.when: needs `dify` or `exists`",
    ),
    Bad(
        "an edit with half a character",
        edits('{file: README.md, replace: {find: Dify, with: "\\ud800"}}'),
        "overlays/a/overlay.yaml:4: is not YAML: the character 0xd800 may not stand there",
    ),
    Bad(
        "two edits that do not fit",
        edits(f"{{file: gone, {NOTHING}}}", f"{{file: README.md, {NOTHING}}}"),
        (
            "overlays/a/overlay.yaml:4: edits.0: the release has no gone\n"
            "overlays/a/overlay.yaml:5: edits.1: README.md has the text to find 0 times, not 1:\n"
            "  nothing"
        ),
        hint="give the edit a `when`, or correct its `file`; correct `find` or `count` for this release",
    ),
)
