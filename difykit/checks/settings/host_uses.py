"""Which service uses which host by which setting: what is judged, and what is not, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from difykit.checks.settings.addresses import NamedHost, addresses, is_address
from difykit.checks.settings.configured import Look
from difykit.checks.settings.stack import RenderedStack, StackService, is_api
from difykit.checks.settings.usage import Use
from difykit.dify import gateway, hosts, layout, placeholders, roles, services
from difykit.git import text_of

PROFILES = "COMPOSE_PROFILES"


@dataclass(frozen=True)
class UsedHost:
    """A host that a service asks, or would ask."""

    service: StackService
    key: str
    """The variable in the service; "" for what nginx's template says itself."""
    subject: str
    """The setting that holds it."""
    address: NamedHost | None
    """None where the value is no host at all."""
    value: str
    reason: str = ""
    """Why it is not judged; "" where it is."""
    lazy: bool = False
    """Whether it is looked up when it is asked, and not when the service starts."""


def host_uses(look: Look, stack: RenderedStack) -> Iterator[UsedHost]:
    """All of them, service by service."""
    for service in stack.running.values():
        if service.name == services.NGINX:
            yield from _upstreams(service, look, stack)
            continue  # its template is all that it has for hosts
        for key, value in service.environment.items():
            if value and may_name_host(key, value, look):
                yield from _uses(service, key, value, look)


def may_name_host(key: str, value: str, look: Look) -> bool:
    """Whether a value may hold a host: by its own form, or by its setting's name, unless api takes no text for it."""
    field = look.release.fields.get(key)
    plain = field is not None and field.kind.base in {"int", "float", "bool", "choice"}
    return not plain and (hosts.names_host(key) or is_address(value))


def _uses(service: StackService, key: str, value: str, look: Look) -> Iterator[UsedHost]:
    reason = _reason(service, key, value, look)
    if reason is None:
        return
    named = addresses(value)
    if named is None:
        yield UsedHost(service, key, _subject(service, key, "", look), None, value, reason or _unclear(key))
    port = service.environment.get(hosts.port_key(key), "").strip()
    for address in named or ():
        whole = address if address.port or not port.isdigit() else NamedHost(address.host, port, address.scheme)
        yield UsedHost(service, key, _subject(service, key, address.host, look), whole, value, reason)


def _unclear(key: str) -> str:
    return "" if key.endswith("_HOST") else "a form that difykit does not read"


def _reason(  # noqa: PLR0911 - one answer for each kind of reader
    service: StackService, key: str, value: str, look: Look
) -> str | None:
    """Why a value is not judged, "" where it is; None where the service does not read it at all."""
    if hosts.OUTWARD.fullmatch(key):
        return "addresses for browsers"
    if hosts.OWN.fullmatch(key):
        return "where a program listens itself"
    listed = {name for setting in hosts.host_settings(service.role, service.environment) for name in setting.keys}
    if service.unruly:
        return service.unruly
    if is_api(service):
        return _of_api(key, value, look, listed=key in listed)
    if key in listed:
        return ""
    if service.role in {roles.PLUGIN, roles.WEB, roles.SANDBOX} or key not in service.own:
        return None
    named = addresses(value)
    return "what another program listens at" if named is None or any(one.is_own for one in named) else ""


def _of_api(  # noqa: PLR0911 - one answer for each way in which api may not use it
    key: str, value: str, look: Look, *, listed: bool
) -> str | None:
    field = look.release.fields.get(key)
    if field and not field.kind.takes(value):
        return "values that api does not take at all"
    use = look.usage.of(key)
    if use is None and ((listed and field) or key.upper() in hosts.PROXIES):
        return ""
    if use is None:
        return None if key not in look.release.fields else "no line of api reads them by name"
    if not use.used:
        return unchosen(use)
    setting = look.effective.get(key)
    shipped = (setting is None or look.as_shipped(setting)) and any(one.is_own for one in addresses(value) or ())
    if placeholders.is_placeholder(value):
        return "placeholders, which are judged as such"
    if shipped and (untouched := look.untouched.of(key)) and untouched.used:
        return "as Dify ships it"
    return ""


def unchosen(use: Use) -> str:
    """The reason of what is not used, by the settings that decide it."""
    return f"not chosen by {', '.join(use.by)}" if use.by else "not reached in api's code"


def _subject(service: StackService, key: str, host: str, look: Look) -> str:
    """The setting that a person changes: the one that the host comes from."""
    values = look.environment.values
    sources = sorted(service.sources.get(key, ()))
    holding = [name for name in sources if host and host in values.get(name, "").lower()]
    for name in (*(name for name in holding if name in look.effective), *holding):
        return name
    return key if key in sources or not sources else sources[0]


def _upstreams(service: StackService, look: Look, stack: RenderedStack) -> Iterator[UsedHost]:
    """Where nginx sends requests: what a location names itself, or by a variable of the container."""
    template = text_of(look.inputs.docker.get(layout.in_docker(gateway.TEMPLATE)))
    mode = look.environment.values.get(hosts.COLLABORATION) or look.release.default(hosts.COLLABORATION) or ""
    off = mode.lower() != "true"
    for location in gateway.parse(template):
        if not location.target:
            continue
        target = location.destination(service.environment)
        reason = "not chosen by ENABLE_COLLABORATION_MODE" if off and location.path == hosts.SOCKETS else ""
        held = [name for name, value in service.environment.items() if value and f"//{value}" in f"{target}/"]
        direct = gateway_names(location.target)
        key = "" if direct else next(iter(held), "")
        for address in addresses(target) or ():
            subject = _subject(service, key, address.host, look) if key else ""
            if not reason and not direct and _untouched((PROFILES, subject), look) and address.host in stack.stopped:
                reason = "as Dify ships it"
            yield UsedHost(service, key, subject, address, f"location {location.path}", reason, lazy=not direct)


def _untouched(names: tuple[str, ...], look: Look) -> bool:
    """Whether nobody set any of these settings to another value than Dify's, nor is a service left out."""
    own = [look.effective[name] for name in names if name in look.effective]
    return all(look.as_shipped(setting) for setting in own) and not any(part.removed for part in look.inputs.overlays)


def gateway_names(target: str) -> bool:
    """Whether a location's target names its host itself."""
    return "$" not in target
