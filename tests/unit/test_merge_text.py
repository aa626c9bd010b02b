"""Regions of text that are settled for sure, and those that are left."""

from __future__ import annotations

import pytest

from difykit.porting.strategies.model import MergeTexts
from difykit.porting.strategies.text import merge_text
from tests.support.merges import fault, no_trees


def merged(path: str, base: str, ours: str, theirs: str) -> str | None:
    """The text that the strategies make and that holds, or None."""
    sides = MergeTexts(path, base, ours, theirs)
    made = merge_text(sides, no_trees())
    return made.text if made and fault(sides, made.text, no_trees()) is None else None


def names(path: str, base: str, ours: str, theirs: str) -> tuple[str, ...]:
    made = merge_text(MergeTexts(path, base, ours, theirs), no_trees())
    assert made is not None
    return made.strategies


def test_python_imports_are_a_set() -> None:
    base = "from typing import Any, Union\nfrom a import b\n\nx: Any = b\n"
    ours = "from typing import Any\nfrom a import b, c\n\nx: Any = b or c\n"
    theirs = "from typing import Any, Union, cast  # ours\nfrom a import b\n\nx: Any = b\ny = cast(int, x)\n"
    assert merged("api/m.py", base, ours, theirs) == (
        "from typing import Any, cast  # ours\nfrom a import b, c\n\nx: Any = b or c\ny = cast(int, x)\n"
    )
    assert "import list" in names("api/m.py", base, ours, theirs)


def test_an_import_over_several_lines_keeps_the_comment_of_each_name() -> None:
    base = "from pkg import (\n    a,\n    d,\n)\n"
    ours = "from pkg import (\n    a,\n    b,\n    d,\n)\n"
    theirs = "from pkg import (\n    a,\n    c,  # mine\n    d,\n)\n"
    assert merged("api/m.py", base, ours, theirs) == "from pkg import (\n    a,\n    b,\n    c,  # mine\n    d,\n)\n"


def test_a_name_that_would_be_imported_from_two_places_is_left() -> None:
    base = "from a import x\n\nx()\n"
    ours = "from a import x\nfrom b import y\n\nx(y)\n"
    theirs = "from a import x\nfrom c import y\n\nx(y)\n"
    assert merged("api/m.py", base, ours, theirs) is None


def test_an_import_that_one_side_dropped_and_the_other_uses_is_left() -> None:
    base = "from a import old, x\n\nold(x)\n"
    ours = "from a import new, x\n\nnew(x)\n"
    theirs = "from a import old, x, mine\n\nold(x)\nold(mine)\n"
    assert merged("api/m.py", base, ours, theirs) is None


def test_typescript_imports_are_a_set() -> None:
    base = "import { a } from './a'\nimport B from '@/b'\n"
    ours = "import type { T } from './t'\nimport { a, c } from './a'\nimport B from '@/b'\n"
    theirs = "// mine\nimport { a, d } from './a'\nimport B from '@/b'\n"
    sides = MergeTexts("web/m.ts", base, ours, theirs)
    made = merge_text(sides, no_trees())
    assert made is not None
    assert made.text == ("import type { T } from './t'\n// mine\nimport { a, c, d } from './a'\nimport B from '@/b'\n")


def test_two_imports_for_their_effect_alone_are_left() -> None:
    base = "import 'a.css'\nimport x from 'x'\n"
    assert merged("web/m.ts", base, base + "import 'b.css'\n", base + "import 'c.css'\n") is None
    assert merged("web/m.ts", base, base + "import 'b.css'\n", base + "import y from 'y'\n") is not None


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "wanted"),
    [
        (
            "x: list = [\n    a,\n]\n",
            "x: list = [\n    a,\n    b,\n]\n",
            "x: list = [\n    a,\n    c,\n]\n",
            ["b", "c"],
        ),
        ("__all__ = [\n]\n", '__all__ = [\n    "b",\n]\n', '__all__ = [\n    "c",\n]\n', ['"b"', '"c"']),
        ("x = {\n}\n", 'x = {\n    "b": 1,\n}\n', 'x = {\n    "c": 2,\n}\n', ['"b": 1', '"c": 2']),
        (
            "class X(\n    A,\n):\n    pass\n",
            "class X(\n    A,\n    B,\n):\n    pass\n",
            "class X(\n    A,\n    C,\n):\n    pass\n",
            ["B", "C"],
        ),
    ],
)
def test_items_that_both_sides_added_to_a_list_are_both_there(
    base: str, ours: str, theirs: str, wanted: list[str]
) -> None:
    made = merge_text(MergeTexts("api/m.py", base, ours, theirs), no_trees())
    assert made is not None
    assert made.strategies == ("items of a list",)
    assert [line.strip(" ,") for line in made.text.split("\n") if line.strip(" ,") in wanted] == wanted


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        ("f(\n    a,\n)\n", "f(\n    a,\n    b,\n)\n", "f(\n    a,\n    c,\n)\n"),
        ("x = {\n}\n", 'x = {\n    "b": 1,\n}\n', 'x = {\n    "b": 2,\n}\n'),
        ("x = [\n]\n", "x = [\n    f(1),\n]\n", "x = [\n    f(2),\n]\n"),
    ],
    ids=["arguments by place", "one key twice", "calls"],
)
def test_items_that_may_lean_on_their_place_are_left(base: str, ours: str, theirs: str) -> None:
    assert merged("api/m.py", base, ours, theirs) is None


