"""Secrets: those that everyone knows, and those that stand where they are reviewed; and what counts as one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from difykit.checks import Finding, in_use
from difykit.checks.settings.configured import Look
from difykit.checks.settings.release import ReleaseSettings
from difykit.dify import default_secrets
from difykit.release.secrets import Verdict, is_secret_key

_SECRET = re.compile(
    r"(?i)(?:secret|passw|pwd|token|credential|dsn|connection_string|auth_key|authn|private_key|sasl|account_json"
    r"|(?:^|_)(?:key|keys|apikey|pass)(?:_|$)|apikey)"
)
# Names that sound like one and are none.
_PLAIN = re.compile(
    r"(?i)(?:.*(?:tokens|tokens_length|token_length|tokenization|tokenizer|key_prefix|_key_name)(?:_.*)?"
    r"|.*(?:token|key|secret|password)_(?:expiry|expire|timeout|ttl|enable|enabled|length|max)\w*"
    r"|(?:enable|allow)_.*|.*_enabled?)"
)


def is_secret(key: str, release: ReleaseSettings, *, declared: bool = False) -> bool:
    """Whether the value of a key may not be shown: by its name, unless api takes a number or a yes or no for it."""
    if declared:
        return True
    field = release.fields.get(key)
    if field and field.kind.base in {"int", "float", "bool", "choice"}:
        return False
    return is_secret_key(key) or (_SECRET.search(key) is not None and not _PLAIN.fullmatch(key))


def public_secrets(look: Look) -> Iterator[Finding]:
    """Settings with the value that every Dify ships."""
    values = {key: setting.value for key, setting in look.effective.items() if setting.value is not None}
    chosen = {use.secret.key for use in look.environment.uses if use.verdict is Verdict.HANDLED}
    public = {
        key: texts for key, texts in look.release.public.items() if default_secrets.is_default(key) or key in chosen
    }
    earlier = {key for key, value in values.items() if default_secrets.was_public(key, value)}
    for key in sorted({*in_use(public, values), *earlier}):
        yield look.effective[key].warning("holds a secret that Dify ships for everyone", _replacement(key, look))


def _replacement(key: str, look: Look) -> str:
    default = next((item for item in default_secrets.DEFAULTS if key in {*item.names, *item.urls}), None)
    if default is None:
        return f"set one of your own: difykit env.set {key}=- < FILE"
    if look.inputs.used and not default.fleeting:
        return "the data was begun with it: change it where it is stored (DB_PASSWORD: ALTER USER), then here"
    return "take the line out: difykit makes a new one with the first render"


def exposed(look: Look) -> Iterator[Finding]:
    """Secrets in a file that is reviewed and committed."""
    for setting in look.effective.values():
        if not setting.private and setting.value and is_secret(setting.key, look.release):
            text = "is a secret by its name, and this file is for what everybody may read"
            yield setting.warning(text, "move it into .env")
