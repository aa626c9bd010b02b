"""Hosts: each that a running service uses is a running service on a network with it, or stands outside the stack."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from difykit.checks import Finding, Severity
from difykit.checks.settings.addresses import MACHINE, NamedHost, addresses
from difykit.checks.settings.configured import Look
from difykit.checks.settings.drivers import vector_stores_of
from difykit.checks.settings.host_uses import UsedHost, host_uses
from difykit.checks.settings.secrets import is_secret
from difykit.checks.settings.stack import RenderedStack, StackService
from difykit.core import redact
from difykit.dify import hosts as tables
from difykit.dify import keys, layout

_LONG = 6  # shorter ones stand in other words by chance


def dead_hosts(look: Look, stack: RenderedStack) -> Iterator[Finding]:
    """Hosts that are not there: one finding for each setting and host, with all services that are given it."""
    faults: dict[tuple[str, str], list[tuple[UsedHost, str, Severity]]] = {}
    for use in host_uses(look, stack):
        if not use.reason and (fault := _fault(use, stack)):
            text, severity = fault
            setting = look.effective.get(use.subject)
            if use.lazy and (setting is None or look.as_shipped(setting)):  # nginx starts, what is sent there fails
                severity = Severity.WARNING
            port_key = tables.port_key(use.key)
            subject = port_key if text.endswith("alone") and port_key in look.effective else use.subject
            faults.setdefault((subject, str(use.address)), []).append((use, text, severity))
    for (subject, _), group in faults.items():
        use, text, severity = group[0]
        names = _listed(sorted({one.service.name for one, _, _ in group}))
        verb = "gets" if " " not in names else "get"
        where = f"{names} {verb} {_shown(use, look)}" if use.key else f"{names} sends {use.value} to {use.address}"
        hint = _hint(use, look, stack)
        yield finding(look, subject, _hidden(f"{where}, and {text}", look), _hidden(hint, look), severity)


def finding(look: Look, subject: str, text: str, hint: str, severity: Severity = Severity.ERROR) -> Finding:
    """A finding at the line that sets a key; of what the release sets, at the line that chose what reads it."""
    if setting := look.effective.get(subject):
        return Finding(severity, text, hint, subject, setting.file, setting.line)
    chosen = [look.effective[key] for key in (*_choosing(subject, look), *keys.CHOICES) if key in look.effective]
    line = next((setting for setting in chosen if not look.as_shipped(setting)), None)
    file, number = (line.file, line.line) if line else ("", 0)
    shipped = look.release.shipped.get(subject)
    origin = f"{shipped.path}:{shipped.line}" if shipped else layout.COMPOSE_FILE
    return Finding(severity, f"{text} (as Dify ships it, {origin})", hint, subject, file, number)


def _choosing(subject: str, look: Look) -> Sequence[str]:
    """The settings that make api read one which nobody sets, and which it would not read as Dify ships it."""
    before, use = look.untouched.of(subject), look.usage.of(subject)
    if before is None or before.used or use is None or not use.used:
        return ()
    return (*before.by, *sorted(look.usage.deciding(use.site) if use.site else ()))


def _fault(  # noqa: PLR0911 - one answer for each form of a host
    use: UsedHost, stack: RenderedStack
) -> tuple[str, Severity] | None:
    """Why a host is not there; None where it is."""
    address, service = use.address, use.service
    if address is None:
        return "that is no host", Severity.ERROR
    if use.key in tables.PLAIN and tables.MORE_THAN_HOST.search(use.value.strip()):
        return f"{use.key} takes a host alone, without scheme and port", Severity.ERROR
    if address.host in service.hosts or address.host == service.name:
        return None
    if address.host in MACHINE:
        return f"{address.host} is a name that Docker Desktop knows, and no container on Linux", Severity.WARNING
    if address.is_own:
        return "that is the container itself, where nothing of the kind listens", Severity.ERROR
    if not address.is_bare:
        return None
    if found := stack.reachable(service, address.host):
        port = tables.PORTS.get(found[0], "")
        if address.port and found[0] in tables.ALONE and address.port != port:
            return f"{found[0]} listens at {port} alone", Severity.ERROR
        return None
    return _absent(address, service.name, stack), Severity.ERROR


def _absent(address: NamedHost, reader: str, stack: RenderedStack) -> str:
    host = address.host
    if host in stack.stopped:
        return f"{host} does not run: {stack.stopped[host]}"
    if apart := [other.name for other in stack.running.values() if host in other.names]:
        return f"{apart[0]} is on no network of {reader}"
    return f"no service is called {host}"


def _shown(use: UsedHost, look: Look) -> str:
    """The host of a value, never more of it, and not where it is a secret that stands in a wrong line."""
    if use.address is None:
        setting = look.effective.get(use.subject)
        return "its value" if setting and setting.private else redact.text(use.value)
    return str(use.address)


def _hidden(text: str, look: Look) -> str:
    """A message without what is a secret too, and may stand in a wrong line."""
    for key, setting in look.effective.items():
        if setting.value and len(setting.value) >= _LONG and is_secret(key, look.release):
            text = text.replace(setting.value, redact.HIDDEN).replace(setting.value.lower(), redact.HIDDEN)
    return text


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _hint(use: UsedHost, look: Look, stack: RenderedStack) -> str:
    subject, host = use.subject or "it", use.address.host if use.address else ""
    if host in MACHINE:
        gateway = f"extra_hosts: [{host}:host-gateway]"
        return f"give {use.service.name} {gateway} in an overlay, or name a service in {subject}"
    right = _right(use, look, stack)
    parts = []
    if right and right in stack.running and not stack.reachable(use.service, right):
        parts.append(_joined(use.service, stack.running[right]))
    elif right and right in stack.running:
        parts.append(_assignments(use, right, look))
    elif right:
        start = _start(right, stack)
        parts.append(start if right == host else f"{_assignments(use, right, look)} and {start}")
    others = sorted(name for name in stack.running if name != host and stack.reachable(use.service, name))
    if not parts and (near := difflib.get_close_matches(host, others, n=1)):
        parts.append(_assignments(use, near[0], look))
    parts.append(f"set {subject} to where it is: a service that runs, a full name such as host.example.com, or an IP")
    return ", or ".join(dict.fromkeys(parts))


def _right(use: UsedHost, look: Look, stack: RenderedStack) -> str:
    """The service that is meant: the database or vector store that is chosen, or the one that has the name."""
    host = use.address.host if use.address else ""
    values = look.environment.values
    wanted = {keys.DB_HOST: values.get(keys.DB_TYPE, "")}.get(use.subject, "")
    if not wanted and values.get(keys.VECTOR_STORE, "") in vector_stores_of(use.subject, look):
        wanted = values.get(keys.VECTOR_STORE, "")
    if wanted:
        owners = [name for name, profiles in stack.profiles.items() if wanted in profiles]
        if named := [name for name in owners if name == wanted or name in tables.PORTS] or owners:
            return named[0]
    if stack.profiles.get(host) and host in stack.stopped:
        return host
    shipped = addresses(look.release.default(use.subject) or "") or ()
    near = next((name for address in shipped for name in stack.reachable(use.service, address.host)), "")
    return near or (host if host in stack.running else "")


def _start(name: str, stack: RenderedStack) -> str:
    profiles = stack.profiles.get(name, ())
    return f"add {profiles[0]} to COMPOSE_PROFILES" if profiles else f"take {name} back in"


def _joined(reader: StackService, service: StackService) -> str:
    """How a service that runs apart gets onto a network of the one that asks it."""
    network = "default" if "default" in reader.networks else min(reader.networks, default="default")
    body = f"services: {{{service.name}: {{networks: [{network}]}}}}"
    return f"put {service.name} on a network of {reader.name} in an overlay's Compose file: {body}"


def _assignments(use: UsedHost, service: str, look: Look) -> str:
    """What to write so that a setting leads to a service."""
    port = tables.PORTS.get(service, "") or (use.address.port if use.address else "")
    port_key = tables.port_key(use.key)
    if not port_key:
        shipped = addresses(look.release.default(use.subject) or "") or ()
        schemes = [address.scheme for address in (*shipped, *filter(None, [use.address])) if address.scheme]
        scheme = f"{schemes[0]}://" if schemes else ""
        return f"name {scheme}{service}:{port} in {use.subject}" if port else f"name {service} in {use.subject}"
    user = f" and {keys.DB_USERNAME}={tables.USERS[service]}" if service in tables.USERS else ""
    return f"set {use.subject}={service} and {port_key}={port}{user}"
