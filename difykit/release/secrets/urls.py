"""Secrets inside URLs: a password with a slash in it ends the login, so it is percent-encoded there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote, unquote, urlsplit

from difykit.dify.default_secrets import Default
from difykit.release import compose
from difykit.release.secrets.files import ReleaseFiles
from difykit.workspace import dotenv

_VARIABLE = r"\$\{(?:[^{}]|\$\{[^{}]*\})*\}|\$[A-Za-z_]\w*"
_LOGIN = re.compile(rf"(?P<scheme>[A-Za-z][\w+.-]*://)(?P<login>(?:{_VARIABLE}|[^/@\s$])+)@")
_ANY = re.compile(_VARIABLE)
_NAME = re.compile(r"\$\{?(\w+)")
_DEFAULT = re.compile(r"\$\{(\w+):?-(.*)\}", re.DOTALL)
_PASSWORD = "_PASSWORD"  # noqa: S105 - how a key ends


def with_urls(defaults: Sequence[Default], shipped: Mapping[str, str]) -> tuple[Default, ...]:
    """The secrets with every URL that a release ships with one of them in it, for the host of the same name."""

    def urls_of(default: Default) -> Iterator[str]:
        yield from default.urls
        host = shipped.get(default.key.removesuffix(_PASSWORD) + "_HOST")
        for key, value in shipped.items():
            if key not in default.urls and "://" in value and host and shipped.get(default.key):
                password, name = _login(value)
                if password == shipped[default.key] and name == host:
                    yield key

    return tuple(replace(default, urls=tuple(urls_of(default))) for default in defaults)


def _login(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        return unquote(parts.password or ""), parts.hostname or ""
    except ValueError:
        return "", ""


def encoded_urls(files: ReleaseFiles, own: Collection[str], values: Mapping[str, str]) -> dict[str, str]:
    """The URLs that the release makes of settings and that need one of them encoded, raw, by the setting to set.

    Only those that nobody sets; `values` are the settings as Compose reads them.
    """
    changed: dict[str, str] = {}
    for key, template in _templates(files):
        if key not in own and raw_in_login(template, values):
            changed[key] = dotenv.quote(_encoded(template, values))
    return changed


def _templates(files: ReleaseFiles) -> Iterator[tuple[str, str]]:
    """What URLs are made of: the defaults in the Compose file, and the examples' values that name others."""
    for item in files.assigned():
        if dotenv.decode(item.raw) is None:
            yield item.key, dotenv.template(item.raw)
    for body in files.services.values():
        for text in compose.environment(body).values():
            if isinstance(text, str) and (match := _DEFAULT.fullmatch(text)):
                yield match[1], match[2]


def raw_in_login(template: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The variables in the login of a URL whose values a URL cannot hold as they are."""
    names: list[str] = []
    for match in _LOGIN.finditer(template):
        for variable in _ANY.findall(match["login"]):
            value = compose.interpolate(variable, values=values)
            # One that is encoded already is a text for URLs: `%2F` stays, a lone `%` does not.
            if quote(value, safe="") != value and quote(unquote(value), safe="") != value:
                names += _NAME.findall(variable)[:1]
    return tuple(dict.fromkeys(names))


def used_template(text: str, values: Mapping[str, str]) -> str:
    """What of an entry Compose uses: the default of a variable that nobody sets, the text itself of any other."""
    match = _DEFAULT.fullmatch(text)
    if match is None:
        return text
    return f"${{{match[1]}}}" if values.get(match[1]) else match[2]


def _encoded(template: str, values: Mapping[str, str]) -> str:
    def login(match: re.Match[str]) -> str:
        filled = _ANY.sub(lambda name: quote(compose.interpolate(name[0], values=values), safe=""), match["login"])
        return f"{match['scheme']}{filled}@"

    return compose.interpolate(_LOGIN.sub(login, template), values=values)
