"""Ports of this machine that two running services would both take, so that one of them does not start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from difykit.checks import Finding
from difykit.checks.settings.configured import Look
from difykit.checks.settings.stack import RenderedStack
from difykit.release import compose

_PORT = re.compile(r"(?:(?P<address>\[[^\]]*\]|[^:\[\]]*):)?(?P<port>\d+):\d+(?:/(?P<protocol>\w+))?")
_BETWEEN = re.compile(r":(?![^{]*\})")
"""What parts a mapping, and is not inside a variable."""
_EVERYWHERE = {"", "0.0.0.0", "[::]"}  # noqa: S104 - what Compose is given, no place where difykit listens


def taken_twice(look: Look, stack: RenderedStack) -> Iterator[Finding]:
    """One finding for each setting that brings a port to where another service has it."""
    ports = list(_ports(look, stack))
    for index, (name, address, port, keys) in enumerate(ports):
        for other, address_too, port_too, keys_too in ports[:index]:
            apart = address != address_too and not {address, address_too} & _EVERYWHERE
            own = [key for key in sorted(keys | keys_too) if key in look.effective]
            changed = [key for key in own if not look.as_shipped(look.effective[key])]
            if port == port_too and not apart and changed:
                also = "".join(f" (see {key})" for key in sorted((keys | keys_too) - {changed[0]})[:1])
                who = f"{other} and {name} would both take" if name != other else f"{name} would take twice"
                text = f"is a port that {who} on this machine{also}"
                yield look.effective[changed[0]].error(text, "give one of them another port")


def _ports(look: Look, stack: RenderedStack) -> Iterator[tuple[str, str, str, frozenset[str]]]:
    """The service, the address and the port on the machine with its protocol, and the settings that it comes from."""
    for name, service in sorted(stack.running.items()):
        mappings = {compose.interpolate(entry, look.environment.values): entry for entry in service.ports}
        for mapping, entry in mappings.items():  # Compose takes one that several files write once
            match = _PORT.fullmatch(mapping)
            if match and match["port"].strip("0"):
                protocol = match["protocol"] or "tcp"
                keys = compose.interpolated(_BETWEEN.split(entry)[:-1])
                yield name, match["address"] or "", f"{int(match['port'])}/{protocol}", keys
