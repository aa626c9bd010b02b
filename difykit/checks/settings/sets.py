"""Sets: what a storage, vector store, database, broker or mail sender needs is set, and is no placeholder.

What a driver cannot do without is read from the release: the errors that its code raises for the settings as they are,
and the placeholders of the release's own examples.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from difykit.checks import Finding
from difykit.checks.settings.addresses import NamedHost, addresses
from difykit.checks.settings.configured import Look
from difykit.checks.settings.drivers import lacking, storage_types, vector_stores_of
from difykit.checks.settings.hosts import finding
from difykit.checks.settings.secrets import is_secret
from difykit.checks.settings.stack import RenderedStack, StackService, is_api
from difykit.checks.settings.usage import Use
from difykit.dify import drivers, hosts, keys, placeholders, roles, services
from difykit.release import compose

_NEEDED = re.compile(r"(?i)\b(?:required|must be set|not set|missing|cannot be empty|not configured)\b")
_KEY = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")


def broken_sets(look: Look, stack: RenderedStack) -> Iterator[Finding]:
    """All of it, each setting once."""
    told: set[str] = set()
    for rule in (_placeholders, _raised, _examples, _plugins, _database, _moved, _unencrypted):
        for problem in rule(look, stack):
            if problem.subject not in told:
                told.add(problem.subject)
                yield problem
    yield from _nothing_set(look, told)


def _apis(stack: RenderedStack) -> StackService | None:
    return next((service for service in stack.running.values() if is_api(service)), None)


def _placeholders(look: Look, stack: RenderedStack) -> Iterator[Finding]:
    """Placeholders in what a running service uses, unless Dify ships it so and nobody chose what reads it."""
    api = stack.running.get(services.API)
    for service in stack.running.values():
        for key, value in service.environment.items():
            if api and service.role == roles.BEAT and key not in api.environment:
                continue  # taken out of api itself, and this one reaches no storage
            if not value or not placeholders.is_placeholder(value) or not _read_by(service, key, look):
                continue
            sources = service.sources.get(key, frozenset())
            subject = key if key in sources or not sources else min(sources)
            text = f"is a placeholder, and {service.name} uses it"
            if is_api(service) and (use := look.usage.of(key)) and (chosen := _choosing(use, look)):
                text = f"is a placeholder, and {chosen} makes {service.name} use it"
            yield finding(
                look, subject, text, f"set {subject} to your own value, or {_emptied(service, key, look, stack)}"
            )


def _emptied(service: StackService, key: str, look: Look, stack: RenderedStack) -> str:
    """How a setting comes to be empty in a service and in those of its role: Compose may have a default where it is."""
    names = [other.name for other in stack.running.values() if other.role == service.role and key in other.environment]
    if filled := [name for name in names if _has_placeholder(name, key, look)]:
        own = ", ".join(f"{name}: {{environment: {{{key}: !reset null}}}}" for name in filled)
        text = "take it out in an overlay's Compose file, since an empty one is filled by Dify's"
        return f"{text}: services: {{{own}}}"
    return "leave it empty where it may be"


def _has_placeholder(name: str, key: str, look: Look) -> bool:
    expression = compose.environment(dict(look.release.services.get(name, {}))).get(key)
    return isinstance(expression, str) and placeholders.is_placeholder(compose.interpolate(expression, {}))


def _read_by(service: StackService, key: str, look: Look) -> bool:
    if not is_api(service):
        return key in service.own and key in look.effective
    use = look.usage.of(key)
    return bool(use and use.used) and not _as_shipped(key, look)


def _as_shipped(key: str, look: Look) -> bool:
    """Whether Dify ships a value, and what reads it, so that nobody chose either."""
    setting = look.effective.get(key)
    if setting is not None and not look.as_shipped(setting):
        return False
    untouched, use = look.untouched.of(key), look.usage.of(key)
    if untouched is None or not untouched.used:
        return False
    if use is None or use.site is None:
        return True
    selectors = [look.effective[name] for name in look.usage.deciding(use.site) - {key} if name in look.effective]
    copied = setting is not None  # with the whole example, as Dify's guide says
    return all(copied and look.as_shipped(selector) for selector in selectors)


def _choosing(use: Use, look: Look) -> str:
    """The settings that make api use something, with their values where those are names of drivers."""
    names = sorted(look.usage.deciding(use.site)) if use.site else []
    return ", ".join(name for name in names if name in look.effective)


def _raised(look: Look, _: RenderedStack) -> Iterator[Finding]:
    """Errors that the code of what is chosen raises for the settings as they are."""
    for path in _chosen_modules(look):
        before = {text for _, text, _ in look.untouched.stops(path)}
        for site, text, names in look.usage.stops(path):
            empty = sorted(name for name in names if not _value(name, look))
            subject = next((name for name in (*empty, *sorted(names)) if name in look.release.fields), "")
            if subject and text not in before:
                why = f"api refuses it as it is set: {text} ({site.path}:{site.line})"
                yield finding(look, subject, why, f"set {', '.join(empty) or subject}")
        yield from _validated(path, look)


def _chosen_modules(look: Look) -> list[str]:
    """The modules of api that read what somebody set, or what is used since somebody chose it."""
    keys_read = {*look.effective, *(key for key in look.release.fields if _by_choice(key, look))}
    paths: set[str] = set()
    for key in keys_read:
        use = look.usage.of(key) if key in look.release.fields else None
        if use and use.used and use.site and use.site.path.startswith(drivers.STARTING):
            paths.add(use.site.path)
    return sorted(paths)


def _by_choice(key: str, look: Look) -> bool:
    """Whether a key is of a kind that is chosen, and is used now."""
    field = look.release.fields[key]
    if not (drivers.STORAGE_CONFIG.fullmatch(field.path) or drivers.VECTOR_CONFIG.fullmatch(field.path)):
        return False
    use = look.usage.of(key)
    return bool(use and use.used)


def _validated(path: str, look: Look) -> Iterator[Finding]:
    """What a driver's own class says that it needs, by the setting's name."""
    module = look.release.code.module(path)
    for site, text in module.raises if module else ():
        if len(site.conditions) != 1 or not _NEEDED.search(text):
            continue
        for key in _KEY.findall(text):
            use = look.usage.of(key) if key in look.release.fields else None
            if use and use.used and not _value(key, look) and key not in look.environment.generate:
                why = f"is empty, and api refuses that: {text} ({site.path}:{site.line})"
                yield finding(look, key, why, f"set {key}")


def _value(key: str, look: Look) -> str:
    if key in look.environment.secrets:
        return "a secret"
    return look.environment.values.get(key) or look.release.default(key) or ""


def _examples(look: Look, stack: RenderedStack) -> Iterator[Finding]:
    """Names and keys of a chosen service elsewhere that are still those of Dify's example."""
    api = _apis(stack)
    for key in look.release.fields if api else ():
        if not _by_choice(key, look) or key in look.effective:
            continue
        untouched = look.untouched.of(key)
        value = api.environment.get(key, "") if api else ""
        elsewhere = not _bundled(key, look, stack) and (is_secret(key, look.release) or _is_account(key))
        if key in drivers.SERVERS_OWN and value == drivers.SERVERS_OWN[key]:
            continue
        if value and elsewhere and untouched is not None and not untouched.used:
            text = "is still the example that Dify ships, and what is chosen reads it"
            yield finding(look, key, text, f"set {key} to your own")