FUNCTION = "def f(app):\n    jobs = []\n    plan = {{}}\n{}    app.run(jobs, plan)\n"


def test_statements_that_have_nothing_in_common_are_both_there_upstreams_first() -> None:
    ours = FUNCTION.format('    jobs.append("b")\n    plan["b"] = 1\n')
    theirs = FUNCTION.format('    jobs.append("c")\n    plan["c"] = 2\n')
    assert merged("api/m.py", FUNCTION.format(""), ours, theirs) == FUNCTION.format(
        '    jobs.append("b")\n    plan["b"] = 1\n    jobs.append("c")\n    plan["c"] = 2\n'
    )


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        ('    plan["b"] = 1\n', '    plan["b"] = 2\n'),
        ("    plan = dict(plan)\n", '    plan["c"] = 2\n'),
        ("    app.stop()\n", "    app.start()\n"),
        ("    if not app:\n        return\n", '    jobs.append("c")\n'),
        ('    jobs.append("b")\n', "    count = len(jobs)\n"),
    ],
    ids=["one key", "made anew", "calls on one thing", "an early end", "one reads what the other adds to"],
)
def test_statements_whose_order_may_matter_are_left(mine: str, other: str) -> None:
    assert merged("api/m.py", FUNCTION.format(""), FUNCTION.format(mine), FUNCTION.format(other)) is None


def test_functions_that_both_sides_added_are_both_there() -> None:
    base = "def a():\n    return 1\n"
    made = merged("api/m.py", base, base + "\n\ndef b():\n    return 2\n", base + "\n\ndef c():\n    return 3\n")
    assert made == base + "\n\ndef b():\n    return 2\n\n\ndef c():\n    return 3\n"


def test_two_functions_of_one_name_are_left() -> None:
    base = "def a():\n    return 1\n"
    assert (
        merged("api/m.py", base, base + "\n\ndef b():\n    return 2\n", base + "\n\ndef b():\n    return 3\n") is None
    )


def test_fields_of_a_data_class_have_an_order_and_are_left() -> None:
    model = "class M(BaseModel):\n    a: int = 1\n{}"
    ours, theirs = model.format("    b: int = 2\n"), model.format("    c: int = 3\n")
    made = merge_text(MergeTexts("api/m.py", model.format(""), ours, theirs), no_trees())
    assert made is not None
    assert made.text == model.format("    b: int = 2\n    c: int = 3\n")
    data = "from dataclasses import dataclass\n\n\n@dataclass\n" + model.replace("(BaseModel)", "")
    assert merged("api/m.py", *(data.format(field) for field in ("", "    b: int = 2\n", "    c: int = 3\n"))) is None


def test_a_new_parameter_and_a_new_annotation_are_both_there() -> None:
    base = "class R:\n    def get(self, app, c_id):\n        return app\n"
    ours = base.replace("c_id", "c_id: str")
    theirs = base.replace("c_id", "c_id, token=None").replace("def get", "def get").replace("):\n  ", "):  # why\n  ")
    made = merged("api/m.py", base, ours, theirs)
    assert made is not None
    assert "    def get(self, app, c_id: str, token=None):  # why\n" in made


def test_two_new_parameters_have_no_order_and_are_left() -> None:
    base = "def f(a):\n    return a\n"
    assert merged("api/m.py", base, base.replace("(a)", "(a, b)"), base.replace("(a)", "(a, c)")) is None


def test_parameters_that_must_now_be_named_are_left() -> None:
    base = "def f(a, b):\n    return a\n"
    assert merged("api/m.py", base, base.replace("a, b", "*, a, b"), base.replace("a, b", "a, b, c")) is None


