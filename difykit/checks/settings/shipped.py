"""Secrets that the release ships and nobody replaced, the form of those that have one, and data without its `.env`."""

from __future__ import annotations

from collections.abc import Iterator

from difykit.checks import Finding, Severity
from difykit.checks.settings.configured import USER, Look
from difykit.dify import default_secrets
from difykit.release.secrets import Verdict


def unheard(look: Look) -> Iterator[Finding]:
    """Secrets in use as Dify ships them, for which difykit can make no other: their form is not known."""
    for use in look.environment.uses:
        if use.verdict in {Verdict.UNHEARD, Verdict.OUTSIDE}:
            path, _, line = use.secret.where.partition(":")
            yield Finding(Severity.WARNING, use.words, use.hint, use.secret.key, path, int(line or 0))


def wrong_form(look: Look) -> Iterator[Finding]:
    """Secrets that the program which reads them refuses, so that it does not start."""
    for default in default_secrets.DEFAULTS:
        for key in default.names if default.form else ():
            value = look.environment.values.get(key, "")
            setting = look.effective.get(key)
            if default.form and setting and value and not default.form.pattern.fullmatch(value):
                reader = ", ".join(default.services) or "what reads it"
                text = f"must be {default.form.words}: with anything else {reader} does not start"
                hint = f"take it out, and difykit makes one; or: {default.form.recipe} | difykit env.set {key}=-"
                yield setting.error(text, hint)


def lost(look: Look) -> Iterator[Finding]:
    """Secrets that the data folder was used with and that `.env` does not have."""
    if look.environment.missing:
        names = ", ".join(look.environment.missing)
        text = (
            f"the data folder has been used, and neither this file nor a live release folder has its secrets: {names}."
            " Nothing is rendered or deployed with other ones"
        )
        yield Finding(Severity.ERROR, text, "bring .env from where this data was used", file=USER)
    for key in look.environment.stays:
        text = "is what Dify ships for everyone: the data folder has been used with it, so it stays"
        yield Finding(Severity.WARNING, text, f"difykit env.rotate {key}", key, USER)
    if look.taken:
        text = f"lacks {', '.join(look.taken)}, and the live release has them: the next render takes them from there"
        yield Finding(Severity.WARNING, text, "difykit render", file=USER)