def _nothing_set(look: Look, reported: Collection[str]) -> Iterator[Finding]:
    """A storage elsewhere that is chosen while all that it needs is as Dify ships it, where nothing else says so."""
    setting, kind = look.effective.get(keys.STORAGE_TYPE), look.environment.values.get(keys.STORAGE_TYPE, "")
    group = sorted(key for key in look.release.fields if kind in storage_types(key, look))
    if setting is None or not group or look.as_shipped(setting) or {*group, keys.STORAGE_TYPE} & {*reported}:
        return
    family = group[0].partition("_")[0] + "_"  # ClickZetta's storage also takes the settings of its vector store
    if not lacking(look) and not any(key.startswith(family) for key in look.effective):
        text = f"is chosen, and nobody sets any of {', '.join(group)}"
        yield setting.error(f"{text}: nothing is stored", "set what your account there needs")


def _is_account(key: str) -> bool:
    return key.endswith(drivers.ACCOUNTS)


def _bundled(key: str, look: Look, stack: RenderedStack) -> bool:
    """Whether the driver of a key speaks to a service of this stack."""
    store = look.environment.values.get(keys.VECTOR_STORE, "")
    bundled = any(store in stack.profiles.get(name, ()) for name in stack.running)
    if bundled and store in vector_stores_of(key, look):
        return True
    field = look.release.fields[key]
    others = [name for name, other in look.release.fields.items() if other.path == field.path]
    values = [look.environment.values.get(name, "") for name in others if hosts.names_host(name)]
    named = [address.host for value in values for address in addresses(value) or ()]
    return any(host in service.names for host in named for service in stack.running.values())


