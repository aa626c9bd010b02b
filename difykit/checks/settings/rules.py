"""The rules for the settings. What is right in them is not said, so each rule speaks of what is wrong alone."""

from __future__ import annotations

from difykit.checks import Rule
from difykit.checks.settings import (
    consistency,
    drivers,
    files,
    hosts,
    lists,
    names,
    overwritten,
    programs,
    published,
    readers,
    required,
    secrets,
    sets,
    shadows,
    shipped,
    urls,
    values,
    web,
)

STACK: tuple[Rule, ...] = (
    Rule("host", ("settings", "stack"), hosts.dead_hosts),
    Rule("set", ("settings", "stack"), sets.broken_sets),
)
"""Those without which a stack cannot work."""
_WEB = Rule("web-value", ("settings", "stack"), web.wrong_values)
REFUSED: tuple[Rule, ...] = (*STACK, _WEB)
"""Those whose errors `render` and `deploy` refuse."""
RULES: tuple[Rule, ...] = (
    Rule("file", ("settings",), files.unreadable_lines),
    Rule("release", ("settings",), files.unreadable_classes),
    Rule("required", ("settings",), required.unset),
    Rule("unknown", ("settings",), names.unknown),
    Rule("type", ("settings", "stack"), values.wrong_values),
    Rule("variable", ("settings",), values.literal_variables),
    Rule("unreached", ("settings",), readers.unreached),
    Rule("overwritten", ("settings",), overwritten.overwritten),
    _WEB,
    Rule("list", ("settings",), lists.replaced_lists),
    Rule("program", ("settings",), programs.refused),
    Rule("limit", ("settings",), programs.contradicting),
    Rule("port", ("settings", "stack"), published.taken_twice),
    Rule("certificate", ("settings",), programs.certificate),
    Rule("twice", ("settings",), readers.duplicates),
    Rule("shadowed", ("settings",), shadows.shadowed),
    Rule("lost", ("settings",), shipped.lost),
    Rule("public", ("settings",), secrets.public_secrets),
    Rule("shipped", ("settings",), shipped.unheard),
    Rule("form", ("settings",), shipped.wrong_form),
    Rule("exposed", ("settings",), secrets.exposed),
    Rule("url", ("settings",), urls.unencoded),
    Rule("pair", ("settings",), consistency.broken_pairs),
    Rule("sentinel", ("settings",), consistency.sentinels),
    *STACK,
    Rule("driver", ("settings",), drivers.mismatches),
)
