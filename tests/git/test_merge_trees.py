"""Whole trees merged in a real repository: git's merge, the strategies, and what is left to a person."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from difykit.git import Changes, Commit, Person, Store, write_chain
from difykit.porting.strategies import Conflict, Refusal, Trees
from difykit.porting.strategies.table import settle
from tests.support.tree_merges import MergeOutcome, three_way

WHO = Person("test", "test@example.invalid", 1_700_000_000)
Files = Mapping[str, str | bytes]

LINES = "".join(f"line {number}\n" for number in range(40))
MODULE = "import a\n\n\n" + "\n\n".join(f"def f{number}(x):\n    return a.g{number}(x)\n" for number in range(8))


def commit(store: Store, files: Files) -> str:
    changes: Changes = {
        path: ("100644", text.encode() if isinstance(text, str) else text) for path, text in files.items()
    }
    return write_chain(store, "", [Commit("a tree\n", WHO, WHO, changes)])[0]


def merge(store: Store, base: Files, ours: Files, theirs: Files) -> tuple[MergeOutcome, dict[str, str]]:
    """What became of three trees, and the files of the merged one."""
    made = three_way(store, *(commit(store, side) for side in (base, ours, theirs)))
    tree = store.tree(made.tree)
    return made, {path: tree.text(path) for path in tree.entries}


def test_changes_that_do_not_meet_are_merged_by_git_alone(store: Store) -> None:
    base = {"a.txt": LINES, "b.txt": "b\n"}
    made, files = merge(store, base, {**base, "a.txt": LINES + "end\n"}, {**base, "b.txt": "c\n", "new": "n\n"})
    assert (made.clean, made.solved) == (True, ())
    assert files == {"a.txt": LINES + "end\n", "b.txt": "c\n", "new": "n\n"}


def test_what_a_strategy_merges_has_its_name_and_is_in_the_tree(store: Store) -> None:
    env = "A=1\n"
    made, files = merge(store, {".env.example": env}, {".env.example": env + "B=2\n"}, {".env.example": env + "C=3\n"})
    assert made.clean
    assert [(each.path, each.strategy) for each in made.solved] == [(".env.example", "env by key")]
    assert sorted(files[".env.example"].split()) == ["A=1", "B=2", "C=3"]


def test_what_is_left_has_gits_markers_with_the_names_of_the_sides(store: Store) -> None:
    base, ours, theirs = ({"a.txt": LINES.replace("line 7\n", f"{word}\n")} for word in ("line 7", "new", "mine"))
    made, files = merge(store, base, ours, theirs)
    [conflict] = made.conflicts
    assert (conflict.path, conflict.kind, conflict.hunks) == ("a.txt", "content", 1)
    assert all((conflict.base, conflict.ours, conflict.theirs))
    assert "<<<<<<< upstream\nnew\n||||||| base\nline 7\n=======\nmine\n>>>>>>> yours\n" in files["a.txt"]


def test_the_labels_can_be_chosen(store: Store) -> None:
    commits = [commit(store, {"a.txt": f"{word}\n"}) for word in ("base", "new", "mine")]
    made = three_way(store, commits[0], commits[1], commits[2], labels=("1.99.0", "0001-x.patch"))
    text = store.tree(made.tree).text("a.txt")
    assert text == "<<<<<<< 1.99.0\nnew\n||||||| base\nbase\n=======\nmine\n>>>>>>> 0001-x.patch\n"


def test_trees_are_as_good_as_commits_and_the_result_is_always_the_same(store: Store) -> None:
    commits = [commit(store, {"a.py": text}) for text in (MODULE, MODULE + "\n\nB = 1\n", MODULE + "\n\nC = 2\n")]
    first = three_way(store, commits[0], commits[1], commits[2])
    trees = [store.tree_id(each) for each in commits]
    assert three_way(store, trees[0], trees[1], trees[2]) == first
    assert first.clean


def test_a_file_taken_away_here_and_changed_there_is_left(store: Store) -> None:
    base = {"a.py": MODULE, "b": "b\n"}
    made, _ = merge(store, base, {"b": "b\n"}, {**base, "a.py": MODULE.replace("g3", "h3")})
    assert [(each.path, each.kind, each.hunks, each.ours) for each in made.conflicts] == [
        ("a.py", "modify/delete", 0, None)
    ]


def test_a_file_taken_away_by_upstream_stays_away_if_only_its_layout_changed(store: Store) -> None:
    base = {"a.py": MODULE, "b": "b\n"}
    made, files = merge(store, base, {"b": "b\n"}, {**base, "a.py": MODULE.replace("a.g3(x)", "a.g3( x )  # noqa: X")})
    assert made.clean
    assert "a.py" not in files


def test_a_lock_file_is_upstreams_and_says_when_it_must_be_made_again(store: Store) -> None:
    manifest = '{{\n  "name": "web",\n  "dependencies": {{\n    "a": "1"{}\n  }}\n}}\n'
    base = {"web/package.json": manifest.format(""), "web/pnpm-lock.yaml": "a: 1\n"}
    ours = {**base, "web/pnpm-lock.yaml": "a: 2\n"}
    plain, files = merge(store, base, ours, {**base, "web/pnpm-lock.yaml": "a: 3\n"})
    assert files["web/pnpm-lock.yaml"] == "a: 2\n"
    assert [each.note for each in plain.solved] == ["taken from upstream"]
    wants = {"web/package.json": manifest.format(',\n    "b": "1"'), "web/pnpm-lock.yaml": "a: 1\nb: 1\n"}
    more, files = merge(store, base, ours, wants)
    assert files["web/pnpm-lock.yaml"] == "a: 2\n"
    assert "make it again with `pnpm install --lockfile-only` in web" in more.solved[0].note


@pytest.mark.parametrize(("install", "taken"), [("uv sync --locked", True), ("uv sync --frozen", False)])
def test_a_lock_file_that_no_build_compares_is_left_where_it_would_lack_a_package(
    store: Store, install: str, taken: bool
) -> None:
    project = '[project]\nname = "api"\ndependencies = [\n    "a",\n{}]\n'
    base = {"api/uv.lock": "a 1\n", "api/pyproject.toml": project.format(""), "api/Dockerfile": f"RUN {install}\n"}
    wants = {**base, "api/uv.lock": "a 1\nb 1\n", "api/pyproject.toml": project.format('    "b",\n')}
    made, files = merge(store, base, {**base, "api/uv.lock": "a 2\n"}, wants)
    assert made.clean is taken
    assert (files["api/uv.lock"] == "a 2\n") is taken
    plain, files = merge(store, base, {**base, "api/uv.lock": "a 2\n"}, {**base, "api/uv.lock": "a 3\n"})
    assert plain.clean
    assert files["api/uv.lock"] == "a 2\n"


TEXTS = (
    "const translation = {\n  page: {\n    title: 'Title',\n    text: 'Text',\n  },\n}\n\nexport default translation\n"
)


def test_texts_follow_upstream_from_ts_to_json(store: Store) -> None:
    flat = {"page.title": "Title", "page.text": "Text", "page.new": "New"}
    base = {"web/i18n/en-US/app.ts": TEXTS}
    ours = {"web/i18n/en-US/app.json": json.dumps(flat, indent=2) + "\n"}
    theirs = {
        "web/i18n/en-US/app.ts": TEXTS.replace("'Title'", "'Mine'").replace("'Text',", "'Text',\n    more: \"More\",")
    }
    made, files = merge(store, base, ours, theirs)
    assert [(each.path, each.strategy) for each in made.solved] == [("web/i18n/en-US/app.ts", "i18n ts to json")]
    assert list(files) == ["web/i18n/en-US/app.json"]
    said = json.loads(files["web/i18n/en-US/app.json"])
    assert said == {"page.title": "Mine", "page.text": "Text", "page.more": "More", "page.new": "New"}


def test_a_text_that_upstream_changed_as_well_is_left(store: Store) -> None:
    ours = {"web/i18n/en-US/app.json": json.dumps({"page.title": "New title", "page.text": "Text"}, indent=2) + "\n"}
    theirs = {"web/i18n/en-US/app.ts": TEXTS.replace("'Title'", "'Mine'")}
    made, _ = merge(store, {"web/i18n/en-US/app.ts": TEXTS}, ours, theirs)
    assert [each.kind for each in made.conflicts] == ["modify/delete"]


@pytest.mark.parametrize(("locale", "clean"), [("uk-UA", True), ("en-US", False)])
def test_a_locale_taken_away_stays_away_but_not_the_one_all_others_fall_back_to(
    store: Store, locale: str, clean: bool
) -> None:
    path = f"web/i18n/{locale}/app.json"
    made, files = merge(
        store, {path: '{\n  "a": "1"\n}\n', "b": "b"}, {path: '{\n  "a": "2"\n}\n', "b": "b"}, {"b": "b"}
    )
    assert made.clean is clean
    assert (path in files) is not clean


def test_a_file_added_in_a_folder_that_upstream_renamed_goes_there(store: Store) -> None:
    base = {f"api/old/m{number}.py": MODULE.replace("f0", f"h{number}") for number in range(4)}
    ours = {path.replace("old", "new"): text for path, text in base.items()}
    made, files = merge(store, base, ours, {**base, "api/old/mine.py": "X = 1\n"})
    assert [(each.path, each.strategy) for each in made.solved] == [("api/new/mine.py", "folder renamed")]
    assert "api/old/mine.py" not in files
    named = {**base, "api/old/mine.py": "X = 1\n", "api/app.py": "from old.mine import X\n"}
    made, _ = merge(store, base, ours, named)
    assert [(each.path, each.kind) for each in made.conflicts] == [("api/new/mine.py", "file location")]


def test_a_file_that_upstream_moved_and_rewrote_is_merged_at_its_new_place(store: Store) -> None:
    ours = "".join(
        f"def new_and_long_of_name_{number}():\n    print({number} * 'of a kind')\n\n\n" for number in range(8)
    ) + MODULE.replace("import a\n", "")
    ours = "import a\n\n\n" + ours.replace("g1(x)", "g1(x, 1)")
    theirs = MODULE.replace("g6(x)", "g6(x, 6)")
    made, files = merge(
        store, {"api/a/mod.py": MODULE, "x": "x"}, {"api/b/mod.py": ours, "x": "x"}, {"api/a/mod.py": theirs, "x": "x"}
    )
    assert made.clean
    assert made.solved[0].strategy.startswith("rename followed")
    assert files == {"api/b/mod.py": ours.replace("g6(x)", "g6(x, 6)"), "x": "x"}


def test_binary_files_and_links_that_both_sides_changed_are_left(store: Store) -> None:
    made, files = merge(store, {"a.png": b"\0a"}, {"a.png": b"\0b"}, {"a.png": b"\0c"})
    assert [(each.path, each.hunks) for each in made.conflicts] == [("a.png", 0)]
    assert files["a.png"] == "\0b"


def test_solve_says_the_same_as_the_merge_of_whole_trees(store: Store) -> None:
    texts = [MODULE, MODULE + "\n\nB = 1\n", MODULE + "\n\nC = 2\n"]
    trees = [store.tree(commit(store, {"a.py": text})) for text in texts]
    entries = [tree.entries["a.py"] for tree in trees]
    conflict = Conflict("a.py", "content", 1, entries[0], entries[1], entries[2])
    made = settle(store, conflict, Trees(trees[0], trees[1], trees[2]))
    assert not isinstance(made, Refusal)
    whole, files = merge(store, *({"a.py": text} for text in texts))
    assert made[1] == whole.solved[0]
    assert made[0] == {"a.py": ("100644", files["a.py"].encode())}


def test_a_part_may_lean_on_what_another_part_brings_and_on_nothing_else(store: Store) -> None:
    base = {"api/a.py": "from os import path\nfrom re import match\n\nprint(path, match)\n", "api/libs/z.py": "z = 1\n"}
    ours = {**base, "api/a.py": base["api/a.py"].replace("import match\n", "import match\nfrom json import dumps\n")}
    mine = {**base, "api/a.py": base["api/a.py"].replace("import match\n", "import match\nfrom libs.own import it\n")}
    sides = [commit(store, side) for side in (base, ours, mine)]
    own = store.tree(commit(store, {"api/libs/own.py": "it = 1\n"}))
    assert not three_way(store, *sides).clean
    assert three_way(store, *sides, own=own).clean
    assert not three_way(store, *sides, own=store.tree(commit(store, {"api/libs/own.py": "other = 1\n"}))).clean


def test_the_users_git_settings_change_nothing(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = [commit(store, {"a.txt": f"{word}\n"}) for word in ("base", "new", "mine")]
    before = three_way(store, commits[0], commits[1], commits[2])
    settings = tmp_path / "gitconfig"
    settings.write_text(
        "[merge]\nconflictStyle = merge\nrenames = false\n[user]\nname = other\n[commit]\ngpgSign = true\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2001-01-01")
    assert three_way(store, commits[0], commits[1], commits[2]) == before


def test_nothing_in_the_store_is_broken_by_a_merge(store: Store) -> None:
    merge(store, {"a.py": MODULE}, {"a.py": MODULE + "\n\nB = 1\n"}, {"a.py": MODULE + "\n\nC = 2\n"})
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", f"--git-dir={store.path}", "fsck", "--strict"], env=env, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


CALL = "".join(f"a{number} = {number}\n" for number in range(9)) + "run(\n    a=1,\n    b=2,\n    c=3,\n    d=4,\n)\n"
CALL_OURS = CALL.replace("    a=1,\n", "    a=1,\n    extra=extra,\n")
CALL_THEIRS = CALL.replace("    d=4,\n", "    d=4,\n    extra=extra,\n")
REPEATED = "git merges its lines, but the merge is no Python: line 16: keyword argument repeated: extra"


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "path"),
    [
        ({"a.py": CALL}, {"a.py": CALL_OURS}, {"a.py": CALL_THEIRS}, "a.py"),
        ({"a.py": CALL}, {"b/a.py": CALL_OURS}, {"a.py": CALL_THEIRS}, "b/a.py"),
        ({"a.py": CALL}, {"a.py": CALL_OURS}, {"b/a.py": CALL_THEIRS}, "b/a.py"),
        ({"a.py": CALL}, {"a.py": CALL_OURS, "z": "z\n"}, {"c.py": CALL_THEIRS, "y": "y\n"}, "c.py"),
    ],
    ids=["in place", "moved by upstream", "moved by yours", "renamed by yours"],
)
def test_what_git_merges_and_the_language_refuses_is_a_conflict(
    store: Store, base: Files, ours: Files, theirs: Files, path: str
) -> None:
    made, files = merge(store, base, ours, theirs)
    [conflict] = made.conflicts
    assert (conflict.path, conflict.kind, conflict.hunks, conflict.note) == (path, "invalid", 0, REPEATED)
    assert all((conflict.base, conflict.ours, conflict.theirs))
    assert files[path].count("extra=extra") == 2
    assert made.solved == ()


def test_what_was_doubled_before_is_gits_to_merge(store: Store) -> None:
    twice = CALL + "X = {'a': 1, 'a': 2}\n"
    made, _ = merge(store, {"a.py": twice}, {"a.py": "import b\n" + twice}, {"a.py": twice + "c = 1\n"})
    assert made.clean


def test_a_mode_and_a_content_that_meet_are_not_judged(store: Store) -> None:
    made, files = merge(store, {"a.py": CALL, "b.py": CALL}, {"a.py": CALL_OURS, "b.py": CALL}, {"a.py": CALL})
    assert made.clean
    assert files == {"a.py": CALL_OURS}
