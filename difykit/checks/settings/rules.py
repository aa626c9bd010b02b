"""The rules for the settings. What is right in them is not said, so each rule speaks of what is wrong alone."""

from __future__ import annotations

from difykit.checks import Rule
from difykit.checks.settings import (
    consistency,
    drivers,
    files,
    lists,
    names,
    overwritten,
    programs,
    readers,
    secrets,
    values,
    web,
)

RULES: tuple[Rule, ...] = (
    Rule("file", ("settings",), files.unreadable_lines),
    Rule("release", ("settings",), files.unreadable_classes),
    Rule("unknown", ("settings",), names.unknown),
    Rule("type", ("settings",), values.wrong_values),
    Rule("variable", ("settings",), values.literal_variables),
    Rule("unreached", ("settings",), readers.unreached),
    Rule("overwritten", ("settings",), overwritten.overwritten),
    Rule("web-value", ("settings",), web.wrong_values),
    Rule("list", ("settings",), lists.replaced_lists),
    Rule("program", ("settings",), programs.refused),
    Rule("limit", ("settings",), programs.contradicting),
    Rule("certificate", ("settings",), programs.certificate),
    Rule("twice", ("settings",), readers.duplicates),
    Rule("public", ("settings",), secrets.public_secrets),
    Rule("exposed", ("settings",), secrets.exposed),
    Rule("pair", ("settings",), consistency.broken_pairs),
    Rule("sentinel", ("settings",), consistency.sentinels),
    Rule("driver", ("settings",), drivers.mismatches),
)