def test_names_joined_by_commas_are_a_set_in_order() -> None:
    line = 'QUEUES="{}"\n'
    made = merged("api/x.sh", line.format("a,b,c,d"), line.format("new,a,b,c,d,e"), line.format("c,d,x"))
    assert made == line.format("new,c,d,x,e")
    assert merged("api/x.sh", line.format("a,b,c"), line.format("b,a,c"), line.format("a,b,c,d")) is None


def test_different_words_of_one_line_are_both_changed() -> None:
    base = "<p className='a b'>{t('x', { ns: 'y' })}</p>\n"
    ours, theirs = base.replace("a b", "b a"), "{ok && " + base.strip() + "}\n"
    assert merge_text(MergeTexts("web/p.tsx", base, ours, theirs), no_trees()) is not None
    assert merged(
        "web/Dockerfile", "RUN pnpm install --frozen\n", "RUN A=0 pnpm install --frozen\n", "RUN pnpm install --no\n"
    ) == ("RUN A=0 pnpm install --no\n")


def test_two_arguments_of_one_call_are_both_changed() -> None:
    base = "const a = true\ncn(!done && 'spin', 'h-4 w-4')\n"
    made = merge_text(
        MergeTexts("web/p.ts", base, base.replace("h-4 w-4", "size-4"), base.replace("!done", "(!done || a)")),
        no_trees(),
    )
    assert made is not None
    assert made.text == "const a = true\ncn((!done || a) && 'spin', 'size-4')\n"
    nested = "go(f(a, b) ? c : d)\n"
    assert merged("web/p.ts", nested, nested.replace("a,", "x,"), nested.replace(": d", ": y")) is None


def test_a_flag_and_the_word_beside_it_are_both_changed() -> None:
    base = "FROM a AS b\nCOPY --chown=x --chmod=755 run.sh /run.sh\n"
    made = merged("api/Dockerfile", base, base.replace(" run.sh", " api/run.sh"), base.replace(" --chmod=755", ""))
    assert made == "FROM a AS b\nCOPY --chown=x api/run.sh /run.sh\n"
    assert (
        merged("api/Dockerfile", base, base.replace(" run.sh", " api/run.sh"), base.replace("/run.sh", "/go.sh"))
        is None
    )


@pytest.mark.parametrize(
    ("path", "base", "ours", "theirs"),
    [
        (
            "web/a.css",
            "@layer x {\n  .a {\n  }\n}\n",
            "@utility a {\n  a: b;\n}\n",
            "@layer x {\n  .a {\n  }\n  .b {\n  }\n}\n",
        ),
        ("api/x.sh", "if a; then\n  b\n  c\nfi\n", "b\nc\n", "if a; then\n  b\n  new\n  c\nfi\n"),
        (
            "web/Dockerfile",
            "FROM a AS x\nRUN a\nRUN b\n",
            "FROM a AS y\nRUN a\nRUN b\n",
            "FROM a AS x\nRUN a\nRUN new\nRUN b\n",
        ),
    ],
)
def test_a_line_that_would_come_to_stand_in_another_block_is_left(path: str, base: str, ours: str, theirs: str) -> None:
    assert merged(path, base, base, theirs) == theirs
    assert merged(path, base, ours, theirs) is None


def test_a_condition_that_both_sides_changed_is_left() -> None:
    base = "const a = 1\nif (a && b && c) {\n  go(a)\n}\n"
    assert merged("web/p.ts", base, base.replace("(a &&", "(x &&"), base.replace("&& c)", "&& y)")) is None


def test_layout_and_notes_to_a_checker_give_way_to_a_change() -> None:
    base = "def f(a):\n    x = a\n    return g(x)\n"
    ours = "def f(a):\n    with a as x:\n        return g(x)\n"
    theirs = base.replace("g(x)\n", "g(x)  # type: ignore\n")
    assert merged("api/m.py", base, ours, theirs) == ours


def test_a_changed_margin_in_python_is_a_change() -> None:
    base = "def f(a):\n    if a:\n        b()\n    c()\n"
    assert merged("api/m.py", base, base.replace("    c()", "        c()"), base.replace("c()", "c(1)")) is None


def test_what_git_ignores_is_a_set_unless_something_is_taken_back() -> None:
    assert merged(".gitignore", "a\n", "a\nb\n", "a\nc\n") == "a\nb\nc\n"
    assert merged(".gitignore", "a\n", "a\nb\n", "a\n!c\n") is None


def test_prose_that_both_sides_added_is_left() -> None:
    assert merged("README.md", "a\n", "a\nOne.\n", "a\nTwo.\n") is None
