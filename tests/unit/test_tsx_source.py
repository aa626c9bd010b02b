"""Whether a text is TSX: what compilers take is right, also where the grammar stumbles."""

from __future__ import annotations

import pytest

from difykit.core.tsx_source import exports_default, fault_in, types_in

WRONG = [
    ("const P = () => <div>x</span>\n", (1, "closes <div> of line 1 with </span>")),
    ("const P = () => (\n  <a.b>\n    <c />\n  </a.c>\n)\n", (4, "closes <a.b> of line 2 with </a.c>")),
    ("const P = () => <div>\n", (1, "is no valid code near: const P = () => <div>")),
    ("const x = 1\nconst y: = 3\n", (2, "is no valid code near: const y: = 3")),
    ("if (a) {\n", (1, "is no valid code near: if (a) {")),
    ("import x from 'y\n", (1, "is no valid code near: import x from 'y")),
    ("class A { foo( }\n", (1, "is no valid code near: class A { foo( }")),
]
RIGHT = [
    "export const P = () => <p>R&D, a &nbsp;&&nbsp; b</p>\n",
    "const P = () => <p>{t('a')} & {t('b')}</p>\n",
    "interface A {\n  x?: B\n  in_cooldown?: boolean\n}\n",
    "const a: A & B = <T,>(x: T) => x\n",
    "type A = { [K in keyof B as `x${string & K}`]?: B[K] }\nconst x = y satisfies A\n",
    "'use client'\nimport type { A } from 'b'\nenum C { D }\n",
    "const P = () => <><A.B c={d} {...e}>f</A.B></>\n",
    "interface A<in out T, out U> {\n  a: T\n}\n",
    "type A = import('x').Y<string>\nconst b = await import('y')\n",
    "export * from './x' with { type: 'json' }\n",
    "const C = styled.div<{ a: string }>`b`\n",
    "",
]


@pytest.mark.parametrize(("text", "fault"), WRONG, ids=[text.strip() for text, _ in WRONG])
def test_what_is_no_tsx_is_told_with_its_line(text: str, fault: tuple[int, str]) -> None:
    assert fault_in(text, "tsx") == fault


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_tsx_is_right(text: str) -> None:
    assert fault_in(text, "tsx") is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("const a = 1\nconst b = a as any\n", 2),
        ("enum A { B }\n", 1),
        ("const f = (a?: string) => a\n", 1),
        ("const P = ({ a }) => <p {...a}>{a < 1 && a > 2}</p>\nclass A { #b = 1; static c }\n", 0),
    ],
)
def test_types_are_seen(text: str, line: int) -> None:
    assert types_in(text) == line


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("export default function P() {}\n", True),
        ("const P = () => null\nexport default P\n", True),
        ("const P = 1\nexport { P as default }\n", True),
        ("export { default } from './p'\n", True),
        ("export { default as P } from './p'\n", False),
        ("export const P = () => null\n", False),
        ("export * from './p'\n", False),
        ("", False),
    ],
)
def test_a_default_export_is_seen(text: str, default: bool) -> None:
    assert exports_default(text) is default
