"""What web takes for its settings: the schema in `web/env.ts`, from 1.13.0 on; web answers nothing but 500 without it.

Read are the forms that stand there: coercedBoolean, coercedNumber, z.enum, z.url, z.email, a regular expression. What
stands there in another form takes any text. An empty value is as if it were not set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from difykit.dify.programs import Form

_ENTRY = re.compile(
    r"^ {2,}(?P<key>[A-Z][A-Z0-9_]+):\s*(?P<takes>.*?)(?=^ {2,}[A-Z][A-Z0-9_]+:|^ {0,2}\}|\Z)", re.MULTILINE | re.DOTALL
)
_COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
_ENUM = re.compile(r"z\.enum\(\[([^\]]*)\]")
_REGEX = re.compile(r"\.regex\(/(.+?)/\)")
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
_BOOLEAN = Form("web", "true or false", re.compile(r"true|false|0|1"), "true")
_NUMBER = Form("web", "a whole number > 0", re.compile(r"\+?0*[1-9]\d*(?:\.0*)?"), "10")
_URL = Form("web", "a URL with its scheme, such as https://example.com", re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+"))
_EMAIL = Form("web", "an address of e-mail", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"))
_FORMS = {"coercedBoolean": _BOOLEAN, "coercedNumber": _NUMBER, ".url(": _URL, ".email(": _EMAIL}
BASE_PATH = Form("web", "a path that begins with / and does not end with one, such as /dify", re.compile(r"/.*[^/]"))
"""What Next.js takes for `basePath`: https://nextjs.org/docs/app/api-reference/config/next-config-js/basePath"""
BASE_PATH_ENDS = "BASE_PATH"
"""How the settings end that `next.config` takes for it."""


def schema(env: str) -> Mapping[str, Form]:
    """The settings that `web/env.ts` judges, each with what it takes; {} for an empty text."""
    forms: dict[str, Form | None] = {}
    for match in _ENTRY.finditer(_COMMENT.sub("", env)):
        forms.setdefault(match["key"], _form(re.sub(r"\s+", "", match["takes"])))  # below it they stand once more
    return {key: form for key, form in forms.items() if form}


def _form(takes: str) -> Form | None:
    for word, form in _FORMS.items():
        if word in takes:
            return form
    if match := _ENUM.search(takes):
        words = _QUOTED.findall(match[1])
        return Form("web", f"one of {', '.join(words)}", re.compile("|".join(map(re.escape, words))))
    return _of_pattern(match[1]) if (match := _REGEX.search(takes)) else None


def _of_pattern(pattern: str) -> Form | None:
    try:
        return Form("web", f"a text that fits {pattern}", re.compile(pattern.removeprefix("^").removesuffix("$")))
    except re.error:  # of JavaScript's own
        return None
