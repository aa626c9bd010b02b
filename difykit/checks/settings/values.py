"""Values: what the class or the program that reads a key would not take."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator

from difykit.checks import Finding
from difykit.checks.settings.configured import Look, Setting
from difykit.checks.settings.kinds import ValueKind
from difykit.checks.settings.stack import RenderedStack, is_api
from difykit.dify import keys, services
from difykit.release import compose
from difykit.workspace import dotenv

# Python's logging, which knows them in capitals alone.
_LEVELS = ValueKind("choice", choices=("CRITICAL", "FATAL", "ERROR", "WARNING", "WARN", "INFO", "DEBUG", "NOTSET"))
_VARIABLE = re.compile(r"\$\{[A-Za-z_]\w*(?:[:?+-][^}]*)?\}")
_SENTINEL = re.compile(r"[^\s,:]+:\d+(?:,[^\s,:]+:\d+)*")


def wrong_values(look: Look, stack: RenderedStack) -> Iterator[Finding]:
    """Values that stop api, by its config classes; and values that others would not understand."""
    reported: set[str] = set()
    for finding in _of_api(look):
        reported.add(finding.subject)
        yield finding
    yield from _elsewhere(look, stack, reported)


def _elsewhere(look: Look, stack: RenderedStack, reported: Collection[str]) -> Iterator[Finding]:
    """Values that stop another service on api's image, or reach api's under another name: SENTRY_… by API_SENTRY_…."""
    faults: dict[str, str] = {}
    for service in filter(is_api, stack.running.values()):
        for variable, value in service.environment.items():
            kind = kind_of(variable, look)
            keys_of = service.sources.get(variable, frozenset()) & look.effective.keys() - {*reported} if kind else ()
            if keys_of and kind and not kind.takes(value):
                field = look.release.fields.get(variable)
                by = f" ({field.owner}, {field.where})" if field and field.owner else ""
                for key in keys_of:
                    name = "" if key == variable else f" as {variable}"
                    text = f"is not {kind.says()}, which {service.name} takes{name}{by}: it would not start"
                    faults.setdefault(key, text)
    for key, text in sorted(faults.items()):
        yield look.effective[key].error(f"{look.effective[key].shown} {text}", "give it that, or take the line out")


def _of_api(look: Look) -> Iterator[Finding]:
    for setting in look.effective.values():
        text = reaching_api(setting.key, look)
        if text is None:
            continue
        kind = kind_of(setting.key, look)
        if kind and not kind.takes(text):
            yield setting.error(*_why(setting, kind, text, look))
        elif not kind:
            yield from _unlike_shipped(setting, text, look)
        if setting.key == keys.VECTOR_STORE and look.release.stores and text and text not in look.release.stores:
            yield setting.error(*_no_store(setting, text, look))
        if setting.key == keys.VECTOR_STORE and not text:
            empty = "is empty: api has no store for knowledge bases then, and refuses all that is done with one"
            yield setting.warning(empty, "name the store, or take the line out")
        if setting.key == keys.REDIS_SENTINELS and text and not _SENTINEL.fullmatch(text):
            yield setting.error("is not a list such as host1:26379,host2:26379", "write host:port, with commas between")


def literal_variables(look: Look) -> Iterator[Finding]:
    """Names of variables in a reviewed file, where a value is what is written; in `.env` they are replaced."""
    for setting in look.effective.values():
        if not setting.private and (match := _VARIABLE.search(setting.value or "")):
            text = f"its value has {match[0]}, which reaches Dify as it is: here a value is what is written"
            hint = f"write it into .env, where variables are replaced, or write the value itself: {setting.key}=…"
            yield setting.warning(text, hint)


def reaching_api(key: str, look: Look) -> str | None:
    """What api gets for a key: its environment fills in defaults where a value is empty, or other variables."""
    environment = compose.environment(dict(look.release.services.get(services.API, {})))
    expression = environment.get(key)
    if isinstance(expression, str):
        return compose.interpolate(expression, look.environment.values)
    return look.environment.values.get(key)


def kind_of(key: str, look: Look) -> ValueKind | None:
    """What api takes for a key: by its field, or where a library reads the text further."""
    if key == keys.LOG_LEVEL:
        return _LEVELS
    field = look.release.fields.get(key)
    return field.kind if field else None


def _why(setting: Setting, kind: ValueKind, text: str, look: Look) -> tuple[str, str]:
    field = look.release.fields.get(setting.key)
    by = f" ({field.owner}, {field.where})" if field and field.owner else ""
    if not text:
        return f"is empty, and api takes {kind.says()}{by}: it would not start", "give it a value, or take the line out"
    near = difflib.get_close_matches(text, kind.choices, n=1) if kind.choices and not setting.private else []
    hint = f"write {near[0]}" if near else f"give it {kind.says()}"
    return f"{setting.shown} is not {kind.says()}, which api takes{by}: it would not start", hint


def _no_store(setting: Setting, text: str, look: Look) -> tuple[str, str]:
    near = difflib.get_close_matches(text.lower(), look.release.stores, n=1)
    hint = f"write {near[0]}" if near else "take one of: " + ", ".join(look.release.stores)
    return f"{setting.shown} is no vector store of Dify {look.release.name}", hint


def _unlike_shipped(setting: Setting, text: str, look: Look) -> Iterator[Finding]:
    """A key beside the config classes: its own default tells whether scripts and services want a number or a word."""
    shipped = look.release.shipped.get(setting.key)
    default = dotenv.decode(shipped.raw) if shipped else None
    if not default or not text or setting.key.endswith("PORT"):
        return
    for words, kind in (
        ({"true", "false"}, ValueKind("choice", choices=("true", "false"))),
        (set[str](), ValueKind("int")),
    ):
        if (default in words or (not words and default.isdecimal())) and not kind.takes(text):
            says = "true or false" if words else kind.says()
            problem = f"{setting.shown} is not {says}, and Dify ships {default}: what reads it may not understand it"
            yield setting.warning(problem, f"give it {says}")
            return
