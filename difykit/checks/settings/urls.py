"""Passwords in URLs that end where a character of theirs ends a login."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from difykit.checks import Finding, Severity
from difykit.checks.settings.configured import Look
from difykit.dify import default_secrets, keys, layout
from difykit.release import compose
from difykit.release.secrets import is_secret_key, raw_in_login, used_template
from difykit.workspace import dotenv

_HINT = "write it percent-encoded there (/ is %2F, @ is %40)"


def unencoded(look: Look) -> Iterator[Finding]:
    """URLs, of settings and of Compose files, in which a secret stands as it is and may not."""
    values = {**dotenv.values(look.inputs.user_env), **look.environment.values}
    unsafe = {
        key: value
        for key, value in values.items()
        if is_secret_key(key) and "://" not in value and quote(value, safe="") != value
    }
    known = {url for default in default_secrets.table(values.get(keys.DB_TYPE, "")) for url in default.urls}
    for setting in look.effective.values():
        names = list(raw_in_login(dotenv.template(setting.raw), values))
        if "://" in (text := values.get(setting.key, "")) and not names:
            names = [key for key, value in unsafe.items() if f":{value}@" in text and key != setting.key]
        if names and setting.key not in known:
            yield setting.error(f"is a URL with {_names(names)} in it as it is, and {_ENDS}", _HINT)
    yield from _in_compose(look, values)


_ENDS = "a character of it ends the password there"


def _names(names: list[str]) -> str:
    return " and ".join(dict.fromkeys(names[:1]))


def _in_compose(look: Look, values: Mapping[str, str]) -> Iterator[Finding]:
    running = look.environment.running
    for name, body in look.release.services.items():
        for key, text in compose.environment(dict(body)).items() if name in running else ():
            if isinstance(text, str) and (names := raw_in_login(used_template(text, values), values)):
                yield _in_service(layout.COMPOSE_FILE, name, key, names[0])
    for part in look.inputs.overlays:
        for file in part.compose_files:
            for name, body in file.services.items():
                for key, text in compose.environment(body).items():
                    if isinstance(text, str) and (names := raw_in_login(used_template(text, values), values)):
                        yield _in_service(file.label, name, key, names[0])


def _in_service(path: str, service: str, key: str, secret: str) -> Finding:
    text = f"services.{service}: is a URL with {secret} in it as it is, and {_ENDS}"
    hint = f"choose a {secret} of letters and digits, or give {service} a {key} with it percent-encoded"
    return Finding(Severity.ERROR, text, hint, key, path)