def _plugins(look: Look, stack: RenderedStack) -> Iterator[Finding]:
    """What the plugin daemon needs for the storage that is chosen for it."""
    for service in stack.running.values():
        kind = service.environment.get(keys.PLUGIN_STORAGE_TYPE, "") if service.role == roles.PLUGIN else ""
        for key in drivers.PLUGIN_NEEDS.get(kind, ()):
            if key in look.release.known and not look.environment.values.get(key):
                text = f"is empty, and {keys.PLUGIN_STORAGE_TYPE} is {kind}: {service.name} would not start"
                yield finding(look, key, text, f"set {key}")


def _database(look: Look, stack: RenderedStack) -> Iterator[Finding]:
    """A bundled database that knows one user alone."""
    api = _apis(stack)
    host = api.environment.get(keys.DB_HOST, "") if api else ""
    user = api.environment.get(keys.DB_USERNAME, "") if api else ""
    chosen = look.effective.get(keys.DB_USERNAME)
    own = chosen is not None and not look.as_shipped(chosen)  # OceanBase may have been given other users since
    if host in stack.running and host in hosts.USERS and user != hosts.USERS[host] and (host in hosts.ALONE or not own):
        text = f"is another user than {hosts.USERS[host]}, the only one that {host} has"
        yield finding(look, keys.DB_USERNAME, text, f"set {keys.DB_USERNAME}={hosts.USERS[host]}")


def _redis_addresses(look: Look, stack: RenderedStack) -> Iterator[tuple[StackService, str, NamedHost]]:
    """Every address of a Redis that is given to a service, by its scheme."""
    for service in stack.running.values():
        for key, value in service.environment.items():
            if value.startswith(hosts.REDIS_SCHEMES):
                use = look.usage.of(key) if is_api(service) else None
                if (is_api(service) and use and use.used) or (not is_api(service) and key in service.own):
                    yield from ((service, key, address) for address in addresses(value) or ())


def _moved(look: Look, stack: RenderedStack) -> Iterator[Finding]:
    """Addresses that stay at the bundled Redis while the user moved Redis elsewhere."""
    moved = look.effective.get(keys.REDIS_HOST)
    host = (moved.value or "") if moved else ""
    shipped = look.release.default(keys.REDIS_HOST) or ""
    if not host or moved is None or look.as_shipped(moved) or host == shipped:
        return
    for service, key, address in _redis_addresses(look, stack):
        sources = service.sources.get(key, frozenset())
        own = {key, *sources} & look.effective.keys() - {keys.REDIS_HOST, keys.REDIS_PASSWORD}
        if address.host == shipped and not own:
            subject = key if key in sources or not sources else min(sources)
            text = f"{service.name} still gets {address} from it, as Dify ships it, and {keys.REDIS_HOST} is another"
            secure = look.environment.values.get(keys.REDIS_USE_SSL, "").lower() == "true"
            scheme, number = hosts.REDIS_SCHEMES[secure], 1 if subject == keys.CELERY_BROKER_URL else 2
            hint = f"set {subject}={scheme}:PASSWORD@HOST:PORT/{number}, with the host of {keys.REDIS_HOST}"
            yield finding(look, subject, text, hint)


def _unencrypted(look: Look, stack: RenderedStack) -> Iterator[Finding]:
    """Addresses without TLS of the server that api itself speaks TLS with."""
    values = look.environment.values
    if values.get(keys.REDIS_USE_SSL, "").lower() != "true":
        return
    for _, key, address in _redis_addresses(look, stack):
        same = address.host == values.get(keys.REDIS_HOST, "").lower()
        plain = f"{address.scheme}://" == hosts.REDIS_SCHEMES[0] and address.port == values.get(keys.REDIS_PORT, "")
        if same and plain and key in look.effective:
            text = f"speaks without TLS to the server that {keys.REDIS_USE_SSL} makes api speak TLS with"
            yield finding(look, key, text, f"begin {key} with rediss://")
